"""What is wrong with the mapping of a form tool or of DHIS2, without asking the other system.

`connectors.sources.tools.questions` compares a mapping with the questions that the tool has.
"""

from collections.abc import Iterator, Sequence, Set
from typing import TYPE_CHECKING, TypeAlias

from program.calendar.stage import Stage
from program.forms.form import Form
from program.forms.table import Table
from program.pack.source import Source, ToolSource
from program.pack.yaml_file import repeated
from program.tools.dhis2 import Dhis2
from program.tools.tool_form import ToolForm, ToolTable

if TYPE_CHECKING:
    from program.pack.pack import Pack

Mistake: TypeAlias = tuple[tuple[int | str, ...], str]
"""The keys from the top of a mapping's file, and what is wrong there."""


def mistakes_of_tool_form(tool_form: ToolForm, pack: "Pack") -> Iterator[Mistake]:
    """Yield each name of a mapping that its form does not have, and what it must have."""
    versions = pack.versions_of(tool_form.form)
    if not versions:
        codes = ", ".join(sorted({form.code for form in pack.forms}))
        yield ("form",), f"unknown form {tool_form.form}; the pack has {codes}"
        return
    for name, mapped in tool_form.tables.items():
        yield from _mistakes_of_table(name, mapped, versions)
    newest = max(versions, key=lambda form: form.valid_from)
    yield from _missing_tables(tool_form, newest)
    yield from _mistakes_of_stage(tool_form, newest)
    for path in repeated(tool_form.fields()):
        yield ("tables",), f"the field {path} is mapped twice"


def _mistakes_of_table(name: str, mapped: ToolTable, versions: Sequence[Form]) -> Iterator[Mistake]:
    """Yield what a table's mapping has that no version of the table has, and what it lacks."""
    location = ("tables", name)
    tables = [table for form in versions for table in form.tables if table.name == name]
    if not tables:
        known = {table.name for form in versions for table in form.tables}
        code = versions[0].code
        yield location, f"form {code} has no table {name}{did_you_mean(name, known)}"
        return
    for key, text in (*_mistakes_of_columns(mapped, tables), *_mistakes_of_lines(mapped, tables)):
        yield (*location, *key), text


def _mistakes_of_columns(mapped: ToolTable, tables: Sequence[Table]) -> Iterator[Mistake]:
    columns: set[str] = set()
    for table in tables:
        columns.update(column.name for column in table.columns)
    for name in mapped.columns:
        if name not in columns:
            text = f"the table has no column {name}{did_you_mean(name, columns)}"
            yield ("columns", name), text
    newest = tables[-1]
    for column in newest.columns:
        if column.required and column.name not in mapped.columns:
            yield ("columns",), f"the required column {column.name} is not mapped"


def _mistakes_of_lines(mapped: ToolTable, tables: Sequence[Table]) -> Iterator[Mistake]:
    is_matrix = tables[-1].kind == "matrix"
    if mapped.lines and not is_matrix:
        yield ("lines",), "the table is a list: its lines are the entries of a repeat"
    if is_matrix and mapped.repeat is not None and mapped.line is None:
        yield ("repeat",), "the table is a matrix: line must say which line an entry is"
    keys: set[str] = set()
    for table in tables:
        keys.update(line.key for line in table.lines)
    named = mapped.line.values.values() if mapped.line else mapped.lines
    for key in named:
        if key not in keys:
            yield ("lines", key), f"the table has no line {key}{did_you_mean(key, keys)}"


def _missing_tables(tool_form: ToolForm, form: Form) -> Iterator[Mistake]:
    for table in form.tables:
        if not table.optional and table.name not in tool_form.tables:
            yield (
                ("tables",),
                f"the table {table.name} is not mapped; every report must have it",
            )


def _mistakes_of_stage(tool_form: ToolForm, form: Form) -> Iterator[Mistake]:
    if tool_form.stage is None:
        return
    stages = {stage.value for stage in Stage}
    for word in tool_form.stage.values.values():
        if word not in stages:
            yield ("stage",), f"expected {' or '.join(sorted(stages))}; found {word}"
    if len(form.stages) == 1:
        yield ("stage",), f"form {form.code} has one stage only"


def mistakes_of_source(source: Source, pack: "Pack") -> Iterator[tuple[str, str]]:
    """Yield the key of a source that names what the pack does not have, and the sentence."""
    if not isinstance(source, ToolSource):
        return
    if source.tool_form not in pack.tool_forms:
        known = ", ".join(sorted(pack.tool_forms)) or "none"
        yield "tool_form", f"no file tool_forms/{source.tool_form}.yaml; the pack has {known}"
    for account, code in source.senders.items():
        if pack.units.latest(code) is None:
            yield "senders", f"{account}: unknown unit {code}"


def mistakes_of_dhis2(mapping: Dhis2, pack: "Pack") -> Iterator[Mistake]:
    """Yield each unit and indicator of the mapping that the pack does not have."""
    for code in mapping.org_units:
        if pack.units.latest(code) is None:
            yield ("org_units", code), f"unknown unit {code}"
    known = {indicator.code for indicator in pack.indicators}
    for number, element in enumerate(mapping.data_elements):
        location = ("data_elements", number, "indicator")
        indicator = pack.indicator(element.indicator)
        if indicator is None:
            hint = did_you_mean(element.indicator, known)
            yield location, f"unknown indicator {element.indicator}{hint}"
        elif element.value == "denominator" and not indicator.kind.has_denominator:
            yield location, f"{element.indicator} has no denominator"


def did_you_mean(name: str, known: Set[str]) -> str:
    """Return "; did you mean …?" with the nearest names; "" where none is near."""
    # Imported here: every command reads a pack, and few packs are wrong.
    from program.near_names import nearest_code  # noqa: PLC0415

    similar = nearest_code(name, sorted(known))
    if not similar:
        return ""
    return f"; did you mean {' or '.join(similar)}?"
