"""The rules that the reader meets: each is worded, each can be met, and each sentence can be filled in."""

import io
import json
import re
import string
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from connectors.mails.inbound import read_mail
from connectors.mails.mail_deliveries import extractable_mail, files_of_mail
from connectors.reader.reader import read_parts
from connectors.reader.reader_pool import Readers
from connectors.sources.folder import NEVER_SETTLED, Folder
from expectations.findings.message import finding_of_problem
from expectations.rules.rule_set import RuleSet
from expectations.rules.texts import RuleText
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import ReaderFinding
from program.forms.template_marker import MARKER_SHEET
from program.limits import DEFAULT_LIMITS
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.source import FolderSource
from program.parsed_report import ParsedReport
from program.settings import ROOT, Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.conftest import delivery
from tests.faults import faulty
from tests.mails import attached, mail, plain
from tests.workbooks import (
    CLASS,
    COMMUNE,
    DISTRICT,
    HEADER,
    IDENTITY,
    LIST_HEADER,
    MEASURES,
    TOTAL,
    Cell,
    Formula,
    class_list,
    hiding,
    in_old_font,
    read_all,
    report,
    summary,
    with_macros,
    workbook,
)

RULE_ID = re.compile(r'"((?:FILE|FORM|CELL)-\d{2})"')
READER = [
    *sorted((ROOT / "connectors" / "reader").rglob("*.py")),
    ROOT / "connectors" / "sources" / "folder.py",
    ROOT / "connectors" / "mails" / "mail_deliveries.py",
]


def header(at: int, label: str | None) -> list[Cell]:
    return [label if number == at else text for number, text in enumerate(HEADER)]


def levels(**changes: object) -> bytes:
    return report(summary(**changes))  # type: ignore[arg-type]


def with_total(at: int, cell: Cell) -> bytes:
    return levels(
        lines=[
            DISTRICT,
            COMMUNE,
            [cell if number == at else value for number, value in enumerate(TOTAL)],
        ]
    )


def with_class(at: int, cell: Cell) -> bytes:
    return report(
        None,
        class_list(lines=[[cell if number == at else value for number, value in enumerate(CLASS)]]),
    )


def with_unit(*lines: list[Cell]) -> bytes:
    return report(summary(identity=[*lines, IDENTITY[2]]), class_list(identity=[]))


def with_period(text: str) -> bytes:
    return report(summary(identity=[IDENTITY[0], [f"Kỳ báo cáo: {text}"]]), class_list(identity=[]))


def with_unit_in(unit: str, period: str) -> bytes:
    identity = [[f"Đơn vị báo cáo: {unit}"], [f"Kỳ báo cáo: {period}"]]
    return report(summary(identity=identity), class_list(identity=[]))


def two_forms() -> bytes:
    """A training report with works listed under its summary, on the same sheet."""
    works = load_pack(ROOT / "config" / "soc-trang").form("works", Period.parse("2024-Q4"))
    assert works is not None
    labels = [column.label for column in works.tables[0].columns]
    return report(
        [*summary(), [], [], ["STT", *labels], [1, "CT1", "Cầu", *[12] * (len(labels) - 2)]]
    )


def portal(**report: object) -> bytes:
    return json.dumps(
        {"form": "training", "unit": "942", "period": "2024-Q4", "tables": {}, **report}
    ).encode()


def one_report_twice() -> bytes:
    """Two sheets of one quarter.

    The second adds that its figures are final, as all of this form are.
    """
    periods = ["Kỳ báo cáo: Quý 4 năm 2024", "Kỳ báo cáo: Quý 4 năm 2024 (chính thức)"]
    return workbook(
        *(
            (name, summary(identity=[*IDENTITY[:2], [period]]))
            for name, period in zip("AB", periods, strict=True)
        )
    )


