"""A form of the province's own: named cells and tags are filled, nothing else changes, and each figure is traced."""

import io
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import docx
import openpyxl
import pytest
import xlsxwriter
from sqlalchemy import Engine

from examples.office_documents import build
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Fact, Submission, verdict_of
from publish.own_forms.own_forms import filled_form
from publish.reports.office_reports import write_reports
from tests.arriving import arrive, catalogued
from warehouse.ledger import start_run
from warehouse.load import load_delivery

NOON = datetime(2026, 2, 20, 5, tzinfo=UTC)
DAY = date(2026, 2, 20)
QUARTER = Period.parse("2024-Q4")
ODD = Finding("TRN-05", Severity.WARNING, "Tổng lệch", "Sửa", sheet="Tổng hợp", cell="C12")
Send = Callable[..., None]
Make = Callable[..., Path]
ANNEX = "Phu luc MTQG"


@pytest.fixture
def engine(settings: Settings, pack: Pack) -> Engine:
    return catalogued(settings, pack, NOON)


@pytest.fixture
def send(engine: Engine) -> Send:
    run = start_run(engine, DAY, "rules-1", NOON)

    def send(
        number: int, unit: str, form: str, figures: dict[str, float], *findings: Finding
    ) -> None:
        at = NOON + timedelta(minutes=number)
        facts = tuple(
            Fact(name, 0, value, None, "Tổng hợp", f"C{12 + place}")
            for place, (name, value) in enumerate(figures.items())
        )
        report = Submission(
            arrive(engine, run, number, unit, at, at), verdict_of(findings), findings, form, "v1", unit,
            QUARTER, Stage.FINAL, facts, values_read=len(facts),
        )  # fmt: skip
        load_delivery(engine, [(report, None)], run_id=run, rule_set_version="rules-1", now=at)

    return send


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """make({"B2": "mtqg.T05"}): a workbook with a title, a picture of formats, a formula and named cells."""

    def make(names: dict[str, str]) -> Path:
        path = tmp_path / "bieu.xlsx"
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("Biểu 1, ‘tỉnh’")
            box = book.add_format({"num_format": "#,##0.0", "bg_color": "#FFF8DC", "border": 1})
            sheet.merge_range("A1:D1", "BIỂU CỦA TỈNH")
            sheet.write_formula("D9", "=SUM(B2:B5)", box, 0)
            for cell, name in names.items():
                sheet.write_blank(cell, None, box)
                at = f"${cell[0]}${cell[1:]}"
                book.define_name(name, f"='Biểu 1, ‘tỉnh’'!{at}")
        return path

    return make


@pytest.mark.both_databases
def test_named_cells_get_figures_of_the_province_and_of_units(
    engine: Engine, send: Send, pack: Pack, make: Make
) -> None:
    send(1, "942", "training", {"participants_total": 120, "classes_total": 2})
    send(2, "943", "training", {"participants_total": 80}, ODD)
    send(3, "942", "disbursement", {"plan_total_vnd_total": 2_500_000_000})
    path = make(
        {
            "A2": "mtqg.period",
            "B2": "mtqg.TRN_PARTICIPANTS",
            "C2": "mtqg.TRN_PARTICIPANTS.coverage",
            "B3": "mtqg.TRN_PARTICIPANTS.943",
            "B4": "mtqg.training.classes_total",
            "C4": "mtqg.training.classes_total.coverage",
            "B5": "mtqg.disbursement.plan_total_vnd_total",
            "B6": "mtqg.T05",
        }
    )
    book = openpyxl.load_workbook(io.BytesIO(filled_form(path, engine, pack, QUARTER, DAY)))
    sheet = book.worksheets[0]
    values = {cell: sheet[cell].value for cell in ("A2", "B2", "C2", "B3", "B4", "C4", "B5", "B6")}
    assert values == {
        "A2": "Quý IV năm 2024",
        "B2": 200,
        "C2": "2/11 đơn vị",
        "B3": 80,
        "B4": 2,
        "C4": "1/11 đơn vị",
        # In the form's unit of measure.
        "B5": 2500,
        # Nobody reported it: no 0.
        "B6": None,
    }
    rows = list(book[ANNEX].iter_rows(min_row=3, values_only=True))
    of_total = [row for row in rows if row[0] == "TRN_PARTICIPANTS"]
    assert [(row[7], row[9], row[11], row[12]) for row in of_total] == [
        ("Huyện Châu Thành", "120 người", "Tổng hợp", "C12"),
        ("Huyện Kế Sách", "80 người", "Tổng hợp", "C12"),
    ]
    assert {(row[5], row[6]) for row in of_total} == {("2/11 đơn vị", "có")}
    assert of_total[0][13:] == ("Huyện Châu Thành", "20/02/2026 12:01")
    assert next(row for row in rows if row[0] == "T05")[3] == "chưa có số liệu"


