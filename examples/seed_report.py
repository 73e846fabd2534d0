"""The one real report of the sample: the training of 2024, from an article of the province.

Source: "Tập huấn nâng cao năng lực cho cộng đồng và cán bộ các cấp triển khai Chương trình mục
tiêu quốc gia … trên địa bàn tỉnh Sóc Trăng năm 2024", published by the province's Ban Dân tộc
(author Lý Thị Cẩm Vân). Figures that the article does not give are empty. Nothing is corrected:
760 + 1.448 = 2.208 is true, 3 + 8 = 12 is not.

Usage: python -m examples.seed_report
"""

from pathlib import Path

from program.calendar.period import Period
from program.pack.load import load_pack
from program.settings import load_settings
from publish.template import Values, write_template

INBOX = Path(__file__).parent / "inbox"
SEED_FILE = INBOX / "94-ban-dan-toc" / "Báo cáo tập huấn năm 2024 - tỉnh Sóc Trăng.xlsx"

_NOTES = (
    'Nguồn: bài "Tập huấn nâng cao năng lực cho cộng đồng và cán bộ các cấp triển khai '
    "Chương trình mục tiêu quốc gia … trên "
    'địa bàn tỉnh Sóc Trăng năm 2024", Ban Dân tộc tỉnh Sóc Trăng. '
    "Các lớp diễn ra từ ngày 02 đến ngày 20 tháng 12 năm 2024.",
    "Bài nêu: 12 lớp, 2.208 đại biểu; 03 lớp tại tỉnh cho cán bộ với 760 đại biểu; "
    "08 lớp tại các huyện, thị xã cho cộng "
    "đồng với 1.448 đại biểu; riêng Mỹ Xuyên, Cù Lao Dung và Ngã Năm "
    "tổ chức 01 lớp tại thành phố Sóc Trăng.",
    "Những gì bài không nêu thì để trống; hai ô tổng số cán bộ và cộng đồng do mẫu tự cộng.",
)
_VALUES = Values(
    matrix={
        "levels": {
            "province": {"classes": 3, "participants": 760, "officials": 760},
            "district": {"classes": 8, "participants": 1448, "community": 1448},
            "total": {"classes": 12, "participants": 2208},
        }
    },
    notes=_NOTES,
)


def build_seed() -> bytes:
    """Return the workbook: the same bytes each time."""
    pack = load_pack(load_settings().pack)
    period = Period.parse("2024")
    form = pack.form("training", period)
    if form is None:
        raise LookupError("the pack has no training form for 2024")
    return write_template(form, pack.province, period, _VALUES)


if __name__ == "__main__":
    SEED_FILE.parent.mkdir(parents=True, exist_ok=True)
    SEED_FILE.write_bytes(build_seed())
    print(SEED_FILE.relative_to(Path(__file__).parents[1]))
