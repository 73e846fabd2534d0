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
from program.pack.load import Pack
from program.parsed_report import ParsedReport
from program.settings import ROOT

_HEAD = """# Rules of the form "{title}"

Written by `make rules` from `expectations/suites/`; [rules.md](../rules.md) is the guide. A real
check gave the findings: the good report breaks no rule, the bad one this rule alone, at the cell in
bold.
"""


def pages_of(hearing: ExampleResults, pack: Pack) -> dict[str, str]:
    """Return the text of every page by its file's name.

    There is a page for each form, for the rules against other reports, for the reader, and a list.
    """
    pages = {
        "README.md": _index(hearing, pack),
        "reading.md": reading_page(hearing.rules, rows_of(ROOT / "docs" / "reading.md")),
    }
    for code in hearing.of_forms:
        pages[f"{code}.md"] = form_page(hearing, code, pack)
    pages["history.md"] = page_of_reports(hearing, HISTORY, pack)
    pages["across.md"] = page_of_reports(hearing, ACROSS, pack)
    return pages


def _index(hearing: ExampleResults, pack: Pack) -> str:
    lines = [
        "# Rules by form\n",
        "- [Of the reader, for every form](reading.md)",
        *(f"- [{pack.short_title_of(code)}]({code}.md)" for code in hearing.of_forms),
        "- [Against earlier reports and other units', for every form](history.md)",
        "- [Across submissions](across.md)",
    ]
    return "\n".join(lines) + "\n"


def form_page(hearing: ExampleResults, code: str, pack: Pack) -> str:
    """Return a form's page: a section a rule, in the order of the examples.

    Its rules against other reports are at the end.
    """
    rules = hearing.rules["vi"]
    own = rules.of_form(code)
    examples = hearing.of_forms[code]
    form = examples[0].bad.form
    assert form is not None  # noqa: S101  (the examples are of a form)
    lines = [_HEAD.format(title=form.short_title)]
    for example in examples:
        lines += _section(example, form)
    for of_file in hearing.of_reports.values():
        for against_others in of_file:
            if against_others.rule in own:
                lines += section_of(against_others, rules, pack)
    return "\n".join(lines).rstrip() + "\n"


def _section(example: ExampleResult, form: Form) -> Iterator[str]:
    words = example.expected.words
    source = words.source if isinstance(words, FormRule) else None
    yield f"## {words.id}\n"
    where = _where(example, form)
    yield f"**{words.severity.value}** · {where}\n\n{sentence_of(example.expected)}\n"
    yield from _example(example, form)
    yield from words_of(example.here, source)


def _where(example: ExampleResult, form: Form) -> str:
    sheet, _ = example.place or (None, None)
    where = sheet or "the report as a whole"
    return f'sheet "{where}", {label_of(form, example.expected.at)}'


def _example(example: ExampleResult, form: Form) -> Iterator[str]:
    """Yield the figures that the rule looks at, in the good and in the bad report."""
    at = example.expected.at
    columns = dict.fromkeys((*example.expected.columns, at))
    names = [name for name in columns if name != "submission_id"]
    labels = " | ".join(label_of(form, name) for name in names)
    yield f"| | {labels} |\n|---|{'---|' * len(names)}"
    good = _cells(example, form, example.good, names)
    yield f"| good | {' | '.join(good.values())} |"
    bad = _cells(example, form, example.bad, names)
    bad[at] = f"**{bad[at]}**"
    yield f"| bad | {' | '.join(bad.values())} |"


def _cells(
    example: ExampleResult, form: Form, reading: ParsedReport, names: Sequence[str]
) -> dict[str, str]:
    """Return the printed figures of the example's line, by column."""
    row = _row(example, form, reading)
    return {name: format_value(row.get(name), form.measure_of(name)) or "–" for name in names}


def _row(example: ExampleResult, form: Form, reading: ParsedReport) -> Mapping[Any, Any]:
    """Return the example's line in a reading: of a matrix by its key, of a list by its row."""
    frame: pd.DataFrame = batch_frames(form, [(0, reading)])[example.frame]
    read = example.bad.tables.get(example.frame)
    key = read.lines[read.rows.index(example.row)] if read else ""
    is_line = frame["line"] == key if key else frame["row"] == example.row
    rows = frame[is_line]
    return rows.iloc[0].to_dict() if len(rows) else {}