def test_all_that_has_no_name_keeps_its_bytes_and_formats(
    engine: Engine, send: Send, pack: Pack, make: Make
) -> None:
    send(1, "942", "training", {"participants_total": 120})
    path = make({"B2": "mtqg.TRN_PARTICIPANTS"})
    filled = filled_form(path, engine, pack, QUARTER, DAY)
    assert filled == filled_form(path, engine, pack, QUARTER, DAY)
    before, after = zipfile.ZipFile(path), zipfile.ZipFile(io.BytesIO(filled))
    changed = {name for name in before.namelist() if before.read(name) != after.read(name)}
    assert changed == {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/worksheets/sheet1.xml",
    }
    own, book = openpyxl.load_workbook(path), openpyxl.load_workbook(io.BytesIO(filled))
    sheet, old = book.worksheets[0], own.worksheets[0]
    assert sheet["B2"].number_format == old["B2"].number_format
    assert sheet["B2"].fill.fgColor.rgb == old["B2"].fill.fgColor.rgb
    assert sheet.merged_cells.ranges == old.merged_cells.ranges
    assert sheet["D9"].value == "=SUM(B2:B5)"
    # Its value is of before: Excel must calculate.
    assert book.calculation.fullCalcOnLoad
    assert book.sheetnames == [*own.sheetnames, ANNEX]


def test_tags_of_a_document_are_filled_and_traced_behind_it(
    engine: Engine, send: Send, pack: Pack, tmp_path: Path
) -> None:
    send(1, "942", "training", {"participants_total": 1120})
    own = docx.Document()
    own.add_heading("Báo cáo của tỉnh")
    own.add_paragraph(
        "{{ period }}: {{ figure('TRN-PARTICIPANTS') }} người ({{ coverage('TRN-PARTICIPANTS') }}), "
        "hộ nghèo {{ figure('T05') }}."
    )
    own.save(str(tmp_path / "bao-cao.docx"))
    filled = filled_form(tmp_path / "bao-cao.docx", engine, pack, QUARTER, DAY)
    document = docx.Document(io.BytesIO(filled))
    paragraphs = [paragraph.text for paragraph in document.paragraphs]
    assert paragraphs[0] == "Báo cáo của tỉnh"
    assert paragraphs[1] == "Quý IV năm 2024: 1.120 người (1/11 đơn vị), hộ nghèo …."
    rows = [[cell.text for cell in row.cells] for row in document.tables[-1].rows]
    assert rows[1][1:3] == ["1.120", "Huyện Châu Thành"]
    assert rows[1][6] == "C12"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mtqg.NOTHING", "no indicator and no form"),
        ("mtqg.T05.999", "no unit has the code '999'"),
        ("mtqg.training.nothing", "has no figure 'nothing'"),
    ],
)
def test_a_name_that_asks_for_nothing_is_said(
    engine: Engine, send: Send, pack: Pack, make: Make, name: str, words: str
) -> None:
    with pytest.raises(UsageError, match=words):
        filled_form(make({"B2": name}), engine, pack, QUARTER, DAY)


def test_a_workbook_without_a_named_cell_is_said(
    engine: Engine, send: Send, pack: Pack, make: Make
) -> None:
    with pytest.raises(UsageError, match=r"bieu.xlsx: the workbook has no cell"):
        filled_form(make({}), engine, pack, QUARTER, DAY)


def test_a_run_fills_the_forms_of_the_pack_for_the_latest_period(
    engine: Engine, send: Send, pack: Pack, make: Make, tmp_path: Path
) -> None:
    send(1, "942", "training", {"participants_total": 120})
    folder = tmp_path / "pack" / "documents" / "forms"
    folder.mkdir(parents=True)
    make({"B2": "mtqg.TRN_PARTICIPANTS"}).rename(folder / "bieu-1.quarter.xlsx")
    own = replace(pack, folder=tmp_path / "pack")
    write_reports(engine, own, tmp_path / "reports", is_ours=True)
    path = tmp_path / "reports" / "bieu-cua-tinh" / "bieu-1-2024-Q4.xlsx"
    assert openpyxl.load_workbook(path).worksheets[0]["B2"].value == 120
    (folder / "bieu-2.xlsx").write_bytes(path.read_bytes())
    with pytest.raises(UsageError, match=r"bieu-1.quarter.xlsx"):
        write_reports(engine, own, tmp_path / "reports", is_ours=True)


def test_the_samples_say_that_they_are_samples(engine: Engine, send: Send, pack: Pack) -> None:
    samples = [path for path, _ in build() if "mau-vi-du" in path.name]
    assert {path.suffix for path in samples} == {".xlsx", ".docx"}
    send(1, "942", "training", {"participants_total": 120})
    for path in samples:
        assert "MẪU VÍ DỤ" in _texts(filled_form(path, engine, pack, QUARTER, DAY), path.suffix)


def _texts(content: bytes, suffix: str) -> str:
    if suffix == ".docx":
        return "\n".join(each.text for each in docx.Document(io.BytesIO(content)).paragraphs)
    book = openpyxl.load_workbook(io.BytesIO(content))
    return "\n".join(str(cell) for row in book.worksheets[0].values for cell in row)
