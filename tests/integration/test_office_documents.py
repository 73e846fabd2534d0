"""The brief and the draft letter: layout of Decree 30/2020, figures with n/m, and whom the letter asks."""

import io
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import docx
import pytest
from docx.document import Document
from sqlalchemy import Engine

from examples.office_documents import build
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from publish.documents.fill import filled
from publish.reports.awaited import awaited_reports, awaited_units, of_open_units
from publish.reports.office_reports import write_office_files, write_reports
from publish.site.site_data import site_data
from publish.site.tables.money import money_panel
from tests.arriving import catalogued
from tests.reports_sent import load_report
from warehouse.ledger import start_run
from warehouse.queries.marts import data_day
from warehouse.queries.reports import reporting

NOON = datetime(2025, 2, 20, 5, tzinfo=UTC)
WRONG = Finding("TRN-01", Severity.CRITICAL, "Số nữ lớn hơn", "Sửa", sheet="S", cell="D10")
Send = Callable[..., None]
DISTRICTS = [str(code) for code in range(941, 952)]


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    run = start_run(engine, NOON.date(), "rules-1", NOON)

    def send(
        number: int,
        unit: str,
        form: str,
        figures: dict[str, float],
        *findings: Finding,
        period: str = "2024-Q4",
    ) -> None:
        at = NOON + timedelta(minutes=number)
        load_report(engine, run, number, unit, period, figures, *findings, at=at, form=form)

    return send


def texts(document: Document) -> list[str]:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return [paragraph.text for paragraph in document.paragraphs] + cells


