"""What the pages show of every rule: what it expects, what a sender reads, and column labels."""

import re
from collections.abc import Iterator, Mapping

from expectations.custom.rendering import sentence_on
from expectations.rules.rule_set import Language
from expectations.rules.texts import RuleText
from expectations.run.suite import Expected
from program.finding import Finding
from program.forms.form import Form

_SECTION_OF_SOURCES = re.compile(r"docs/sources\.md(#[\w-]+)")


def sentence_of(expected: Expected) -> str:
    """Return the sentence of Data Docs on an expectation, with the names of columns in code."""
    return sentence_on(expected.expectation(), "`{}`".format)


def words_of(here: Mapping[Language, Finding], source: str | None) -> Iterator[str]:
    """Yield what the sender of the bad example reads, the same in English, and the source."""
    yield from both_languages(here["vi"], here["en"])
    if source is not None:
        linked = _SECTION_OF_SOURCES.sub(r"[sources of facts](../sources.md\1)", source)
        yield f"Source: {linked}\n"


def both_languages(vi: Finding | RuleText, en: Finding | RuleText) -> Iterator[str]:
    """Yield the words of a rule or a finding: the Vietnamese ones quoted, then the English ones."""
    yield f"\n> {vi.message}\n>\n> Cần: {vi.expected or '–'} · {vi.fix}\n"
    yield f"*In English:* {en.message} Expected: {en.expected or '–'} · {en.fix}\n"


def label_of(form: Form, name: str) -> str:
    """Return what a column, an element of a matrix or a summary is called on the sheet.

    A column that only the frame has is called by its name.
    """
    for table in form.tables:
        if name in table.elements:
            column, line = table.elements[name]
            return f'"{column.label}" of "{line.label}"'
        if name in table.summaries:
            summed = table.column(table.summaries[name].column)
            return f'"{summed.label}" of the whole list'
        for column in table.columns:
            if column.name == name:
                return f'"{column.label}"'
    return f"`{name}`"
