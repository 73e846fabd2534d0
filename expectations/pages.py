"""The pages of the rules, docs/rules/<form>.md: what each expects, one good and one bad example, and what its sender reads.

Written from the YAML of the rules and of their examples; the findings are those of the real check. `make rules` writes them anew.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from string import Template
from typing import Any

import pandas as pd
from great_expectations.expectations.registry import get_renderer_impl
from great_expectations.render.components import LegacyRendererType

from expectations.checking import Checker
from expectations.examples import Example, Examples, line_row, load_examples, readings_of
from expectations.frames import batch_frames
from expectations.places import SUBMISSION, Place, place_of
from expectations.printing import show
from expectations.reading_pages import reading_page, rows_of
from expectations.rule_checks import frame_columns, frame_names
from expectations.rules import FormRule, Language, RuleSet
from expectations.suite import Expected, expectations_of
from program.finding import Finding
from program.form import Form
from program.pack import Pack
from program.reading import Reading
from program.settings import ROOT

_HEAD = """# Rules of the form "{title}"

Written by `make rules` from `expectations/suites/`; [rules.md](../rules.md) is the guide. Each example was judged by the
real check: the good report breaks no rule, the bad one this rule alone, at the cell in bold.
"""
_LANGUAGES: tuple[Language, ...] = ("vi", "en")


@dataclass(frozen=True, slots=True)
class Judged:
    """A rule of a form, its good and its bad example, and where and in which words the bad one was found, by language."""

    expected: Expected
    frame: str
    good: Reading
    bad: Reading
    row: int
    place: Place | None
    in_good: tuple[Finding, ...]
    found: Mapping[Language, tuple[Finding, ...]]

    @property
    def here(self) -> Mapping[Language, Finding]:
        """The finding at the place that the rule points to, by language."""
        return {
            lang: next(f for f in found if f.rule == self.expected.words.id and (f.sheet, f.cell) == self.place)
            for lang, found in self.found.items()
        }


def pages_of(pack: Pack) -> dict[str, str]:
    """Return the text of every page by its file's name: one of the reader's rules, one a form, and a list of all pages."""
    codes = dict.fromkeys(form.code for form in pack.forms)
    court = Court(pack)
    forms = {code: page_of(court.judge(load_examples(code))) for code in codes}
    titles = {code: next(form.short_title for form in pack.forms if form.code == code) for code in codes}
    index = "".join(f"- [{titles[code]}]({code}.md)\n" for code in forms)
    pages = {f"{code}.md": text for code, text in forms.items()}
    reading = reading_page(court.rules, rows_of(ROOT / "docs" / "reading.md"))
    return {
        "README.md": f"# Rules by form\n\n- [Of the reader, for every form](reading.md)\n{index}",
        "reading.md": reading,
        **pages,
    }


class Court:
    """Has examples judged by the real check, in both languages."""

    def __init__(self, pack: Pack) -> None:
        self._pack = pack
        self.rules = {lang: RuleSet(pack, lang=lang) for lang in _LANGUAGES}
        self._checkers = {lang: Checker(pack, rules, "examples") for lang, rules in self.rules.items()}

    def judge(self, examples: Examples) -> list[Judged]:
        """Have a form's examples judged in one batch a language; return those of the rules, in the order of their file."""
        readings = readings_of(examples, self._pack)
        found = {lang: self._findings(lang, readings) for lang in _LANGUAGES}
        return [_judged(rule, example, readings, found, self.rules["vi"]) for rule, example in examples.rules.items()]

    def _findings(self, lang: Language, readings: Mapping[str, Reading]) -> dict[str, tuple[Finding, ...]]:
        submissions = self._checkers[lang].check(list(readings.values()))
        return {rule: s.findings for rule, s in zip(readings, submissions, strict=True)}


def _judged(
    rule: str,
    example: Example,
    readings: Mapping[str, Reading],
    found: Mapping[Language, Mapping[str, tuple[Finding, ...]]],
    rules: RuleSet,
) -> Judged:
    form, bad = readings[rule].form, readings[rule]
    assert form is not None  # noqa: S101  (readings_of gives every reading its form)
    frame, expected = _expected(rule, example, form, rules)
    row = 0 if frame == SUBMISSION else line_row(form.table(frame), bad.tables[frame], example.at)
    place = place_of(form, frame, expected.at, row, bad)
    by_report = found["vi"][""], {lang: of_rule[rule] for lang, of_rule in found.items()}
    return Judged(expected, frame, readings[""], bad, row, place, *by_report)


def _expected(rule: str, example: Example, form: Form, rules: RuleSet) -> tuple[str, Expected]:
    """Return the frame and the expectation of a rule; for one of the layout that of the example's column and line."""
    elements = {example.column, f"{example.column}_{example.at}"} if example.column else None
    for name in frame_names(form):
        for expected in expectations_of(form, name, set(frame_columns(form, name)), rules):
            if expected.words.id == rule and (elements is None or expected.at in elements):
                return name, expected
    raise LookupError(f"{form.code}: no expectation for {rule}; has its id or column changed?")


def page_of(examples: list[Judged]) -> str:
    """Return a form's page: a section a rule, in the order of the examples."""
    form = examples[0].bad.form
    assert form is not None  # noqa: S101  (as above)
    return "\n".join([_HEAD.format(title=form.short_title), *("\n".join(_section(e, form)) for e in examples)]).rstrip() + "\n"


def _section(e: Judged, form: Form) -> Iterator[str]:
    vi, en = e.here["vi"], e.here["en"]
    yield f"## {e.expected.words.id}\n"
    yield f"**{e.expected.words.severity.value}** · {_where(e, form)}\n\n{_sentence(e.expected)}\n"
    yield from _example(e, form)
    yield f"\n> {vi.message}\n>\n> Cần: {vi.expected or '–'} · {vi.fix}\n"
    yield f"*In English:* {en.message} Expected: {en.expected or '–'} · {en.fix}\n"
    if isinstance(e.expected.words, FormRule):
        yield f"Source: {e.expected.words.source}\n"


def _where(e: Judged, form: Form) -> str:
    sheet = e.place[0] if e.place and e.place[0] else "the report as a whole"
    return f'sheet "{sheet}", {_label(form, e.expected.at)}'


def _sentence(expected: Expected) -> str:
    """Return what Data Docs say of an expectation, as plain text with the names of columns in code."""
    configuration = expected.expectation(0).configuration
    found = get_renderer_impl(configuration.type, LegacyRendererType.PRESCRIPTIVE)
    if found is None:
        return configuration.type
    told: dict[str, Any] = found[1](configuration=configuration)[0].to_json_dict()["string_template"]  # type: ignore[index,assignment]
    return Template(told["template"]).safe_substitute({name: f"`{value}`" for name, value in told["params"].items()})


def _example(e: Judged, form: Form) -> Iterator[str]:
    """Yield the figures that the rule looks at, as the good and as the bad report have them."""
    names = list(dict.fromkeys((*e.expected.columns, e.expected.at)))
    names = [name for name in names if name != "submission_id"]
    yield f"| | {' | '.join(_label(form, name) for name in names)} |\n|---|{'---|' * len(names)}"
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


def _label(form: Form, name: str) -> str:
    """Return what a column, an element of a matrix or a summary is called on the sheet; a frame's own columns by their name."""
    for table in form.tables:
        if name in table.elements:
            column, line = table.elements[name]
            return f'"{column.label}" of "{line.label}"'
        if name in table.summaries:
            return f'"{table.column(table.summaries[name].column).label}" of the whole list'
        for column in table.columns:
            if column.name == name:
                return f'"{column.label}"'
    return f"`{name}`"
