"""The pages of rules against other reports, docs/rules/history.md and across.md.

A form's own rules against other reports get their sections from here too.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from inspect import getdoc
from itertools import groupby
from typing import Any, NamedTuple

from expectations.docs.check_examples import ACROSS, HISTORY, ExampleResults, ScenarioResults
from expectations.docs.examples import Report
from expectations.docs.scenarios import Scenario
from expectations.docs.sentences import label_of, sentence_of, words_of
from expectations.rules.rule_models import FormRule
from expectations.rules.rule_set import RuleSet
from expectations.rules.validate import frame_columns
from expectations.run.suite import expectations_of
from program.forms.form import Form
from program.forms.table import Column, ColumnType, Table
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.vietnamese import format_date, format_number, vietnam_day

_HEAD = """# {title}

Written by `make rules` from `expectations/suites/{name}.yaml`; [rules.md](../rules.md) is the
guide. Each report is the good one of its form but for the figures shown, and they arrived in this
order. A real check gave the findings: with the good report at the end no rule is broken, with the
bad one this rule alone, at the cell in bold.{more}
"""
_TITLES = {
    HISTORY: "Rules against earlier reports and other units'",
    ACROSS: "Rules across submissions",
}
_MORE = {
    HISTORY: " [rules.md](../rules.md#history)\nexplains the columns of history.",
    ACROSS: "",
}


def page_of_reports(results: ExampleResults, name: str, pack: Pack) -> str:
    """Return the page of the examples `name`, with a section for each rule.

    Rules of a single form are left out: they are on the page of their form.
    """
    rules = results.rules["vi"]
    of_all_forms = (*rules.history, *rules.across)
    lines = [_HEAD.format(title=_TITLES[name], name=name, more=_MORE[name])]
    for example in results.of_reports[name]:
        if example.rule in of_all_forms:
            lines += section_of(example, rules, pack)
    return "\n".join(lines).rstrip() + "\n"


def section_of(e: ScenarioResults, rules: RuleSet, pack: Pack) -> Iterator[str]:
    """Yield the lines of a rule's section."""
    severity = e.rule.severity.value
    where = _where(e)
    yield f"## {e.rule.id}\n"
    yield f"**{severity}** · {where}\n"
    yield f"{_expects(e, rules)}\n"
    yield "| | from | about | figures |"
    yield "|---|---|---|---|"
    *earlier, bad = _sent_reports(e.bad)
    # Units that sent the same figures about the same period share a line.
    for _, group in groupby(earlier, key=lambda sent: (sent.figures, sent.reading.period)):
        yield _row("first", list(group), pack)
    good = _sent_reports(e.good)[-1]
    yield _row("good", [good], pack)
    broken_cell = (e.example.at, e.example.column)
    yield _row("bad", [bad], pack, broken_cell)
    if e.example.also:
        others = ", ".join(e.example.also)
        yield f"\nSuch a report breaks {others} too, at other cells."
    yield from words_of(e.here, e.rule.source)


class _Sent(NamedTuple):
    """A report of a scenario, with the figures that its file writes of it."""

    reading: ParsedReport
    figures: Report


def _sent_reports(scenario: Scenario) -> list[_Sent]:
    pairs = zip(scenario.readings, scenario.written, strict=True)
    return [_Sent(reading, figures) for reading, figures in pairs]


def _where(e: ScenarioResults) -> str:
    sheet, cell = e.place
    if sheet is None:
        return "the report as a whole"
    if cell is None:
        return f'sheet "{sheet}"'
    form = _form(e.bad.readings[-1])
    return f'sheet "{sheet}", {label_of(form, e.example.column)}'


def _expects(e: ScenarioResults, rules: RuleSet) -> str:
    """Return what Data Docs say of a rule of history, or what its kind of cross-check is."""
    rule = e.rule
    if not isinstance(rule, FormRule):
        # The first paragraph of the class that reads such a rule explains its kind.
        documentation = getdoc(type(rule)) or ""
        return documentation.partition("\n\n")[0]
    form = _form(e.bad.readings[-1])
    columns = set(frame_columns(form, rule.table))
    expectations = expectations_of(form, rule.table, columns, rules)
    expected = next(each for each in expectations if each.words is rule)
    return sentence_of(expected)


def _row(
    word: str,
    reports: Sequence[_Sent],
    pack: Pack,
    bold: tuple[str, str] | None = None,
) -> str:
    """Return the line of a report that some units sent; `bold` is the line and column in bold."""
    first, figures_of_first = reports[0]
    form = _form(first)
    about = form.short_title
    if first.period is not None:
        about = f"{about}, {form.label_of(first.period, first.stage)}"
    figures = _figures(figures_of_first, first, bold) or "no other"
    if first.delivery.claimed_at is not None:
        figures += f"; saved {format_date(vietnam_day(first.delivery.claimed_at))}"
    senders = _senders([sent.reading for sent in reports], pack)
    return f"| {word} | {senders} | {about} | {figures} |"


def _senders(readings: Sequence[ParsedReport], pack: Pack) -> str:
    """Return the name of the first unit, and how many more there are."""
    names: list[str] = []
    for reading in readings:
        if reading.period is None:
            continue
        unit = pack.unit_on(reading.unit_code, reading.period.code)
        if unit is not None:
            names.append(unit.name)
    first, *others = names
    if not others:
        return first
    return f"{first} and {len(others)} more"


def _figures(
    report: Report,
    reading: ParsedReport,
    bold: tuple[str, str] | None,
) -> str:
    """Return the figures that are written of a report, each with the name of its cell."""
    lines: list[str] = []
    for table in _form(reading).tables:
        if table.name in report:
            lines += _table_lines(table, report[table.name], bold)
    return "; ".join(lines)


def _table_lines(
    table: Table,
    written: Mapping[str, Mapping[str, Any] | None],
    bold: tuple[str, str] | None,
) -> Iterator[str]:
    """Yield the written lines of a table in its order; a list's by their numbers."""
    labels = {line.key: line.label for line in table.lines}
    keys = list(labels) or sorted(written, key=int)
    for key in keys:
        if key not in written:
            continue
        cells: list[str] = []
        values = written[key] or {}
        for name, value in values.items():
            column = table.column(name)
            shown = _shown(column, value)
            if (key, name) == bold:
                shown = f"**{shown}**"
            cells.append(f'"{column.label}" {shown}')
        label = labels.get(key, f"line {key}")
        listed = ", ".join(cells) or "not there"
        yield f"{label}: {listed}"


def _shown(column: Column, value: Any) -> str:
    if value is None:
        return "–"
    if column.type is ColumnType.DATE:
        return format_date(date.fromisoformat(value))
    if column.type.is_numeric:
        return format_number(value)
    if value in column.vocabulary:
        return column.vocabulary[value].label
    return str(value)


def _form(reading: ParsedReport) -> Form:
    if reading.form is None:
        raise LookupError(f"{reading.delivery.name} has no form")
    return reading.form
