"""The real reports of the sample: the training of 2024 and its plan, from a published article.

Source: "Tập huấn nâng cao năng lực cho cộng đồng và cán bộ các cấp triển khai Chương trình mục
tiêu quốc gia … trên địa bàn tỉnh Sóc Trăng năm 2024", published by the province's Ban Dân tộc
(author Lý Thị Cẩm Vân). Figures that the article does not give are empty. Nothing is corrected:
760 + 1.448 = 2.208 is true, 3 + 8 = 12 is not. The article names seven districts with a class and
one joint class: the list has these eight, and the three of the province. Names of persons stay out.

Usage: python -m examples.seed_report
"""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from program.calendar.period import Period
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import load_settings
from publish.template.values import Cell, Values
from publish.template.workbook import write_template

INBOX = Path(__file__).parent / "inbox"
_FOLDER = INBOX / "94-ban-dan-toc"
SEED_FILE = _FOLDER / "Báo cáo tập huấn năm 2024 - tỉnh Sóc Trăng.xlsx"
PLAN_FILE = _FOLDER / "Kế hoạch tập huấn năm 2024 - tỉnh Sóc Trăng.xlsx"
_PERIOD = Period.parse("2024")

_ARTICLE = (
    'Nguồn: bài "Tập huấn nâng cao năng lực cho cộng đồng và cán bộ các cấp triển khai '
    "Chương trình mục tiêu quốc gia … trên "
    'địa bàn tỉnh Sóc Trăng năm 2024", Ban Dân tộc tỉnh Sóc Trăng.'
)
_NOTES = (
    f"{_ARTICLE} Các lớp diễn ra từ ngày 02 đến ngày 20 tháng 12 năm 2024.",
    "Bài nêu: 12 lớp, 2.208 đại biểu; 03 lớp tại tỉnh cho cán bộ với 760 đại biểu; "
    "08 lớp tại các huyện, thị xã cho cộng "
    "đồng với 1.448 đại biểu; riêng Mỹ Xuyên, Cù Lao Dung và Ngã Năm "
    "tổ chức 01 lớp tại thành phố Sóc Trăng.",
    "Những gì bài không nêu thì để trống; hai ô tổng số cán bộ và cộng đồng do mẫu tự cộng.",
)
_ORGANISER = "Ban Dân tộc phối hợp Công ty Cổ phần Kiến tạo Nhất Tâm"
_DISTRICTS = (
    "Huyện Châu Thành",
    "Huyện Long Phú",
    "Huyện Trần Đề",
    "Huyện Mỹ Tú",
    "Huyện Thạnh Trị",
    "Huyện Kế Sách",
    "Thị xã Vĩnh Châu",
)
_JOINT_CLASS = "Huyện Mỹ Xuyên; Huyện Cù Lao Dung; Thị xã Ngã Năm"
_ATTENDED = "Có tham dự"
_GROUPS = {
    "management_boards": "Ban Quản lý các xã, phường, thị trấn",
    "unions": "Cán bộ đoàn thể xã, phường, thị trấn",
    "hamlet_officials": "Bí thư, Trưởng ban nhân dân ấp, khóm đặc biệt khó khăn; Trưởng ban Công "
    "tác Mặt trận, các chi, hội đoàn thể ấp, khóm",
    "supervision_boards": _ATTENDED,
}
_TOPICS = {
    "operation": "Nghiệp vụ, vận hành và bảo trì các công trình cơ sở hạ tầng và khai thác công "
    "trình đưa vào sử dụng",
    "upkeep": "Công tác duy tu bảo dưỡng công trình hạ tầng",
    "planning": "Kỹ năng lập kế hoạch phát triển kinh tế xã hội hàng năm cấp xã có sự tham gia của "
    "cộng đồng",
    "communication": "Kỹ năng tuyên truyền, truyền thông triển khai thực hiện đề án tổng thể về "
    "chương trình mục tiêu quốc gia",
    "culture": "Kỹ năng xây dựng và thực hiện các dự án hoạt động bảo tồn và phát huy bản sắc văn "
    "hóa các dân tộc gắn với phát triển du lịch",
    "community_contracts": "Kỹ năng thực hiện gói thầu giao cho cộng đồng thi công theo cơ chế đặc "
    "thù",
    "production": "Mô hình chăn nuôi gia súc sinh sản, tạo con lai năng suất cao",
}
_ARRANGEMENTS: dict[str, dict[str, Cell]] = {
    "trainers": {"arranged": "yes", "arranged_note": "Thạc sĩ, tiến sĩ; bài nêu bốn người và “…”"},
    "certificates": {"arranged": "yes", "arranged_note": "Trao chứng nhận cho học viên"},
    "rewards": {"arranged": "yes", "arranged_note": "Khen thưởng học viên"},
}
_NARRATIVE = {
    "results": "Hoàn thành các nội dung được phê duyệt tại Kế hoạch số 13/KH-BCĐUBND ngày "
    "26/4/2024.\n"
    "Cán bộ và cộng đồng tham gia thực hiện Chương trình được trang bị kiến thức, kỹ năng, nghiệp "
    "vụ chuyên môn, thông tin cơ bản về tiến bộ khoa học kỹ thuật phục vụ sản xuất, đời sống.\n"
    "Trao chứng nhận và khen thưởng cho học viên.",
    "difficulties": "Trong quá trình tổ chức thực hiện Chương trình vẫn còn những khó khăn, vướng "
    "mắc; tại lớp đã chia sẻ, giải đáp một số khó khăn, vướng mắc, bất cập ở cơ sở.",
}


