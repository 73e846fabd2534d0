"""What Excel says of a cell before it is filled in, and what it refuses there: words for figures, figures out of range."""

from collections.abc import Sequence
from datetime import date

from program.measure import LARGEST_EXACT, factor_of
from program.table import Column, ColumnType
from program.vietnamese import format_number
from publish.template.choices import Choices
from publish.template.page import Page
from publish.template.styles import MISSING, WHOLE_FORMAT

_LONGEST_TITLE, _LONGEST_MESSAGE = 32, 255  # Excel's own limits
_LARGEST_WHOLE = 2_147_483_647
"""Where Excel's check of whole numbers stops; ours goes on to 2^53."""
_FIRST_DAY, _LAST_DAY = date(2015, 1, 1), date(2035, 12, 31)


def restrict_entries(page: Page, choices: Choices, communes: Sequence[str]) -> None:
    """Give every cell to fill in its prompt and its rule, and mark what is still missing; `communes` by name."""
    for column in page.grid.table.columns:
        rule = {**_rule(column, choices, communes), **_words(column, communes)}
        at = page.grid.at(column.name)
        for first, last in page.grid.entries(column):
            page.sheet.data_validation(first, at, last, at, rule)
        _mark(page, column)


def _rule(column: Column, choices: Choices, communes: Sequence[str]) -> dict[str, object]:
    """Return what Excel takes in a column, as XlsxWriter's options."""
    words = [entry.label for entry in column.vocabulary.values()]
    if column.type is ColumnType.COMMUNE:
        words = list(communes)
    if words:
        return {"validate": "list", "source": choices.source_of(words)}
    if column.type is ColumnType.DATE:
        return {"validate": "date", "criteria": "between", "minimum": _FIRST_DAY, "maximum": _LAST_DAY}
    if column.type.is_numeric:
        is_whole = column.type is ColumnType.WHOLE
        limit = _LARGEST_WHOLE if is_whole else LARGEST_EXACT // factor_of(column.measure)
        minimum = -limit if column.minimum is None else column.minimum
        maximum = limit if column.maximum is None else column.maximum
        kind = "integer" if is_whole else "decimal"
        return {"validate": kind, "criteria": "between", "minimum": _plain(minimum), "maximum": _plain(maximum)}
    return {"validate": "any"}


def _plain(limit: float) -> float:
    """Return a limit without the ".0" that a form's YAML gave it."""
    return int(limit) if limit == int(limit) else limit


def _words(column: Column, communes: Sequence[str]) -> dict[str, object]:
    """Return prompt and error message of a column's cells."""
    asked = _asked(column, communes)
    duty = "Bắt buộc nhập." if column.required else ""
    return {
        "input_title": _title(column),
        "input_message": _joined(column.hint, asked, duty),
        "error_title": _title(column),
        "error_message": _joined(asked, "Bấm Thử lại (Retry) để nhập lại, hoặc Hủy (Cancel) để bỏ."),
    }


def _asked(column: Column, communes: Sequence[str]) -> str:
    """Return in a sentence what a column's cells take."""
    if column.vocabulary or (column.type is ColumnType.COMMUNE and communes):
        return "Chọn một mục trong danh sách: bấm mũi tên bên phải ô."
    match column.type:
        case ColumnType.COMMUNE:
            return "Ghi tên xã, phường, thị trấn."
        case ColumnType.DATE:
            return "Nhập ngày/tháng/năm, ví dụ 02/12/2024."
        case ColumnType.TEXT:
            return "" if column.hint else "Ghi bằng chữ."
        case ColumnType.WHOLE:
            return f"Số nguyên{_bounds(column)}{_measure(column)}."
        case _:
            return f"Số{_bounds(column)}{_measure(column)}, có thể có phần thập phân."


def _bounds(column: Column) -> str:
    least = "" if column.minimum is None else f" từ {format_number(column.minimum)}"
    most = "" if column.maximum is None else f" đến {format_number(column.maximum)}"
    return f"{least}{most}" if most or not least else f"{least} trở lên"


def _measure(column: Column) -> str:
    return f", đơn vị tính: {column.measure}" if column.measure else ""


def _title(column: Column) -> str:
    """Return a column's label, cut where a word ends if it is too long for a prompt's title."""
    if len(column.label) <= _LONGEST_TITLE:
        return column.label
    return column.label[: _LONGEST_TITLE - 1].rsplit(" ", 1)[0] + "…"


def _joined(*sentences: str) -> str:
    """Return as many of the sentences, each on its line, as a message holds."""
    message = ""
    for sentence in filter(None, sentences):
        longer = f"{message}\n{sentence}".strip()
        message = longer if len(longer) <= _LONGEST_MESSAGE else message
    return message


def _mark(page: Page, column: Column) -> None:
    """Let Excel show whole numbers without a lone decimal comma, and required cells that a begun line leaves empty."""
    grid = page.grid
    at = grid.at(column.name)
    if column.type.is_numeric:
        cell = grid.address(column.name, grid.top)
        whole = {"type": "formula", "criteria": f"=AND(ISNUMBER({cell}),{cell}=INT({cell}))"}
        page.sheet.conditional_format(
            grid.top, at, grid.below - 1, at, {**whole, "format": page.styles.of(num_format=WHOLE_FORMAT)}
        )
    for row, last in grid.entries(column) if column.required else ():
        ends = (grid.address(end.name, row) for end in (grid.table.columns[0], grid.table.columns[-1]))
        line = ":".join(f"${end}" for end in ends)
        empty = {"type": "formula", "criteria": f'=AND({grid.address(column.name, row)}="",SUMPRODUCT(--({line}<>""))>0)'}
        page.sheet.conditional_format(row, at, last, at, {**empty, "format": page.styles.of(bg_color=MISSING.colour)})
