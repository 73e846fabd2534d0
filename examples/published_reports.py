"""The published reports of the sample beside the seed: the province's outcomes and livelihoods.

The forms ask for counts, and most of what is published is a rate. A count that follows from a
published rate and a published base stands with the word "khoảng" (about) or "trên" (above), as its
note says. What no source gives is empty. `examples/published.py` has each figure with its source;
the notes below the first table of a workbook name it too.

Usage: python -m examples.published_reports
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from examples.published import (
    DISPERSED_WATER_PART_2023,
    ELECTRICITY_PCT,
    ETHNIC_PEOPLE,
    ETHNIC_POOR_2023,
    HOA_HOUSEHOLDS,
    JOB_CONVERSIONS_PART_2023,
    KHMER_HOUSEHOLDS,
    ROAD_PCT,
    RURAL_COMMUNES,
    WATER_PCT,
)
from examples.seed_report import INBOX
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.pack.load import load_pack
from program.settings import load_settings
from publish.template.values import Cell, Values
from publish.template.workbook import write_template

_FOLDER = "94-ban-dan-toc"
_HOUSEHOLDS = KHMER_HOUSEHOLDS + HOA_HOUSEHOLDS
_ROADS = {"existing": RURAL_COMMUNES, "reaching": RURAL_COMMUNES * ROAD_PCT // 100}
_ROUNDED_TO = 100

Lines = Mapping[str, Mapping[str, Cell]]


@dataclass(frozen=True, slots=True)
class _Report:
    """A report of the province that is put together from publications. Notes name the source."""

    name: str
    form: str
    period: str
    matrix: Mapping[str, Lines]
    notes: tuple[str, ...]
    stage: Stage = Stage.FINAL


def _with_word(word: str, count: float) -> str:
    """Return a count of households as an office writes what is not exact: "khoảng 101.600"."""
    rounded = round(count / _ROUNDED_TO) * _ROUNDED_TO
    return f"{word} {rounded:,}".replace(",", ".")


def _about(count: float) -> str:
    return _with_word("khoảng", count)


_BASE_NOTE = (
    "Không nguồn nào nêu tổng số hộ DTTS. Số hộ Khmer, hộ Hoa là số suy ra: 7.122 hộ nghèo ÷ 7,01% "
    'và 345 hộ nghèo ÷ 2,09% (cuối năm 2022: vietnamnet.vn 2259097), nên ghi "khoảng".'
)
_EMPTY_NOTE = "Những gì các nguồn không nêu thì để trống."
_REPORTS = (
    _Report(
        name="Báo cáo mục tiêu năm 2023 - tỉnh Sóc Trăng",
        form="outcomes",
        period="2023",
        matrix={
            "ethnic_households": {
                "total": {
                    "households": _about(_HOUSEHOLDS),
                    "poor_households": ETHNIC_POOR_2023,
                    "water_households": _about(_HOUSEHOLDS * WATER_PCT / 100),
                },
            },
            "ethnic_people": {"total": {"people": ETHNIC_PEOPLE}},
            "places": {"commune_road": _ROADS},
        },
        notes=(
            "SỐ LIỆU ĐÃ CÔNG BỐ. Cuối năm 2023: còn 4.116 hộ nghèo DTTS. Nguồn: nld.com.vn, "
            "06/10/2024 (196241006160216918).",
            "99,65% hộ DTTS sử dụng nước hợp vệ sinh, 100% xã có đường ô tô đến trung tâm; tỷ lệ "
            "hộ nghèo Khmer còn 3,86%. Nguồn: mattran.org.vn 54982, họp mặt ngày 08/4/2024.",
            "Dân số DTTS năm 2023: 423.000 người (vietnam.vn, điều tra 53 DTTS).",
            "Số xã: 80 (Nghị quyết 1105/NQ-UBTVQH15). Số hộ dùng nước là số suy ra từ tỷ lệ.",
            _BASE_NOTE,
            _EMPTY_NOTE,
        ),
    ),
    _Report(
        name="Báo cáo mục tiêu năm 2024 (ước) - tỉnh Sóc Trăng",
        form="outcomes",
        period="2024",
        stage=Stage.ESTIMATE,
        matrix={
            "ethnic_households": {
                "total": {
                    "households": _about(_HOUSEHOLDS),
                    "electricity_households": _with_word(
                        "trên", _HOUSEHOLDS * ELECTRICITY_PCT / 100
                    ),
                    "water_households": _about(_HOUSEHOLDS * WATER_PCT / 100),
                },
            },
            "ethnic_people": {"total": {"people": _about(ETHNIC_PEOPLE)}},
            "places": {"commune_road": _ROADS},
        },
        notes=(
            "SỐ LIỆU ĐÃ CÔNG BỐ, đến tháng 10/2024: 100% xã có đường ô tô đến trung tâm, trên 99% "
            "hộ DTTS sử dụng điện lưới, 99,65% hộ sử dụng nước hợp vệ sinh. Nguồn: nld.com.vn, "
            "06/10/2024 (196241006160216918).",
            "Dân số DTTS là số năm 2023 (vietnam.vn, điều tra 53 DTTS).",
            "Số xã: 80 (Nghị quyết 1105/NQ-UBTVQH15). Số hộ dùng điện, dùng nước là số suy ra từ "
            "tỷ lệ.",
            _BASE_NOTE,
            _EMPTY_NOTE,
        ),
    ),
    _Report(
        name="Báo cáo hỗ trợ hộ năm 2023 - tỉnh Sóc Trăng",
        form="livelihoods",
        period="2023",
        matrix={
            "support": {
                "job_conversion": {"supported": JOB_CONVERSIONS_PART_2023},
                "dispersed_water": {"supported": DISPERSED_WATER_PART_2023},
            },
        },
        notes=(
            "SỐ LIỆU ĐÃ CÔNG BỐ, của một phần năm 2023: 423 hộ chuyển đổi nghề, 387 hộ nước sinh "
            "hoạt phân tán. Nguồn: dantocmiennui.vn post342503.",
            "Số cộng dồn từ đầu giai đoạn không có ô trong biểu này: đến tháng 10/2024 có 4.607 hộ "
            "chuyển đổi nghề, 67 mô hình sản xuất (nld.com.vn, 06/10/2024); đến khoảng cuối năm "
            "2023 có 338 hộ đất ở, 1.899 hộ nhà ở, 4.560 hộ chuyển đổi nghề, 1.223 hộ nước phân "
            "tán (baomoi.com c47625228).",
            _EMPTY_NOTE,
        ),
    ),
)


def build() -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each published report but the seed's."""
    pack = load_pack(load_settings().pack)
    for report in _REPORTS:
        period = Period.parse(report.period)
        form = pack.form(report.form, period)
        if form is None:
            raise LookupError(f"the pack has no form {report.form} for {period.code}")
        values = Values(matrix=report.matrix, notes=report.notes)
        content = write_template(form, pack.province, period, values, stage=report.stage)
        yield f"{_FOLDER}/{report.name}.xlsx", content


if __name__ == "__main__":
    for path, content in build():
        (INBOX / path).write_bytes(content)
        print(f"examples/inbox/{path}")
