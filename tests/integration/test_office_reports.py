"""The office's reports: what is added up, who is named as missing, what is marked, and what only the office gets."""

import io
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet
from sqlalchemy import Engine

from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier
from program.pack.pack import Pack
from program.settings import Settings
from publish.reports.consolidated_workbooks import ReportFilter
from publish.reports.office_reports import write_office_files, write_reports
from publish.reports.table import Number, ReportColumn, ReportRow, ReportTable, RowLook
from publish.reports.workbook import workbook_bytes
from tests.arriving import catalogued
from tests.reports_sent import load_report
from warehouse.ledger import start_run

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
ODD = Finding("TRN-05", Severity.WARNING, "=1+1 tổng lệch", "Sửa", sheet="S", cell="C12")
WRONG = Finding("TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="S", cell="D10")
ORANGE = "FFFFB84D"
Send = Callable[..., None]


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    """send(1, "942", {"participants_total": 120}): a report, the delivery of this number."""
    run = start_run(engine, NOON.date(), "rules-1", NOON)

    def send(
        number: int,
        unit: str,
        figures: dict[str, float | str],
        *findings: Finding,
        form: str = "training",
        period: str = "2024-Q4",
        qualifier: Qualifier | None = None,
        line: int = 0,
    ) -> None:
        load_report(
            engine, run, number, unit, period, figures, *findings,
            at=NOON + timedelta(minutes=number), form=form, qualifier=qualifier, line=line,
        )  # fmt: skip

    return send


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "reports"


def rows_of(sheet: Worksheet) -> dict[str, list[object]]:
    """The cells of the first row with each name in the second column."""
    rows: dict[str, list[object]] = {}
    for row in sheet.iter_rows(values_only=True):
        rows.setdefault(str(row[1]), list(row[2:]))
    return rows


def reports_of(sheet: Worksheet) -> list[tuple[object, ...]]:
    """Unit, report, period, due date, delay and state of each report that is awaited."""
    return [row[1:7] for row in sheet.iter_rows(min_row=5, values_only=True)]


def to_fix(reports: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Unit, report, period and due date of those that came and must be corrected."""
    return [row[:4] for row in reports if row[5] == "đã gửi – chờ sửa"]


def opened(path: Path, *, values: bool = True) -> openpyxl.Workbook:
    return openpyxl.load_workbook(path, data_only=values)


@pytest.mark.both_databases
def test_a_consolidated_table_adds_up_what_came_and_names_who_is_missing(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    send(1, "942", {"participants_total": 120, "budget_spent_vnd_total": 50_500_000})
    send(2, "943", {"participants_total": 80}, ODD)
    send(3, "944", {}, WRONG)
    send(4, "94", {"participants_total": 500})
    write_reports(engine, pack, folder, is_ours=True)
    path = folder / "tong-hop" / "training-2024-Q4.xlsx"
    sheet = opened(path)["Tổng hợp"]
    rows = rows_of(sheet)
    # The unit, its state, classes, participants … the money in the form's unit of measure.
    assert rows["Huyện Châu Thành"][:3] == ["đạt", None, 120]
    assert rows["Huyện Châu Thành"][-1] == 50.5
    assert rows["Huyện Kế Sách"][0] == "đạt, có lưu ý"
    assert rows["Huyện Mỹ Tú"][:3] == ["đã gửi – chờ sửa", None, None]
    assert rows["Huyện Long Phú"][0] == "chưa gửi"
    assert rows["Toàn tỉnh"][:3] == ["2/11 đơn vị", None, 200]
    assert rows["Tỉnh Sóc Trăng"][:3] == ["tự báo cáo, không cộng", None, 500]
    above = [row[0] for row in sheet.iter_rows(max_row=5, values_only=True)]
    assert above[2] == "Có số liệu: 2/11 đơn vị."
    assert "Huyện Mỹ Tú (đã gửi – chờ sửa, hạn 15/01/2025)" in str(above[3])
    formulas = opened(path, values=False)["Tổng hợp"]
    of_participants = [cell.value for cell in formulas["E"] if str(cell.value).startswith("=")]
    assert of_participants == ['=IF(COUNT(E8:E18)=0,"",SUM(E8:E18))']


@pytest.mark.both_databases
def test_the_last_workbook_of_a_year_sets_plans_beside_results(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    send(1, "942", {"planned_classes_total": 4}, form="training_plan", period="2024")
    send(2, "942", {"classes_total": 1}, period="2024-Q3")
    send(3, "942", {"classes_total": 2})
    send(4, "943", {"classes_total": 5}, ODD)
    write_reports(engine, pack, folder, is_ours=True)
    earlier = opened(folder / "tong-hop" / "training-2024-Q3.xlsx")
    assert "Kế hoạch – kết quả" not in earlier.sheetnames
    path = folder / "tong-hop" / "training-2024-Q4.xlsx"
    sheet = opened(path)["Kế hoạch – kết quả"]
    rows = [row[:7] for row in sheet.iter_rows(min_row=4, values_only=True) if row[1] == "lớp"]
    # By hand: 1 + 2 of the 4 planned; of all districts 1 + 2 + 5, by 3 of 44 reports,
    # which are no share of the plan of one.
    assert rows == [
        ("Số lớp", "lớp", 4, 8, None, "1/11", "3/44"),
        ("Số lớp", "lớp", 4, 3, 75, "1/1", "2/4"),
        ("Số lớp", "lớp", None, 5, None, "0/1", "1/4"),
    ]
    formulas = opened(path, values=False)["Kế hoạch – kết quả"]
    shares = [cell.value for cell in formulas["E"] if str(cell.value).startswith("=")]
    assert len(shares) == 1
    # Whoever has no plan is named, and is not 0 % or 100 % of anything.
    without = [row for row in sheet.iter_rows(min_row=4, values_only=True) if row[3] == 5]
    assert [row[7] for row in without] == ["chưa có kế hoạch"]


@pytest.mark.both_databases
def test_doubt_is_marked_at_the_figure_and_at_every_sum_of_it(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    send(1, "942", {"participants_total": 120})
    send(2, "943", {"participants_total": 80}, ODD)
    send(3, "944", {"classes_total": 3}, qualifier=Qualifier.OVER)
    write_reports(engine, pack, folder, is_ours=True)
    book = opened(folder / "tong-hop" / "training-2024-Q4.xlsx")
    marked = {
        (row[1].value, cell.column_letter)
        for row in book["Tổng hợp"].iter_rows()
        for cell in row
        if cell.fill.fgColor.rgb == ORANGE
    }
    assert marked == {
        ("Huyện Kế Sách", "E"),
        ("Huyện Mỹ Tú", "D"),
        ("Toàn tỉnh", "D"),
        ("Toàn tỉnh", "E"),
    }
    formats = [cell.number_format for cell in book["Tổng hợp"]["D"]]
    assert '"trên "#,##0' in formats
    reasons = [row[4].value for row in book["Cần kiểm tra"].iter_rows(min_row=4)]
    assert reasons == [
        "lưu ý khi kiểm tra TRN-05: =1+1 tổng lệch",
        "có từ đứng trước số",
    ]


def test_a_printed_sheet_is_landscape_on_a4_and_repeats_its_headings(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    send(1, "942", {"participants_total": 120})
    write_reports(engine, pack, folder, is_ours=True)
    for sheet in opened(folder / "tong-hop" / "training-2024-Q4.xlsx"):
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.print_title_rows, sheet.title
        assert (sheet.page_setup.fitToHeight, sheet.sheet_properties.pageSetUpPr.fitToPage) == (
            0,
            True,
        )


@pytest.mark.both_databases
def test_money_is_shown_by_unit_by_project_and_by_stream(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    send(
        1,
        "942",
        {
            "plan_total_vnd_total": 2_000_000_000,
            "disbursed_total_vnd_total": 500_000_000,
            "plan_total_vnd_da1": 2_000_000_000,
            "disbursed_total_vnd_da1": 500_000_000,
            "plan_central_investment_vnd_da1": 1_500_000_000,
        },
        form="disbursement",
    )
    send(
        2,
        "943",
        {"plan_total_vnd_total": 1_000_000_000, "disbursed_total_vnd_total": 900_000_000},
        form="disbursement",
    )
    write_reports(engine, pack, folder, is_ours=True)
    book = opened(folder / "giai-ngan" / "giai-ngan-2024-Q4.xlsx")
    names = [row[1] for row in book["Theo đơn vị"].iter_rows(values_only=True)]
    # The lowest rate first; a unit without figures last.
    assert names.index("Huyện Châu Thành") < names.index("Huyện Kế Sách") < names.index("Toàn tỉnh")
    by_unit = rows_of(book["Theo đơn vị"])
    assert by_unit["Huyện Châu Thành"] == [2000, 500, 25, 1500]
    assert by_unit["Toàn tỉnh"] == [3000, 1400, pytest.approx(100 * 1400 / 3000), 1600]
    by_project = rows_of(book["Theo dự án"])
    of_da1 = next(row for name, row in by_project.items() if name.startswith("Dự án 1. "))
    assert of_da1 == [2000, 500, 25, 1500]
    assert by_project["Toàn tỉnh"][:2] == [3000, 1400]
    by_stream = rows_of(book["Dự án – đơn vị – nguồn"])
    assert by_stream["Tổng cộng"][-3:] == [3000, 1400, pytest.approx(100 * 1400 / 3000)]
    of_da1 = next(row for name, row in by_stream.items() if name.startswith("Dự án 1. "))
    assert of_da1[:3] == [1500, None, None]


def test_whom_to_call_is_for_the_office_alone(
    engine: Engine, send: Send, pack: Pack, folder: Path, tmp_path: Path
) -> None:
    send(1, "942", {"participants_total": 120})
    send(2, "944", {}, WRONG)
    send(3, "31810", {}, WRONG, period="2025-Q4")
    write_reports(engine, pack, folder, is_ours=True)
    write_office_files(engine, pack, tmp_path / "office", is_ours=True)
    book = opened(tmp_path / "office" / "danh-sach-don-doc.xlsx")
    by_unit = rows_of(book["Đơn vị"])
    assert by_unit["Xã Lai Hòa"][1] == 1
    assert by_unit["Xã Lai Hòa"][3] == "UBND xã Lai Hòa"
    open_ones = reports_of(book["Báo cáo"])
    assert to_fix(open_ones) == [
        ("Xã Lai Hòa", "Báo cáo đào tạo, tập huấn", "Quý IV năm 2025", "15/01/2026 (*)")
    ]
    # Nobody can be called in a district that has ended: what it left is on a sheet of its own.
    assert "Huyện Mỹ Tú" not in by_unit
    of_ended = reports_of(book["Đơn vị đã kết thúc"])
    left = ("Huyện Mỹ Tú", "Báo cáo đào tạo, tập huấn", "Quý IV năm 2024", "15/01/2025 (*)")
    assert to_fix(of_ended) == [left]
    assert not any(row[:3] == ("Huyện Châu Thành", *left[1:3]) for row in open_ones + of_ended)
    addresses = {contact.email for contact in pack.correspondence.units.values()}
    for path in folder.rglob("*.xlsx"):
        cells = [cell for sheet in opened(path) for row in sheet.values for cell in row]
        assert not addresses & {str(cell) for cell in cells}


def test_a_text_that_begins_like_a_formula_stays_a_text() -> None:
    evil = '=HYPERLINK("http://x")'
    table = ReportTable(
        evil[:5].strip("="), evil, evil, (evil,),
        (ReportColumn(evil, 10, evil), ReportColumn(evil, 10, evil)),
        (ReportRow((evil, Number(1)),), ReportRow((evil,), depth=0, look=RowLook.SECTION)),
        (evil,),
    )  # fmt: skip
    book = openpyxl.load_workbook(io.BytesIO(workbook_bytes(evil, [table])))
    kinds = {cell.data_type for row in book.worksheets[0].iter_rows() for cell in row if cell.value}
    assert kinds == {"s", "n"}


def test_what_a_unit_wrote_is_collected_as_text(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    evil = "=1+1 vốn về chậm " * 30
    send(1, "942", {"narrative_difficulties": evil})
    write_reports(engine, pack, folder, is_ours=True)
    sheet = opened(folder / "tong-hop" / "training-2024-Q4.xlsx", values=False)["Thuyết minh"]
    written = [cell for row in sheet.iter_rows() for cell in row if cell.value == evil]
    assert [cell.data_type for cell in written] == ["s"]
    assert sheet.row_dimensions[written[0].row].height > 60


def test_a_report_is_made_again_only_when_its_figures_or_who_is_late_changed(
    engine: Engine, send: Send, pack: Pack, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def written() -> set[str]:
        paths = write_reports(engine, pack, folder, is_ours=True)
        # The brief and the province's own forms print the day: they are made again each day.
        return {path.name for path in paths if path.parent.name in ("tong-hop", "giai-ngan")}

    money = {"plan_total_vnd_total": 1.0, "disbursed_total_vnd_total": 1.0}
    send(1, "942", {"participants_total": 120})
    send(2, "942", money, form="disbursement")
    assert written() == {
        "training-2024-Q4.xlsx",
        "disbursement-2024-Q4.xlsx",
        "giai-ngan-2024-Q4.xlsx",
    }
    with monkeypatch.context() as without_workbooks:
        without_workbooks.setattr("publish.reports.office_reports.workbook_bytes", None)
        assert write_reports(engine, pack, folder, is_ours=True) == []
        # A later day alone changes nothing.
        start_run(engine, date(2026, 2, 21), "rules-1", NOON + timedelta(days=1))
        assert written() == set()
    send(3, "943", {"participants_total": 80})
    assert written() == {"training-2024-Q4.xlsx"}


def test_one_form_and_period_can_be_asked_for(
    engine: Engine, send: Send, pack: Pack, folder: Path
) -> None:
    send(1, "942", {"participants_total": 120})
    send(2, "942", {"plan_total_vnd_total": 1.0}, form="disbursement")
    wanted = ReportFilter("training", "2024-Q4")
    written = write_reports(engine, pack, folder, is_ours=False, wanted=wanted)
    assert [path.name for path in written] == ["training-2024-Q4.xlsx"]
    nothing = ReportFilter("training", "2025-Q1")
    assert write_reports(engine, pack, folder, is_ours=False, wanted=nothing) == []