def _class_of(units: str, place: str) -> dict[str, Cell]:
    return {
        "class_title": "Tập huấn nâng cao năng lực cho cộng đồng",
        "class_level": "district",
        "class_place": place,
        "class_organiser": _ORGANISER,
        "class_group": "community",
        "class_units": units,
    }


def _class_of_province(number: int) -> dict[str, Cell]:
    return {
        "class_title": f"Tập huấn nâng cao năng lực cho cán bộ, lớp {number}",
        "class_level": "province",
        "class_place": "Tại tỉnh",
        "class_organiser": _ORGANISER,
        "class_group": "officials",
    }


def _classes() -> Sequence[dict[str, Cell]]:
    """Return the classes that the article names: days and people of each are not known."""
    of_province = [_class_of_province(number) for number in (1, 2, 3)]
    of_districts = [_class_of(district, district) for district in _DISTRICTS]
    joint = _class_of(_JOINT_CLASS, "Thành phố Sóc Trăng")
    return [*of_province, *of_districts, joint]


def _notes_of(column: str, texts: dict[str, str]) -> dict[str, dict[str, Cell]]:
    return {line: {column: text} for line, text in texts.items()}


_REPORT = Values(
    matrix={
        "levels": {
            "province": {"classes": 3, "participants": 760, "officials": 760},
            "district": {"classes": 8, "participants": 1448, "community": 1448},
            "total": {"classes": 12, "participants": 2208},
        },
        "groups": _notes_of("group_note", _GROUPS),
        "topics": _notes_of("topic_note", _TOPICS),
        "arrangements": _ARRANGEMENTS,
        "narrative_part": _notes_of("narrative", _NARRATIVE),
    },
    lists={"class_list": _classes()},
    notes=_NOTES,
)
_PLAN = Values(
    matrix={
        "document": {
            "document": {
                "plan_number": "13/KH-BCĐUBND",
                "plan_date": date(2024, 4, 26),
                "plan_issuer": "Ban Chỉ đạo các Chương trình mục tiêu quốc gia tỉnh Sóc Trăng giai "
                "đoạn 2021-2025",
                "plan_subject": "Đào tạo nâng cao năng lực cho cộng đồng và cán bộ triển khai thực "
                "hiện Chương trình mục tiêu quốc gia phát triển kinh tế - xã hội vùng đồng bào dân "
                "tộc thiểu số trên địa bàn tỉnh Sóc Trăng năm 2024",
            }
        }
    },
    notes=(_ARTICLE, "Bài chỉ nêu số, ngày, cơ quan ban hành và trích yếu của kế hoạch."),
)


def build_seed() -> bytes:
    """Return the workbook of the report: the same bytes each time."""
    return _workbook("training", _REPORT)


def build_plan() -> bytes:
    """Return the workbook of the plan: the same bytes each time."""
    return _workbook("training_plan", _PLAN)


def _workbook(code: str, values: Values) -> bytes:
    pack: Pack = load_pack(load_settings().pack)
    form = pack.form(code, _PERIOD)
    if form is None:
        raise LookupError(f"the pack has no form {code} for {_PERIOD.code}")
    return write_template(form, pack.province, _PERIOD, values)


if __name__ == "__main__":
    _FOLDER.mkdir(parents=True, exist_ok=True)
    for file, content in ((SEED_FILE, build_seed()), (PLAN_FILE, build_plan())):
        file.write_bytes(content)
        print(file.relative_to(Path(__file__).parents[1]))