@pytest.mark.both_databases
def test_the_brief_says_money_training_and_reports_with_how_many_units(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    for number, unit in enumerate(DISTRICTS[:9], start=1):
        money = {
            "plan_total_vnd_total": 2e9,
            "disbursed_total_vnd_total": 1e9 + number * 2e6,
            "plan_total_vnd_da4": 2e9,
            "disbursed_total_vnd_da4": 1e9,
        }
        send(number, unit, "disbursement", money)
        send(100 + number, unit, "training", {"participants_total": 10, "classes_total": 1})
    write_reports(engine, pack, tmp_path / "reports", is_ours=True)
    said = "\n".join(texts(docx.Document(str(tmp_path / "reports" / "tom-tat.docx"))))
    assert "giải ngân 9,1 tỷ đồng trên kế hoạch 18 tỷ đồng, đạt 50,5% (9/11 đơn vị)" in said
    assert "Tỷ lệ thấp nhất: Thành phố Sóc Trăng 50,1%; Huyện Châu Thành 50,2%" in said
    assert "Vốn còn lại nhiều nhất: Dự án 4. Cơ sở hạ tầng thiết yếu: 9 tỷ đồng" in said
    assert "Kỳ gần nhất, quý IV năm 2024: 9 lớp, 90 người tham dự (9/11 đơn vị)" in said
    assert "chưa đối chiếu văn bản gốc" in said
    awaited = awaited_reports(reporting(engine), pack, data_day(engine))
    units = awaited_units(of_open_units(awaited, data_day(engine)))
    others = sum(len(unit.reports) for unit in units[3:])
    assert f"; và {len(units) - 3} đơn vị khác ({others} báo cáo)." in said
    assert "Số liệu đến ngày 20/02/2025" in said


@pytest.mark.both_databases
def test_the_brief_sets_each_plan_beside_its_result_and_names_who_has_none(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    for number, unit in enumerate(DISTRICTS[:10], start=1):
        send(number, unit, "livelihoods", {"planned_housing": 20, "supported_housing": 9})
        send(100 + number, unit, "training", {"participants_total": 10, "classes_total": 1})
    write_reports(engine, pack, tmp_path / "reports", is_ours=True)
    brief = docx.Document(str(tmp_path / "reports" / "tom-tat.docx"))
    planned = [[cell.text for cell in row.cells] for row in brief.tables[2].rows]
    # By hand: 10 districts planned 20 each and supported 9 each.
    assert planned[1:] == [
        ["Nhà ở (hộ) – hỗ trợ hộ, năm 2024", "200 (10/11 đơn vị)", "90 (10/11 báo cáo)", "45%"]
    ]
    assert "4. Kế hoạch năm và kết quả. Đào tạo, tập huấn, năm 2024: chưa có kế hoạch." in texts(
        brief
    )
    assert "GL: số liệu giả lập" not in brief.sections[0].footer.paragraphs[0].text


def test_the_page_and_the_brief_take_money_of_the_same_period(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    money = {"plan_total_vnd_total": 2e9, "disbursed_total_vnd_total": 1e9}
    for number, unit in enumerate(DISTRICTS[:9], start=1):
        send(number, unit, "disbursement", money, period="2024-Q3")
    send(20, "942", "disbursement", money, period="2024-Q4")
    # A quarter that still runs: two months of money would look like a slow year.
    for number, unit in enumerate(DISTRICTS, start=30):
        send(number, unit, "disbursement", money, period="2025-Q1")
    panel = money_panel(site_data(engine, pack))
    assert panel is not None
    assert (panel.whole.period, panel.whole.reported) == ("2024-Q3", 9)
    write_reports(engine, pack, tmp_path / "reports", is_ours=True)
    said = "\n".join(texts(docx.Document(str(tmp_path / "reports" / "tom-tat.docx"))))
    assert "Lũy kế đến hết quý III năm 2024: giải ngân 9 tỷ đồng" in said


@pytest.mark.both_databases
def test_the_draft_letter_asks_units_that_exist_for_what_is_late(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    send(1, "942", "training", {"participants_total": 10})
    send(2, "943", "training", {}, WRONG)
    write_office_files(engine, pack, tmp_path, is_ours=True)
    document = docx.Document(str(tmp_path / "cong-van-don-doc.docx"))
    said = texts(document)
    assert "- Ủy ban nhân dân các huyện, thị xã, thành phố" in said
    assert any(
        text.startswith("1. Gửi các báo cáo còn thiếu, sửa và gửi lại các báo cáo cần sửa trước")
        and "trước ngày 27/02/2025" in text
        for text in said
    )
    assert any(" và có 1 báo cáo đã gửi cần sửa (danh sách" in text for text in said)
    rows = {row.cells[1].text: row.cells for row in document.tables[-1].rows}
    assert "Báo cáo đào tạo, tập huấn: quý IV năm 2024" in rows["Huyện Kế Sách"][3].text
    of_942 = rows["Huyện Châu Thành"][2].text
    assert "Báo cáo đào tạo, tập huấn: quý I năm 2024, quý II năm 2024, quý III năm 2024" in of_942
    assert "quý IV năm 2024" not in of_942.split("tập huấn: ")[1]
    # After the districts have ended nobody can be asked for what they must send.
    start_run(engine, datetime(2025, 7, 2).date(), "rules-1", NOON + timedelta(days=132))
    write_office_files(engine, pack, tmp_path, is_ours=True)
    assert not (tmp_path / "cong-van-don-doc.docx").exists()


def test_the_draft_letter_asks_for_no_correction_where_none_is_due(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    send(1, "942", "training", {"participants_total": 10})
    write_office_files(engine, pack, tmp_path, is_ours=True)
    paragraphs = docx.Document(str(tmp_path / "cong-van-don-doc.docx")).paragraphs
    letter = "\n".join(each.text for each in paragraphs)
    assert "1. Gửi các báo cáo còn thiếu trước ngày" in letter
    assert "báo cáo (danh sách kèm theo)." in letter
    assert "gửi lại" not in letter


def test_both_documents_have_the_layout_of_the_decree() -> None:
    for path, content in build():
        assert path.read_bytes() == content, (
            f"{path.name}: run `python -m examples.office_documents`"
        )
        if path.suffix != ".docx":
            continue
        document = docx.Document(io.BytesIO(content))
        section = document.sections[0]
        sizes = (section.page_width, section.page_height)
        assert tuple(round(size.mm) for size in sizes) == (210, 297)
        margins = (
            section.top_margin,
            section.bottom_margin,
            section.left_margin,
            section.right_margin,
        )
        assert tuple(round(margin.mm) for margin in margins) == (20, 20, 30, 15)
        assert document.styles["Normal"].font.name == "Times New Roman"
        body = [run for paragraph in document.paragraphs for run in paragraph.runs]
        assert {run.font.name for run in body if run.text.strip()} == {"Times New Roman"}
        head = "\n".join(cell.text for row in document.tables[0].rows for cell in row.cells)
        assert "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM" in head
        assert "Độc lập - Tự do - Hạnh phúc" in head
        assert "{{ place_and_day }}" in head


def test_the_pack_can_have_a_template_of_its_own(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    own = docx.Document()
    own.add_paragraph("Của tỉnh: {{ money_sentence }}")
    (tmp_path / "pack" / "documents").mkdir(parents=True)
    own.save(str(tmp_path / "pack" / "documents" / "tom-tat.docx"))
    send(1, "942", "training", {"participants_total": 10})
    changed = replace(pack, folder=tmp_path / "pack")
    write_reports(engine, changed, tmp_path / "reports", is_ours=True)
    said = texts(docx.Document(str(tmp_path / "reports" / "tom-tat.docx")))
    assert said == ["Của tỉnh: Chưa có số liệu giải ngân."]


def test_a_value_is_never_a_tag_and_the_same_values_give_the_same_bytes(tmp_path: Path) -> None:
    template = docx.Document()
    template.add_paragraph("{{ text }}")
    template.save(str(tmp_path / "template.docx"))
    evil = "{{ 7 * 7 }} <w:p/> & {% for x in y %}"
    once, again = (filled(tmp_path / "template.docx", {"text": evil}) for _ in range(2))
    assert texts(docx.Document(io.BytesIO(once))) == [evil]
    assert once == again
