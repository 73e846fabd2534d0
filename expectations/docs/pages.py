"""The pages of the rules, docs/rules/<form>.md: a section for each rule.

It has what the rule expects, one good and one bad example, and what the sender reads. The pages are
written from the YAML of the rules and of their examples; a real check gives the findings. `make
rules` writes them again.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from expectations.docs.check_examples import ACROSS, HISTORY, ExampleResult, ExampleResults
from expectations.docs.reader_rule_pages import reading_page, rows_of
from expectations.docs.scenario_pages import page_of_reports, section_of
from expectations.docs.sentences import label_of, sentence_of, words_of
from expectations.findings.format import format_value
from expectations.rules.rule_models import FormRule
from expectations.run.frames import batch_frames
from program.forms.form import Form
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT

_HEAD = """# Rules of the form "{title}"

Written by `make rules` from `expectations/suites/`; [rules.md](../rules.md) is the guide. A real
check gave the findings: the good report breaks no rule, the bad one this rule alone, at the cell in
bold.
"""


def pages_of(results: ExampleResults, pack: Pack) -> dict[str, str]:
    """Return the text of every page by its file's name.

    There is a page for each form, for the rules against other reports, for the reader, and a list.
    """
    pages = {
        "README.md": _index(results, pack),
        "reading.md": reading_page(results.rules, rows_of(ROOT / "docs" / "reading.md")),
    }
    for code in results.of_forms:
        pages[f"{code}.md"] = form_page(results, code, pack)
    pages["history.md"] = page_of_reports(results, HISTORY, pack)
    pages["across.md"] = page_of_reports(results, ACROSS, pack)
    return pages


def _index(results: ExampleResults, pack: Pack) -> str:
    lines = [
        "# Rules by form\n",
        "- [Of the reader, for every form](reading.md)",
        *(f"- [{pack.short_title_of(code)}]({code}.md)" for code in results.of_forms),
        "- [Against earlier reports and other units', for every form](history.md)",
        "- [Across submissions](across.md)",
    ]
    return "\n".join(lines) + "\n"


def form_page(results: ExampleResults, code: str, pack: Pack) -> str:
    """Return a form's page: a section for each rule, in the order of the examples.

    Its rules against other reports are at the end.
    """
    rules = results.rules["vi"]
    own = rules.of_form(code)
    examples = results.of_forms[code]
    form = examples[0].bad.form
    assert form is not None  # noqa: S101  (the examples are of a form)
    lines = [_HEAD.format(title=form.short_title)]
    for example in examples:
        lines += _section(example, form)
    for of_file in results.of_reports.values():
        for against_others in of_file:
            if against_others.rule in own:
                lines += section_of(against_others, rules, pack)
    return "\n".join(lines).rstrip() + "\n"


def _section(example: ExampleResult, form: Form) -> Iterator[str]:
    words = example.expected.words
    severity = words.severity.value
    where = _where(example, form)
    yield f"## {words.id}\n"
    yield f"**{severity}** · {where}\n"
    yield f"{sentence_of(example.expected)}\n"
    yield from _example(example, form)
    # A rule of the layout has no source: the form itself is it.
    source = words.source if isinstance(words, FormRule) else None
    yield from words_of(example.here, source)


def _where(example: ExampleResult, form: Form) -> str:
    sheet, _ = example.place or (None, None)
    where = sheet or "the report as a whole"
    return f'sheet "{where}", {label_of(form, example.expected.at)}'


def _example(example: ExampleResult, form: Form) -> Iterator[str]:
    """Yield the figures that the rule looks at, in the good and in the bad report."""
    at = example.expected.at
    columns = dict.fromkeys((*example.expected.columns, at))
    # The id of a submission is a number of the warehouse, which nobody wrote into a sheet.
    names = [name for name in columns if name != "submission_id"]
    labels = [label_of(form, name) for name in names]
    yield f"| | {' | '.join(labels)} |"
    yield f"|---|{'---|' * len(names)}"
    good = _cells(example, form, example.good, names)
    yield _line("good", good)
    bad = _cells(example, form, example.bad, names)
    bad[at] = f"**{bad[at]}**"
    yield _line("bad", bad)


def _line(name: str, cells: Mapping[str, str]) -> str:
    values = " | ".join(cells.values())
    return f"| {name} | {values} |"


def _cells(
    example: ExampleResult,
    form: Form,
    reading: ParsedReport,
    names: Sequence[str],
) -> dict[str, str]:
    """Return the printed figures of the example's line, by column."""
    row = _row(example, form, reading)
    return {name: format_value(row.get(name), form.measure_of(name)) or "–" for name in names}


def _row(
    example: ExampleResult,
    form: Form,
    reading: ParsedReport,
) -> Mapping[Any, Any]:
    """Return the example's line in a reading: of a matrix by its key, of a list by its row."""
    frames = batch_frames(form, [(0, reading)])
    frame: pd.DataFrame = frames[example.frame]
    is_line = frame["row"] == example.row
    table = example.bad.tables.get(example.frame)
    if table is not None:
        key = table.lines[table.rows.index(example.row)]
        if key:
            is_line = frame["line"] == key
    rows = frame[is_line]
    if rows.empty:
        return {}
    return rows.iloc[0].to_dict()
