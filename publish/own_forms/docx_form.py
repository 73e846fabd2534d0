"""Fill the tags of a Word document of the province's own, and add an annex behind it.

`{{ figure("T05") }}` is the province's figure of indicator T05, `{{ figure("T05.942") }}` that of a
unit; `coverage` and `target` take the same; `{{ period }}`, `{{ day }}`, `{{ office }}` are texts.
"""

import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from publish.documents.fill import with_fixed_times
from publish.documents.letterhead import letterhead
from publish.own_forms.annex import HEADINGS, TITLE, annex_rows
from publish.own_forms.figures import FigureSource

if TYPE_CHECKING:
    from docx.document import Document

_SHOWN = {1: 44, 3: 20, 7: 30, 9: 30, 10: 46, 11: 20, 12: 12, 13: 28, 14: 22}
"""The columns of the annex that fit on a page, with their widths in mm."""
_SMALL = 9
_UNKNOWN = "…"
"""Stands where nobody reported the figure: a gap in a sentence would not be seen."""


def fill_docx(path: Path, source: FigureSource) -> bytes:
    """Return a document with its tags filled, and an annex that traces each figure.

    Raises UsageError for a tag that asks for nothing that there is.
    """
    # Imported here: most commands and runs fill no document.
    from docxtpl import DocxTemplate  # noqa: PLC0415
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415

    template = DocxTemplate(path)
    values: dict[str, Any] = {
        **letterhead(source.pack, source.day),
        **source.words,
        "figure": lambda place: source.find(place).text or _UNKNOWN,
        "coverage": lambda place: source.find(place).coverage or _UNKNOWN,
        "target": lambda place: source.find(place).target or _UNKNOWN,
    }
    environment = Environment(undefined=StrictUndefined, autoescape=True)
    template.render(values, jinja_env=environment)
    _append_annex(template.docx, source)
    written = io.BytesIO()
    template.save(written)
    return with_fixed_times(written.getvalue())


def _append_annex(document: "Document", source: FigureSource) -> None:
    """Add the annex on pages of their own, which lie on their side: it has many columns."""
    from docx.enum.section import WD_ORIENT  # noqa: PLC0415
    from docx.shared import Mm, Pt  # noqa: PLC0415

    section = document.add_section()
    if section.orientation is not WD_ORIENT.LANDSCAPE:
        width, height = section.page_width, section.page_height
        section.orientation = WD_ORIENT.LANDSCAPE
        section.page_width, section.page_height = height, width
    document.add_paragraph(TITLE)
    rows = [HEADINGS, *annex_rows(source.figures.values())]
    table = document.add_table(rows=0, cols=len(_SHOWN))
    table.autofit = False
    for texts in rows:
        cells = table.add_row().cells
        for cell, (at, width_mm) in zip(cells, _SHOWN.items(), strict=True):
            cell.width = Mm(width_mm)
            cell.paragraphs[0].add_run(texts[at]).font.size = Pt(_SMALL)
    for column, width_mm in zip(table.columns, _SHOWN.values(), strict=True):
        column.width = Mm(width_mm)
