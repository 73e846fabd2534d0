"""The annex of a filled form: each figure with the cells of the files that it is from."""

from collections.abc import Iterable, Iterator

from program.vietnamese import format_instant
from publish.own_forms.figures import FilledFigure

TITLE = "Phụ lục: nguồn của từng số"
HEADINGS = (
    "Chỗ điền",
    "Số liệu",
    "Của",
    "Giá trị",
    "Đơn vị tính",
    "Căn cứ",
    "Cần kiểm tra",
    "Đơn vị gửi số",
    "Chỉ số của biểu",
    "Đơn vị ghi",
    "Tệp",
    "Trang tính",
    "Ô",
    "Người gửi",
    "Nhận lúc",
)
_NOTHING = "chưa có số liệu"


def annex_rows(figures: Iterable[FilledFigure]) -> Iterator[tuple[str, ...]]:
    """Yield a row for each cell that a figure is from; one without a cell has a row too."""
    for figure in figures:
        about = (
            figure.place,
            figure.label,
            figure.unit,
            figure.text or _NOTHING,
            figure.measure,
            figure.coverage,
            "có" if figure.is_doubtful else "",
        )
        if not figure.origins:
            yield about + ("",) * (len(HEADINGS) - len(about))
        for origin in figure.origins:
            yield (
                *about,
                origin.unit,
                origin.element,
                origin.value,
                origin.file,
                origin.sheet,
                origin.cell,
                origin.sender,
                format_instant(origin.received_at),
            )
