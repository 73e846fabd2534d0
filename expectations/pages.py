"""The pages of the rules, docs/rules/<form>.md: what each expects, one good and one bad example, and what its sender reads.

Written from the YAML of the rules and of their examples; the findings are those of the real check. `make rules` writes them anew.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from expectations.court import ACROSS, HISTORY, Hearing, Judged
from expectations.frames import batch_frames
from expectations.printing import show
from expectations.reading_pages import reading_page, rows_of
from expectations.rules import FormRule
from expectations.sentences import label_of, sentence_of, words_of
from expectations.world_pages import page_of_reports, section_of
from program.form import Form
from program.pack import Pack
from program.reading import Reading
from program.settings import ROOT

_HEAD = """# Rules of the form "{title}"

Written by `make rules` from `expectations/suites/`; [rules.md](../rules.md) is the guide. Each example was judged by the
real check: the good report breaks no rule, the bad one this rule alone, at the cell in bold.
"""


def pages_of(hearing: Hearing, pack: Pack) -> dict[str, str]:
    """Return the text of every page by its file's name: of each form, against other reports, of the reader, and a list."""
    titles = {code: next(form.short_title for form in pack.forms if form.code == code) for code in hearing.of_forms}
    index = [
        "# Rules by form\n",
        "- [Of the reader, for every form](reading.md)",
        *(f"- [{title}]({code}.md)" for code, title in titles.items()),
        "- [Against earlier reports and other units', for every form](history.md)",
        "- [Across submissions](across.md)",
    ]
    return {
        "README.md": "\n".join(index) + "\n",
        "reading.md": reading_page(hearing.rules, rows_of(ROOT / "docs" / "reading.md")),
        **{f"{code}.md": form_page(hearing, code, pack) for code in titles},
        "history.md": page_of_reports(hearing, HISTORY, pack),
        "across.md": page_of_reports(hearing, ACROSS, pack),
    }


def form_page(hearing: Hearing, code: str, pack: Pack) -> str:
    """Return a form's page: a section a rule, in the order of the examples; its rules against other reports at the end."""
    examples, own = hearing.of_forms[code], hearing.rules["vi"].of_form(code)
    form = examples[0].bad.form
    assert form is not None  # noqa: S101  (the examples are of a form)
    sections = [line for e in examples for line in _section(e, form)]
    against_others = (e for of_file in hearing.of_reports.values() for e in of_file if e.rule in own)
    sections += [line for e in against_others for line in section_of(e, hearing.rules["vi"], pack)]
    return "\n".join([_HEAD.format(title=form.short_title), *sections]).rstrip() + "\n"


def _section(e: Judged, form: Form) -> Iterator[str]:
    yield f"## {e.expected.words.id}\n"
    yield f"**{e.expected.words.severity.value}** · {_where(e, form)}\n\n{sentence_of(e.expected)}\n"
    yield from _example(e, form)
    yield from words_of(e.here, e.expected.words.source if isinstance(e.expected.words, FormRule) else None)


def _where(e: Judged, form: Form) -> str:
    sheet = e.place[0] if e.place and e.place[0] else "the report as a whole"
    return f'sheet "{sheet}", {label_of(form, e.expected.at)}'


def _example(e: Judged, form: Form) -> Iterator[str]:
    """Yield the figures that the rule looks at, as the good and as the bad report have them."""
    names = list(dict.fromkeys((*e.expected.columns, e.expected.at)))
    names = [name for name in names if name != "submission_id"]
    yield f"| | {' | '.join(label_of(form, name) for name in names)} |\n|---|{'---|' * len(names)}"
    for word, reading in (("good", e.good), ("bad", e.bad)):
        row = _row(e, form, reading)
        cells = [show(row.get(name), form.measure_of(name)) or "–" for name in names]
        shown = [
            f"**{cell}**" if word == "bad" and name == e.expected.at else cell for name, cell in zip(names, cells, strict=True)
        ]
        yield f"| {word} | {' | '.join(shown)} |"


def _row(e: Judged, form: Form, reading: Reading) -> Mapping[Any, Any]:
    frame: pd.DataFrame = batch_frames(form, [(0, reading)])[e.frame]
    read = e.bad.tables.get(e.frame)
    key = read.lines[read.rows.index(e.row)] if read else ""
    rows = frame[frame["line"] == key] if key else frame[frame["row"] == e.row]
    return rows.iloc[0].to_dict() if len(rows) else {}
