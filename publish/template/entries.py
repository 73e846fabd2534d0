"""Prompts and rules of cells: what Excel shows before a cell is filled in, and what it refuses."""

from collections.abc import Mapping, Sequence
from datetime import date

from xlsxwriter.format import Format

from program.forms.measure import LARGEST_EXACT, factor_of
from program.forms.table import Blank, Column, ColumnType, Table
from program.vietnamese import format_number
from publish.template.choices import Choices
from publish.template.sheet import TemplateSheet
from publish.template.styles import MISSING, WHOLE_FORMAT

_NAMES = {
    ColumnType.COMMUNE: "Ghi tên xã, phường, thị trấn.",
    ColumnType.UNITS: "Ghi tên các đơn vị, cách nhau bằng dấu chấm phẩy.",
}
"""What the columns take that name units."""
_LONGEST_TITLE = 32
_LONGEST_MESSAGE = 255
_LARGEST_WHOLE = 2_147_483_647
"""The limit of Excel's own check of whole numbers. Our limit is 2^53."""
_FIRST_DAY = date(2015, 1, 1)
_LAST_DAY = date(2035, 12, 31)


def restrict_entries(page: TemplateSheet, choices: Choices, communes: Sequence[str]) -> None:
    """Give each cell to fill in its prompt and rule, and colour those that are still missing.

    `communes` are the names to choose from.
    """
    for column in page.grid.table.columns:
        rule = _rule(column, choices, communes)
        messages = _messages(column, page.grid.table, communes)
        options = {**rule, **messages}
        at = page.grid.at(column.name)
        for first, last in page.grid.entries(column):
            page.sheet.data_validation(first, at, last, at, options)
        if column.type.is_numeric:
            _hide_decimals_of_whole(page, column)
        if column.required or column.required_where:
            _colour_missing(page, column)


def _rule(column: Column, choices: Choices, communes: Sequence[str]) -> dict[str, object]:
    """Return what Excel accepts in a column, as options of XlsxWriter."""
    words = [entry.label for entry in column.vocabulary.values()]
    if column.type is ColumnType.COMMUNE:
        words = list(communes)
    if words:
        source = choices.source_of(words)
        return {"validate": "list", "source": source}
    if column.type is ColumnType.DATE:
        return _between("date", _FIRST_DAY, _LAST_DAY)
    if column.type.is_numeric:
        return _number_rule(column)
    # It accepts everything, but a cell without a rule cannot show a prompt.
    return {"validate": "any"}


def _number_rule(column: Column) -> dict[str, object]:
    if column.type is ColumnType.WHOLE:
        kind = "integer"
        limit = _LARGEST_WHOLE
    else:
        kind = "decimal"
        # The reader multiplies with the measure's factor: the product must still be exact.
        limit = LARGEST_EXACT // factor_of(column.measure)
    minimum = -limit if column.minimum is None else column.minimum
    maximum = limit if column.maximum is None else column.maximum
    return _between(kind, _plain(minimum), _plain(maximum))


def _between(kind: str, minimum: float | date, maximum: float | date) -> dict[str, object]:
    return {
        "validate": kind,
        "criteria": "between",
        "minimum": minimum,
        "maximum": maximum,
    }


def _plain(limit: float) -> float:
    """Return a limit without the ".0" that it has in a form's YAML."""
    if limit == int(limit):
        return int(limit)
    return limit


def _messages(column: Column, table: Table, communes: Sequence[str]) -> dict[str, object]:
    """Return prompt and error message of a column's cells."""
    title = _title(column)
    accepted = _accepted(column, communes)
    duty = _duty(column, table)
    retry = "Bấm Thử lại (Retry) để nhập lại, hoặc Hủy (Cancel) để bỏ."
    return {
        "input_title": title,
        "input_message": _join(column.hint, accepted, duty),
        "error_title": title,
        "error_message": _join(accepted, retry),
    }


def _duty(column: Column, table: Table) -> str:
    """Return a sentence that says when a column's cells must be filled in."""
    if column.required:
        return "Bắt buộc nhập."
    for name, words in column.required_where.items():
        other = table.column(name)
        labels = [other.vocabulary[word].label for word in words]
        listed = ", ".join(labels)
        return f"Bắt buộc nhập khi {other.label} là: {listed}."
    # An empty figure says "not known yet", unless the form declares that it says "nothing".
    if column.type.is_numeric and column.blank is not Blank.NOTHING:
        return "Chưa có số liệu thì để trống."
    return "Không có thì để trống."


