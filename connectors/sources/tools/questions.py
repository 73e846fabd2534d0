"""The questions of a form in its tool, and what of a mapping they do not fit.

Documentation, read 2026-11-30: the `content.survey` of `GET /api/v2/assets/{uid}.json`
(github.com/kobotoolbox/kpi) is an XLSForm as JSON; `GET /v1/projects/{id}/forms/{form}/fields` is
at https://docs.getodk.org/central-api-form-management/#getting-form-schema-fields.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from connectors.sources.http_client import HttpClient
from connectors.sources.tools.submissions import MAX_PAGE_BYTES, Json
from program.errors import SourceError
from program.forms.form import Form
from program.forms.table import Column
from program.near_names import nearest_code
from program.tools.tool_form import ToolForm

_NUMERIC = frozenset({"integer", "int", "decimal", "range", "calculate"})
_BEGINS = ("begin_group", "begin group", "begin_repeat", "begin repeat")
_ENDS = ("end_group", "end group", "end_repeat", "end repeat")


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a form in its tool: the path of its field, and the tool's word for its type."""

    path: str
    type: str


def kobo_questions(asset: Json, url: str) -> list[Question]:
    """Return the questions of an asset. Raises SourceError where it has no survey."""
    content = asset.get("content")
    rows = content.get("survey") if isinstance(content, dict) else None
    if not isinstance(rows, list):
        raise SourceError(f"{url}: expected an asset with content.survey, found none")
    questions: list[Question] = []
    groups: list[str] = []
    for row in rows:
        if not isinstance(row, dict):
            continue
        kind = str(row.get("type"))
        # The form builder gives a question without a name an automatic one.
        name = str(row.get("name") or row.get("$autoname") or "")
        if kind in _ENDS:
            groups = groups[:-1]
        elif kind in _BEGINS:
            groups.append(name)
        else:
            questions.append(Question("/".join((*groups, name)), kind))
    return questions


def odk_questions(client: HttpClient, url: str) -> list[Question]:
    """Return the fields of a form of ODK Central that are no groups and no repeats.

    Raises SourceError for an answer that is no list of fields.
    """
    with client.ask(url) as response:
        body = client.read(response, MAX_PAGE_BYTES)
    fields: Any = None
    try:
        fields = json.loads(body or b"")
    except (ValueError, RecursionError) as wrong:
        raise SourceError(f"{url}: expected the form's fields as JSON: {wrong}") from wrong
    if not isinstance(fields, list):
        raise SourceError(f"{url}: expected a list of fields, found {fields!r:.60}")
    questions: list[Question] = []
    for field in fields:
        kind = str(field.get("type"))
        if kind not in ("structure", "repeat"):
            questions.append(Question(str(field.get("path")).removeprefix("/"), kind))
    return questions


def misfits(
    tool_form: ToolForm, forms: Sequence[Form], questions: Sequence[Question]
) -> Iterator[str]:
    """Yield each field of a mapping that the tool's form does not have, or not as a number."""
    types = {question.path: question.type for question in questions}
    for path in tool_form.fields():
        if path not in types:
            similar = nearest_code(path, sorted(types))
            hint = f"; did you mean {' or '.join(similar)}?" if similar else ""
            yield f"the form in the tool has no question {path}{hint}"
    for column, path in _numeric_fields(tool_form, forms):
        kind = types.get(path, "integer")
        if kind not in _NUMERIC:
            yield (
                f"{path} is a question of type {kind}, and {column.name} is a number; make it "
                "integer or decimal (a calculation in ODK: bind::type), so that 1.234 is one number"
            )


def _numeric_fields(tool_form: ToolForm, forms: Sequence[Form]) -> Iterator[tuple[Column, str]]:
    columns: dict[tuple[str, str], Column] = {}
    for form in forms:
        for table in form.tables:
            for column in table.columns:
                columns[table.name, column.name] = column
    for name, mapped in tool_form.tables.items():
        for column_name, path in mapped.fields():
            found = columns.get((name, column_name or ""))
            # A choice that the mapping turns into a number needs no numeric question.
            if found and found.type.is_numeric and not mapped.columns[found.name].values:
                yield found, path
