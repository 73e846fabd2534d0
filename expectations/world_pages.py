"""The pages of rules against other reports, docs/rules/history.md and across.md, and such rules' sections on a form's page."""

from collections.abc import Iterator, Sequence
from datetime import date
from inspect import getdoc
from itertools import groupby
from typing import Any

from expectations.court import ACROSS, HISTORY, Hearing, JudgedWorlds
from expectations.examples import Report
from expectations.rule_checks import frame_columns
from expectations.rules import FormRule, RuleSet
from expectations.sentences import label_of, sentence_of, words_of
from expectations.suite import expectations_of
from program.form import Form
from program.pack import Pack
from program.reading import Reading
from program.table import Column, ColumnType
from program.vietnamese import format_date, format_number

_HEAD = """# {title}

Written by `make rules` from `expectations/suites/{name}.yaml`; [rules.md](../rules.md) is the guide. Each report is the good
one of its form but for the figures shown, and they came in this order. The real check judged them all: with the good one
at the end no rule is broken, with the bad one this rule alone, at the cell in bold.{more}
"""
_TITLES = {HISTORY: "Rules against earlier reports and other units'", ACROSS: "Rules across submissions"}
_MORE = {HISTORY: " What the columns\nare that they name: [rules.md](../rules.md#history).", ACROSS: ""}


def page_of_reports(hearing: Hearing, name: str, pack: Pack) -> str:
    """Return the page of the examples `name`, a section a rule, without the rules that are of one form alone."""
    rules = hearing.rules["vi"]
    shown = [e for e in hearing.of_reports[name] if e.rule in (*rules.history, *rules.across)]
    sections = (line for e in shown for line in section_of(e, rules, pack))
    return "\n".join([_HEAD.format(title=_TITLES[name], name=name, more=_MORE[name]), *sections]).rstrip() + "\n"


def section_of(e: JudgedWorlds, rules: RuleSet, pack: Pack) -> Iterator[str]:
    """Yield the lines of a rule's section."""
    yield f"## {e.rule.id}\n"
    yield f"**{e.rule.severity.value}** · {_where(e)}\n\n{_expects(e, rules)}\n"
    yield "| | from | about | figures |\n|---|---|---|---|"
    came = list(zip(e.bad.readings, e.bad.written, strict=True))
    for sent, group in groupby(came[:-1], key=lambda report: (report[1], report[0].period)):
        yield _row("first", [reading for reading, _ in group], sent[0], pack)
    yield _row("good", e.good.readings[-1:], e.good.written[-1], pack)
    yield _row("bad", e.bad.readings[-1:], e.bad.written[-1], pack, (e.example.at, e.example.column))
    if e.example.also:
        yield f"\nSuch a report breaks {', '.join(e.example.also)} too, at another cell."
    yield from words_of(e.here, e.rule.source)


def _where(e: JudgedWorlds) -> str:
    sheet, cell = e.place
    if sheet is None:
        return "the report as a whole"
    return f'sheet "{sheet}"' + (f", {label_of(_form(e.bad.readings[-1]), e.example.column)}" if cell else "")


def _expects(e: JudgedWorlds, rules: RuleSet) -> str:
    """Return what Data Docs say of a rule of history, or what its kind of comparison is."""
    if not isinstance(e.rule, FormRule):
        return (getdoc(type(e.rule)) or "").partition("\n\n")[0]
    form = _form(e.bad.readings[-1])
    expected = expectations_of(form, e.rule.table, set(frame_columns(form, e.rule.table)), rules)
    return sentence_of(next(each for each in expected if each.words is e.rule))


def _row(word: str, readings: Sequence[Reading], report: Report, pack: Pack, told: tuple[str, str] | None = None) -> str:
    form, period = _form(readings[0]), readings[0].period
    names = [unit.name for r in readings if period and (unit := pack.unit_on(r.unit_code, period.code))]
    whom = names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"
    about = f"{form.short_title}, {form.label_of(period, readings[0].stage)}" if period else form.short_title
    return f"| {word} | {whom} | {about} | {_figures(report, readings[0], told) or 'no other'} |"


def _figures(report: Report, reading: Reading, told: tuple[str, str] | None = None) -> str:
    """Return the figures that are written of a report, each with the name of its cell; the one at `told` in bold."""
    lines = []
    for table in (table for table in _form(reading).tables if table.name in report):
        labels = {line.key: line.label for line in table.lines}
        keys = list(labels) or sorted(report[table.name], key=int)
        for key, values in ((key, report[table.name][key]) for key in keys if key in report[table.name]):
            cells = [_cell(table.column(name), value, is_told=(key, name) == told) for name, value in (values or {}).items()]
            lines.append(f"{labels.get(key, f'line {key}')}: {', '.join(cells) or 'not there'}")
    return "; ".join(lines)


def _cell(column: Column, value: Any, *, is_told: bool) -> str:
    shown = _shown(column, value)
    return f'"{column.label}" {f"**{shown}**" if is_told else shown}'


def _shown(column: Column, value: Any) -> str:
    if value is None:
        return "–"
    if column.type is ColumnType.DATE:
        return format_date(date.fromisoformat(value))
    if column.type.is_numeric:
        return format_number(value)
    return column.vocabulary[value].label if value in column.vocabulary else str(value)


def _form(reading: Reading) -> Form:
    if reading.form is None:
        raise LookupError(f"{reading.delivery.name} has no form")
    return reading.form