def _accepted(column: Column, communes: Sequence[str]) -> str:
    """Return a sentence that says what a column's cells accept; "" if a hint does."""
    has_choices = column.type is ColumnType.COMMUNE and bool(communes)
    if column.vocabulary or has_choices:
        return "Chọn một mục trong danh sách: bấm mũi tên bên phải ô."
    if column.type in _NAMES:
        return _NAMES[column.type]
    match column.type:
        case ColumnType.DATE:
            return "Nhập ngày/tháng/năm, ví dụ 02/12/2024."
        case ColumnType.TEXT:
            return "" if column.hint else "Ghi bằng chữ."
        case ColumnType.WHOLE:
            return f"Số nguyên{_bounds(column)}{_measure(column)}."
        case _:
            return f"Số{_bounds(column)}{_measure(column)}, có thể có phần thập phân."


def _bounds(column: Column) -> str:
    least = ""
    if column.minimum is not None:
        least = f" từ {format_number(column.minimum)}"
    most = ""
    if column.maximum is not None:
        most = f" đến {format_number(column.maximum)}"
    if least and not most:
        return f"{least} trở lên"
    return f"{least}{most}"


def _measure(column: Column) -> str:
    if not column.measure:
        return ""
    return f", đơn vị tính: {column.measure}"


def _title(column: Column) -> str:
    """Return a column's label, cut after a word where it is too long for a prompt's title."""
    if len(column.label) <= _LONGEST_TITLE:
        return column.label
    # One letter less: "…" takes its place.
    cut = column.label[: _LONGEST_TITLE - 1]
    whole_words, *_ = cut.rsplit(" ", 1)
    return f"{whole_words}…"


def _join(*sentences: str) -> str:
    """Return the sentences, each on its line, as far as a message holds them."""
    message = ""
    for sentence in sentences:
        longer = f"{message}\n{sentence}".strip()
        if len(longer) <= _LONGEST_MESSAGE:
            message = longer
    return message


def _hide_decimals_of_whole(page: TemplateSheet, column: Column) -> None:
    """Show whole numbers without a decimal sign, which the format of decimals would add."""
    grid = page.grid
    at = grid.at(column.name)
    cell = grid.address(column.name, grid.top)
    is_whole = f"=AND(ISNUMBER({cell}),{cell}=INT({cell}))"
    style = page.styles.of(num_format=WHOLE_FORMAT)
    options = _condition(is_whole, style)
    # Down to the sums below a list, where there are any.
    page.sheet.conditional_format(grid.top, at, grid.below - 1, at, options)


def _colour_missing(page: TemplateSheet, column: Column) -> None:
    """Colour a required cell that is empty while its line asks for it.

    A line asks for it where it has any value, or the word that the column depends on.
    """
    grid = page.grid
    at = grid.at(column.name)
    style = page.styles.of(bg_color=MISSING.colour)
    for row, last in grid.entries(column):
        cell = grid.address(column.name, row)
        asks = _asks(page, column, row)
        is_missing = f'=AND({cell}="",{asks})'
        options = _condition(is_missing, style)
        page.sheet.conditional_format(row, at, last, at, options)


def _asks(page: TemplateSheet, column: Column, row: int) -> str:
    """Return the part of a formula that is true where a line asks for a column's cell."""
    grid = page.grid
    # The `$` keeps the columns where Excel applies the formula to the cells below.
    for name, words in column.required_where.items():
        other = f"${grid.address(name, row)}"
        vocabulary = grid.table.column(name).vocabulary
        # The cell holds what the user chose from the list: the label.
        tests = [f'{other}="{vocabulary[word].label}"' for word in words]
        listed = ",".join(tests)
        return f"OR({listed})"
    columns = grid.table.columns
    line_start = f"${grid.address(columns[0].name, row)}"
    line_end = f"${grid.address(columns[-1].name, row)}"
    return f'SUMPRODUCT(--({line_start}:{line_end}<>""))>0'


def _condition(formula: str, style: Format) -> Mapping[str, object]:
    return {"type": "formula", "criteria": formula, "format": style}