def zipped(name: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr(name, "x")
    return buffer.getvalue()


CASES = ROOT / "tests" / "data" / "cases"
PACK = load_pack(ROOT / "config" / "soc-trang")


def template(
    form: str, period: str, stage: Stage = Stage.FINAL, unit: str = "942", **lists: list
) -> bytes:
    """A template of Châu Thành's with nothing in it but `lists`."""
    when = Period.parse(period)
    layout, reporter = PACK.form(form, when), PACK.units.get(unit, when.end)
    assert layout
    assert reporter
    return write_template(layout, reporter, when, Values({}, lists), stage=stage)


def retyped(content: bytes, old: str, new: str, *, keep_marker: bool = True) -> bytes:
    """The workbook with a text replaced by a person who lifted the protection, saved without its totals' values."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for sheet in book:
        for row in sheet.iter_rows() if sheet.sheet_state == "visible" else ():
            for cell in row:
                if isinstance(cell.value, str):
                    cell.value = cell.value.replace(old, new)
    if not keep_marker:
        del book[MARKER_SHEET]
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def typed(content: bytes, sheet: str, **cells: float) -> bytes:
    """The workbook filled in by a program that calculates nothing: typed(content, "Tổng hợp", B10=3)."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    for address, value in cells.items():
        book[sheet][address] = value
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def typed_lines(form: str, period: str, *lines: list[Cell]) -> bytes:
    """A matrix that somebody typed: the form's own headings over some lines."""
    layout = PACK.form(form, Period.parse(period))
    assert layout
    table = layout.tables[0]
    assert table.line
    return workbook(
        (
            table.sheet,
            [*IDENTITY, [table.line.label, *(column.label for column in table.columns)], *lines],
        )
    )


def work(commune: str) -> list[dict[str, Cell]]:
    return [{"work_code": "1", "work_name": "Cầu", "work_commune": commune}]


def progress(value: float, number_format: str = "General") -> bytes:
    """A list of one work whose progress is `value`, shown as a format has it."""
    book = openpyxl.load_workbook(
        io.BytesIO(template("works", "2024-Q4", work_list=work("Xã An Hiệp")))
    )
    cells = {
        str(cell.value).partition(" (")[0].partition("\n")[0]: cell
        for sheet in book
        for row in sheet
        for cell in row
    }
    cell = cells["Cầu"].parent.cell(cells["Cầu"].row, cells["Tiến độ"].column)
    cell.value, cell.number_format = value, number_format
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


MET: dict[str, bytes | None] = {
    "FILE-01": b"",
    "FILE-02": b"%PDF-1.7",
    "FILE-03": zipped("xl/workbook.xml"),
    "FILE-04": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
    "FILE-05": None,
    "FILE-06": with_macros(report()),
    "FILE-07": in_old_font(report(), "VNI-Times"),
    "FILE-08": b"",
    "FILE-09": b"",
    "FILE-10": None,
    "FILE-11": None,
    "FILE-12": mail([plain("https://drive.google.com/file/d/1/view")]),
    "FILE-13": mail([attached("winmail.dat", b"x", media_type="application/ms-tnef")]),
    "FILE-14": b"From: a@b.example\r\n\r\n" + b"\n" * 1_000_001,
    "FORM-01": workbook(("S", [["x"]])),
    "FORM-02": with_unit(),
    "FORM-03": with_unit(["Đơn vị: Huyện X"]),
    "FORM-04": with_unit(["Đơn vị: Sóc Trăng"]),
    "FORM-05": with_period("9 tháng đầu năm 2024"),
    "FORM-06": with_unit(["Đơn vị: Huyện Kế Sách"]),
    "FORM-07": levels(header=[header(1, "Số lượng lớp")]),
    "FORM-08": levels(header=[[*HEADER, "Ghi chú"]]),
    "FORM-09": levels(lines=[DISTRICT]),
    "FORM-10": with_unit(["Đơn vị: Huyện Kế Sách"], ["Mã đơn vị: 942"]),
    "FORM-11": levels(lines=[["Cấp ấp", 1], DISTRICT, TOTAL]),
    "FORM-63": typed(template("training", "2024-Q4"), "Thuyết minh", B13="Đường xa."),
    "FORM-12": with_period("tháng 12 năm 2024"),
    "FORM-13": with_period("năm 2027"),
    "FORM-14": levels(header=[HEADER[:8]]),
    "FORM-15": levels(lines=[DISTRICT, DISTRICT, TOTAL]),
    "FORM-16": levels(lines=[["Cấp xã"], DISTRICT, TOTAL]),
    "FORM-17": report(None, class_list(below=[[], [None, "Ghi chú"]])),
    "FORM-18": workbook(("S", summary())),
    "FORM-19": levels(header=[header(5, "Số lớp")]),
    "FORM-20": levels(header=[header(2, "Số người (nữ)")]),
    "FORM-21": levels(header=[HEADER, [*MEASURES[:8], "(USD)"]]),
    "FORM-22": levels(header=[HEADER, [*MEASURES[:8], "(đồng)"]]),
    "FORM-23": workbook(
        ("A", summary()), ("B", class_list()), ("C", summary(lines=[DISTRICT, COMMUNE]))
    ),
    "FORM-24": levels(header=[header(5, None)]),
    "FORM-25": levels(header=[header(5, "Số CB")]),
    "FORM-26": retyped(template("training", "2024-Q4"), "Quý IV năm 2024", "Quý III năm 2024"),
    "FORM-27": retyped(
        retyped(template("training", "2024-Q4", unit="943"), "Huyện Kế Sách", "Huyện Châu Thành"),
        "943",
        "942",
    ),
    "FORM-28": with_period("năm 2024 (ước thực hiện)"),
    "FORM-29": retyped(
        template("outcomes", "2024"), "Năm 2024 (chính thức)", "Năm 2024", keep_marker=False
    ),
    "FORM-30": template("works", "2024-Q4"),
    "FORM-31": template("works", "2024-Q4", work_list=[{"work_name": "Không phát sinh"}]),
    "FORM-32": two_forms(),
    "FORM-33": with_unit_in("Huyện Châu Thành", "Quý 3 năm 2025"),
    "FORM-34": with_unit_in("Xã Đại Tâm", "Quý 4 năm 2024"),
    "FORM-35": template("outcomes", "2026", unit="31507"),
    "FORM-40": levels(header=[header(2, "Số người thma dự")]),
    "FORM-41": levels(lines=[["Cấp hyuện", *DISTRICT[1:]], COMMUNE, TOTAL]),
    "FORM-42": typed_lines(
        "disbursement",
        "2024-Q4",
        ["Dự án 3", *[1] * 12],
        ["Tiểu dự án 1", *[1] * 12],
        ["Tổng cộng", *[1] * 12],
    ),
    "FORM-43": report(None, class_list(lines=[CLASS, ["Cộng xã A", *[None] * 6, 70]])),
    "FORM-44": report(None, class_list(lines=[CLASS, ["Cộng Mỹ Xuyên", *[None] * 6, 71]])),
    "FORM-61": report(None, class_list(lines=[CLASS, ["Tổng cộng", *[None] * 6, 71]])),
    "FORM-45": hiding(report(), "Tổng hợp", rows=[7, 8], columns=["C"]),
    "FORM-46": hiding(
        workbook(("A", summary()), ("B", class_list()), ("C", summary())), "C", is_sheet=True
    ),
    "FORM-47": hiding(report(), "Tổng hợp", is_sheet=True),
    "FORM-48": levels(identity=[*IDENTITY, ["ĐVT: nghìn đồng"]]),
    "FORM-53": report(None, class_list(lines=[CLASS, LIST_HEADER, CLASS])),
    "FORM-54": levels(header=[header(8, "Kinh phí kế hoạch năm 2023")]),
    "FORM-55": report(
        summary(identity=[["Huyện Châu Thành – Quý IV/2024"]]), class_list(identity=[])
    ),
    "FORM-49": report(None, class_list(lines=[["I. Xã Đại Tâm"], CLASS])),
    "FORM-51": one_report_twice(),
    "FORM-52": portal(tables={"levels": [], "lop": []}),
    "FORM-62": workbook(("A", summary()), ("B", class_list()), ("C", summary())),
    "FORM-60": typed(template("training", "2024-Q4"), "Tổng hợp", F2="x", B10=2, C10=70),
    "CELL-07": with_total(1, "ba"),
    "CELL-08": with_class(5, "mai"),
    "CELL-09": with_total(1, "1.003"),
    "CELL-11": with_total(7, "12.2024"),
    "CELL-12": with_total(1, Formula("=B7+B8")),
    "CELL-13": report(merge=["C7:C8"]),
    "CELL-18": with_total(1, "trên 3"),
    "CELL-19": typed(template("training", "2024-Q4"), "Tổng hợp", B10=2, C10=70),
    "CELL-20": template("works", "2024-Q4", work_list=work("Xã Đại Tâm")),
    "CELL-21": template("works", "2024-Q4", unit="946", work_list=work("Long Phú")),
    "CELL-22": progress(0.985, "0.0%"),
    "CELL-23": with_total(1, "98,5%"),
    "CELL-24": progress(0.985),
    "CELL-25": with_total(2, "không có"),
    "CELL-26": with_total(2, "chưa có"),
    "CELL-27": with_total(1, "1O"),
    "CELL-28": with_class(5, "2-12-24"),
    "CELL-29": with_class(5, "từ ngày 02 đến ngày 20 tháng 12 năm 2024"),
    "CELL-30": with_class(5, "tháng 12/2024"),
    "CELL-31": with_class(5, 45000),
    "CELL-32": with_class(5, "02/12/0024"),
    "CELL-33": with_class(3, "cap xa"),
    "CELL-34": with_class(1, "Lớp\u200b A"),
    "CELL-35": with_total(8, "1,5 tỷ"),
    "CELL-37": (CASES / "blank-totals-become-0.xls").read_bytes(),
    "CELL-38": (CASES / "struck-out-row.xlsx").read_bytes(),
    "CELL-39": progress(85, ";;;"),
    "CELL-40": progress(85_000, "0,"),
    "CELL-41": with_total(7, "2.5"),
    "CELL-50": typed(
        template("training", "2024-Q4"), "Tổng hợp", B10=2, C10=70, F10=30, B11=1, C11=20
    ),
    "CELL-51": template(
        "training",
        "2024-Q4",
        unit="94",
        class_list=[{"class_title": "Lớp ghép", "class_units": "Mỹ Xuyên, Cái Bè"}],
    ),
    "CELL-54": typed_lines(
        "disbursement", "2024-Q4", ["Dự án 3"], ["Tiểu dự án 1 - Dự án 3", 30], ["Tổng cộng", 30]
    ),
    "CELL-55": template(
        "works",
        "2024-Q4",
        work_list=[
            {**work("Xã An Hiệp")[0], "work_progress_pct": progressed} for progressed in (1, 0.53)
        ],
    ),
}


FAULT_OF = {"FILE-08": "hang.xlsx", "FILE-09": "exit.xlsx"}
"""Rules about what a file does to the process that reads it: here a reader that only looks at the file's name."""

OF_MAILS = ("FILE-12", "FILE-13", "FILE-14")


def met(rule: str, pack: Pack) -> list[ReaderFinding]:
    """Return what the reader meets of a rule."""
    if rule in FAULT_OF:
        quick = Settings(_env_file=None, reading_seconds=0.5, readers=1)
        with Readers(pack, quick, faulty) as readers:
            found = next(readers.read([delivery(FAULT_OF[rule])], lambda _: MET[rule]))
        assert isinstance(found, ParsedReport)
        parts = [found]
    elif rule == "FILE-11":
        parts = read_parts(None, replace(delivery(), refusal=NEVER_SETTLED), pack)
    elif rule == "FILE-10":
        parts = read_parts(None, replace(delivery(), refusal=link_out_of_the_inbox()), pack)
    elif rule in OF_MAILS:
        parts = read_parts(None, replace(delivery(), refusal=refusal_of_mail(MET[rule])), pack)
    else:
        parts = read_all(MET[rule], pack, sender=sender_of(rule))
    return [p for part in parts for p in part.problems if p.rule == rule]


def refusal_of_mail(content: bytes | None) -> ReaderFinding | None:
    """Return why a mail, or the only thing in it, is refused."""
    assert content is not None
    message = extractable_mail(content, DEFAULT_LIMITS)
    if isinstance(message, ReaderFinding):
        return message
    (file,) = files_of_mail(message, read_mail(content, None), DEFAULT_LIMITS)
    return file.refusal


def link_out_of_the_inbox() -> ReaderFinding | None:
    """Return why the offer of a link to another folder is refused."""
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox"
        inbox.mkdir()
        (Path(folder) / "other.xlsx").write_bytes(report())
        (inbox / "link.xlsx").symlink_to(Path(folder) / "other.xlsx")
        source = FolderSource(name="inbox", kind="folder", url="x", sender="^(?P<unit>[0-9]+)/")
        ((offer, _),) = Folder(source, str(inbox)).offers(None)
    return offer.refusal


def sender_of(rule: str) -> str:
    """Only one district has two communes of one name.

    And only a commune can report a year that has not ended.
    """
    return {"CELL-21": "946", "CELL-51": "94", "FORM-35": "31507"}.get(rule, "942")


@pytest.fixture(scope="module")
def rules(pack: Pack) -> dict[str, RuleText]:
    return RuleSet(pack).reading


def ids_in(paths: list[Path]) -> set[str]:
    return {rule for path in paths for rule in RULE_ID.findall(path.read_text(encoding="utf-8"))}


def test_the_reader_and_the_rules_name_the_same_ids(rules: dict[str, RuleText]) -> None:
    assert ids_in(READER) == set(rules)


def test_every_rule_can_be_met(rules: dict[str, RuleText]) -> None:
    assert set(MET) == set(rules)


@pytest.mark.parametrize("rule", MET)
def test_a_workbook_that_meets_the_rule_gets_its_sentence_filled_in(
    pack: Pack, rules: dict[str, RuleText], rule: str
) -> None:
    problems = met(rule, pack)
    assert problems
    words = rules[rule]
    for problem in problems:
        finding = finding_of_problem(problem, words)
        assert not re.search(r"[{}]", finding.message + finding.expected + finding.fix)
        assert named(words) <= {"value", *problem.values}
        assert "value" not in named(words) or problem.value
        assert all(problem.values[name] for name in named(words) - {"value"}), (
            "an empty placeholder leaves a hole in the sentence"
        )


def test_who_sends_one_table_alone_reads_that_all_belong_in_one_file(
    pack: Pack, rules: dict[str, RuleText]
) -> None:
    alone = workbook(("Tổng hợp", summary()))
    (reading,) = read_parts(alone, delivery(), pack)
    (problem,) = [each for each in reading.problems if each.rule == "FORM-18"]
    advice = finding_of_problem(problem, rules["FORM-18"]).fix
    # Who corrects one sheet sends that sheet: the advice covers a table that did not change.
    assert "một tệp có đủ các bảng của mẫu, kể cả bảng không sửa hoặc không phát sinh" in advice

    # Who follows it, with nothing in the other table, is not asked for it again.
    nothing = class_list(lines=[[None, "Không phát sinh"]])
    whole = workbook(("Tổng hợp", summary()), ("Danh sách lớp", nothing))
    (reading,) = read_parts(whole, delivery(), pack)
    assert "FORM-18" not in {each.rule for each in reading.problems}
    assert "class_list" in reading.tables


def named(words: RuleText) -> set[str]:
    """The placeholders of a rule's sentences."""
    texts = (words.message, words.expected, words.fix, *words.cases.values())
    return {name for text in texts for _, name, _, _ in string.Formatter().parse(text) if name}


def test_a_file_s_problem_has_no_place_and_a_cell_s_has_one(pack: Pack) -> None:
    for rule in MET:
        problems = met(rule, pack)
        assert all(
            (p.cell is not None) is rule.startswith("CELL-") or rule.startswith("FORM-")
            for p in problems
        ), rule
        assert all(p.sheet is not None for p in problems if p.cell is not None), rule


def test_every_rule_says_what_to_do(rules: dict[str, RuleText]) -> None:
    assert all(words.fix and words.message for words in rules.values())
    assert all(words.expected for words in rules.values() if words.severity != "info")
