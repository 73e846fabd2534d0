"""`mtqg check`: the verdict on files and folders, printed so that a person can act on it, touching nothing."""

import json
import os
import re
import shutil
import socket
import zipfile
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from connectors.reader.reader_pool import Readers
from examples.seed_report import SEED_FILE, build_seed
from examples.synthetic import PLANTED
from expectations.checking import Checker
from expectations.rules.rule_set import Language
from mtqg.checking.phrases import PHRASES
from mtqg.cli import app
from program.errors import UsageError
from program.pack.pack import Pack
from program.records.history import History
from tests.conftest import GOOD_LEVELS, SAMPLES, Fill
from tests.faults import faulty
from tests.shared_rules import sharing

WRONG_WOMEN = {**GOOD_LEVELS, "commune": {**GOOD_LEVELS["commune"], "women": 1510}}


pytestmark = pytest.mark.usefixtures("reads_here_unless_readers")


@pytest.fixture(autouse=True)
def _rules_made_once_here(sample_pack: Pack, monkeypatch: pytest.MonkeyPatch) -> None:
    pack_in, rules_for = sharing(sample_pack)
    monkeypatch.setattr("mtqg.checking.check.load_pack", pack_in)
    monkeypatch.setattr("mtqg.checking.file_checker.RuleSet", rules_for)


@pytest.fixture(autouse=True)
def _own_var(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_VAR", str(tmp_path_factory.mktemp("elsewhere") / "var"))


def mtqg(*arguments: str | Path) -> Result:
    result = CliRunner().invoke(app, ["check", *map(str, arguments)], terminal_width=200)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    assert "Traceback" not in result.output
    return result


def check(*arguments: str | Path) -> tuple[int, dict]:
    result = mtqg(*arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def check_all(*arguments: str | Path) -> tuple[int, list[dict]]:
    result = mtqg(*arguments, "--json")
    return result.exit_code, json.loads(result.stdout)


def put(folder: Path, content: bytes, name: str = "báo cáo.xlsx") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


# --- one file
# ---------------------------------------------------------------------------------------------------


def test_the_seed_is_accepted_with_one_warning_at_the_right_cell() -> None:
    code, verdict = check(SEED_FILE)
    assert code == 0
    assert set(verdict) == {"verdict", "form", "unit", "period", "findings"}
    assert (verdict["verdict"], verdict["form"], verdict["unit"], verdict["period"]) == (
        "accepted_with_warnings",
        "training",
        "94",
        "2024",
    )
    warnings = [f for f in verdict["findings"] if f["severity"] != "info"]
    assert [(f["rule"], f["sheet"], f["cell"], f["value"]) for f in warnings] == [
        ("TRN-05", "Tổng hợp", "B12", "12")
    ]
    assert set(warnings[0]) == {"rule", "severity", "sheet", "cell", "value", "message", "fix"}
    message = warnings[0]["message"]
    assert "3 + 8 = 11" in message
    assert "số 12 sai" in message
    assert "tổng 12 đúng" in message


def planted_files() -> list[tuple[Path, str, str, str, str]]:
    files = []
    for (unit, period), planted in PLANTED.items():
        path = next(
            p
            for p in sorted(SAMPLES.glob(f"{unit}-*/*tập huấn {period}*.xlsx"))
            if "đã sửa" not in p.name
        )
        verdict = (
            "accepted_with_warnings" if planted.rule in ("CELL-16", "TRN-10") else "quarantined"
        )
        files.append((path, planted.rule or "", planted.sheet or "", planted.cell or "", verdict))
    return files


@pytest.mark.parametrize(
    ("path", "rule", "sheet", "cell", "verdict"),
    planted_files(),
    ids=[p[1] for p in planted_files()],
)
def test_each_bad_sample_has_the_right_finding_at_the_right_cell(
    path: Path, rule: str, sheet: str, cell: str, verdict: str
) -> None:
    code, found = check(path)
    assert found["verdict"] == verdict
    assert code == (1 if verdict == "quarantined" else 0)
    assert (rule, sheet, cell) in {(f["rule"], f["sheet"], f["cell"]) for f in found["findings"]}


def test_a_file_of_another_district_is_found_by_the_folder_it_lies_in() -> None:
    path = next(SAMPLES.glob("945-*/*sai*.xlsx"))
    code, found = check(path)
    assert code == 1
    assert [f["rule"] for f in found["findings"] if f["severity"] == "critical"] == ["FORM-06"]
    assert check(path, "--sender", "944")[0] == 0


def test_a_corrected_resubmission_is_accepted() -> None:
    assert check(next(SAMPLES.glob("943-*/*đã sửa*.xlsx")))[0] == 0


def test_every_other_sample_is_accepted() -> None:
    bad = {p[0] for p in planted_files()} | {
        next(SAMPLES.glob(g)) for g in ("945-*/*sai*", "944-*/*PDF*", "948-*/*Q4*lần 2*")
    }
    good = [p for p in sorted(SAMPLES.rglob("*tập huấn*.xlsx")) if p not in bad]
    assert len(good) > 50
    code, verdicts = check_all(*good)
    assert (code, {v["file"] for v in verdicts}) == (0, {str(p) for p in good})
    assert {v["verdict"] for v in verdicts} <= {"accepted", "accepted_with_warnings"}


def zip_without_a_workbook(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "no workbook")


NO_WORKBOOKS = {
    "random bytes": lambda p: p.write_bytes(bytes(range(256)) * 20),
    "an empty file": lambda p: p.write_bytes(b""),
    "20 MB of zeros": lambda p: p.write_bytes(bytes(20_000_000)),
    "a zip that is no workbook": zip_without_a_workbook,
    "a truncated workbook": lambda p: p.write_bytes(build_seed()[:4000]),
    "a PDF called xlsx": lambda p: p.write_bytes(b"%PDF-1.4\n%%EOF"),
}


@pytest.mark.parametrize("name", NO_WORKBOOKS)
def test_what_is_no_workbook_is_one_sentence_and_exit_2(name: str, tmp_path: Path) -> None:
    path = tmp_path / "report.xlsx"
    NO_WORKBOOKS[name](path)
    code, found = check(path)
    assert code == 2
    assert (found["verdict"], found["form"], found["unit"], found["period"]) == (
        "unreadable",
        None,
        None,
        None,
    )
    assert len(found["findings"]) == 1
    assert "KHÔNG ĐỌC ĐƯỢC" in mtqg(path).stdout


def test_a_file_over_the_limit_is_not_even_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_MAX_DELIVERY_BYTES", "1000")
    code, found = check(SEED_FILE)
    assert (code, found["findings"][0]["rule"]) == (2, "FILE-05")


def test_check_touches_nothing(tmp_path: Path) -> None:
    before = {p: p.stat().st_mtime_ns for p in SAMPLES.rglob("*")}
    mtqg(SEED_FILE.parent)
    assert {p: p.stat().st_mtime_ns for p in SAMPLES.rglob("*")} == before
    assert not Path(os.environ["MTQG_VAR"]).exists()


# --- several files and folders
# ----------------------------------------------------------------------------------


def test_a_folder_is_checked_at_any_depth_and_the_worst_verdict_is_the_exit_code(
    tmp_path: Path, fill: Fill
) -> None:
    put(tmp_path, fill("942", "2024-Q4"), "a/tốt.xlsx")
    assert check_all(tmp_path)[0] == 0
    put(tmp_path, fill("942", "2024-Q4", levels=WRONG_WOMEN), "a/b/xấu.XLSX")
    code, verdicts = check_all(tmp_path)
    assert code == 1
    assert [(Path(v["file"]).name, v["verdict"]) for v in verdicts] == [
        ("tốt.xlsx", "accepted"),
        ("xấu.XLSX", "quarantined"),
    ]
    put(tmp_path, b"%PDF-1.4", "scan.pdf")
    code, verdicts = check_all(tmp_path)
    assert (code, [v["verdict"] for v in verdicts]) == (
        2,
        ["unreadable", "accepted", "quarantined"],
    )


def test_json_is_a_list_for_a_folder_even_with_one_file_and_for_two_files(
    tmp_path: Path, fill: Fill
) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"))
    other = put(tmp_path, fill("942", "2024-Q3"), "khác.xlsx")
    alone = check(path)[1]
    assert "file" not in alone
    _, verdicts = check_all(path, other)
    assert verdicts[0] == {"file": str(path), **alone}
    other.unlink()
    assert check_all(tmp_path)[1] == [{"file": str(path), **alone}]


def test_a_file_that_is_named_twice_is_checked_once(tmp_path: Path, fill: Fill) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"))
    assert len(check_all(path, tmp_path, tmp_path / "." / path.name)[1]) == 1


def test_what_is_left_out_of_a_folder_is_said_on_stderr(tmp_path: Path, fill: Fill) -> None:
    put(tmp_path, fill("942", "2024-Q4"))
    for name in (
        "~$báo cáo.xlsx",
        ".DS_Store",
        "notes.md",
        "script.py",
        "log.txt",
        "data.xml",
        ".git/x.xlsx",
    ):
        put(tmp_path, b"", name)
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)
    result = mtqg(tmp_path, "--json")
    assert len(json.loads(result.stdout)) == 1
    assert "Bỏ qua 2 tệp tạm hoặc tệp ẩn: .DS_Store, ~$báo cáo.xlsx" in result.stderr
    assert "Bỏ qua 4 tệp không phải bảng tính: data.xml, log.txt, notes.md, …" in result.stderr
    assert "Bỏ qua 1 đường dẫn tắt tới thư mục khác: loop" in result.stderr


def test_a_file_that_is_named_is_checked_whatever_it_is_called(tmp_path: Path, fill: Fill) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"), "~$notes.md")
    assert check(path)[1]["verdict"] == "accepted"


@pytest.mark.parametrize(
    "make", [lambda p: p.mkdir(), lambda p: put(p, b"", "notes.md")], ids=["empty", "no workbook"]
)
def test_nothing_to_check_is_an_asked_error(tmp_path: Path, make: object) -> None:
    folder = tmp_path / "inbox"
    make(folder)
    result = CliRunner().invoke(app, ["check", str(folder)])
    assert isinstance(result.exception, UsageError)
    assert str(folder) in str(result.exception)


def test_all_readings_of_a_chunk_are_one_batch_and_every_chunk_is_checked(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: list[list[int]] = []
    original = Checker.check

    def check_and_note(self: Checker, readings: list, past: History) -> list:
        batches.append([r.delivery.id for r in readings])
        return original(self, readings, past)

    monkeypatch.setattr(Checker, "check", check_and_note)
    monkeypatch.setenv("MTQG_CHUNK_DELIVERIES", "2")
    for quarter in (1, 2, 3):
        put(tmp_path, fill("942", f"2024-Q{quarter}"), f"{quarter}.xlsx")
    code, verdicts = check_all(tmp_path)
    assert (code, [v["period"] for v in verdicts]) == (0, ["2024-Q1", "2024-Q2", "2024-Q3"])
    assert [len(batch) for batch in batches] == [2, 1]
    assert all(len(set(batch)) == len(batch) for batch in batches)


# --- files that cannot be opened
# ----------------------------------------------------------------------------------


def refuse(path: Path, monkeypatch: pytest.MonkeyPatch, error: OSError) -> None:
    original = Path.read_bytes
    monkeypatch.setattr(
        Path, "read_bytes", lambda self: _raise(error) if self == path else original(self)
    )


def _raise(error: Exception) -> bytes:
    raise error


def test_a_file_that_is_not_there_has_a_line_of_its_own_and_stops_no_other(
    tmp_path: Path, fill: Fill
) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"))
    result = mtqg(tmp_path / "không có.xlsx", path)
    assert result.exit_code == 2
    assert "KHÔNG ĐỌC ĐƯỢC: không có tệp này" in result.stdout
    assert "ĐẠT: số liệu sẽ được ghi." in result.stdout
    code, verdicts = check_all(tmp_path / "không có.xlsx", path)
    assert code == 2
    assert [(v["verdict"], v.get("error")) for v in verdicts] == [
        ("unreadable", "missing"),
        ("accepted", None),
    ]


def test_a_broken_link_says_so(tmp_path: Path) -> None:
    (tmp_path / "báo cáo.xlsx").symlink_to(tmp_path / "đã xóa.xlsx")
    result = mtqg(tmp_path)
    assert result.exit_code == 2
    assert "đường dẫn tắt tới một tệp không còn nữa" in result.stdout


def test_a_circle_of_links_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").symlink_to(tmp_path / "b.xlsx")
    (tmp_path / "b.xlsx").symlink_to(tmp_path / "a.xlsx")
    result = mtqg(tmp_path / "a.xlsx")
    assert result.exit_code == 2
    assert "KHÔNG ĐỌC ĐƯỢC" in result.stdout


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (PermissionError(13, "Permission denied"), "không có quyền mở"),
        (FileNotFoundError(2, "vanished"), "không có tệp này"),
        (OSError(5, "Input/output error"), "Input/output error"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch, error: OSError, words: str
) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"))
    refuse(path, monkeypatch, error)
    result = mtqg(path)
    assert result.exit_code == 2
    assert words in result.stdout


def test_a_socket_is_no_ordinary_file_and_keeps_nobody_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # the path of a socket may not be long
    os.mkfifo("ống.xlsx")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind("s.xlsx")
        result = mtqg("s.xlsx", "ống.xlsx")
    assert result.exit_code == 2
    assert result.stdout.count("đây không phải là một tệp thường") == 2


def test_a_fault_of_the_program_is_reported_as_one_and_stops_no_other_file(
    tmp_path: Path, fill: Fill, readers: type[Readers], monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path, fill("942", "2024-Q1"), "bug.xlsx")
    put(tmp_path, fill("942", "2024-Q2"), "good.xlsx")
    monkeypatch.setattr("connectors.reader.reader_pool.Readers", partial(readers, read=faulty))
    result = mtqg(tmp_path)
    assert result.exit_code == 2
    assert "lỗi của chương trình, không phải của tệp (RuntimeError: a bug)" in result.stdout
    assert "ĐẠT: số liệu sẽ được ghi." in result.stdout


def test_a_file_that_hangs_its_reader_ends_in_a_verdict(
    tmp_path: Path, fill: Fill, readers: type[Readers], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.reader.reader_pool.Readers", partial(readers, read=faulty))
    monkeypatch.setenv("MTQG_READING_SECONDS", "0.5")
    code, verdict = check(put(tmp_path, fill("942", "2024-Q1"), "hang.xlsx"))
    assert (code, verdict["verdict"], [f["rule"] for f in verdict["findings"]]) == (
        2,
        "unreadable",
        ["FILE-08"],
    )
    assert "sau 0,5 giây" in verdict["findings"][0]["message"]


def test_a_batch_that_fails_is_checked_file_by_file(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    for quarter in (1, 2):
        put(tmp_path, fill("942", f"2024-Q{quarter}"), f"{quarter}.xlsx")
    original = Checker.check

    def fail_on_the_first(self: Checker, readings: list, past: History) -> list:
        if any(r.delivery.name == "1.xlsx" for r in readings):
            raise ZeroDivisionError("a bug")
        return original(self, readings, past)

    monkeypatch.setattr(Checker, "check", fail_on_the_first)
    code, verdicts = check_all(tmp_path)
    assert code == 2
    assert [(Path(v["file"]).name, v["verdict"]) for v in verdicts] == [
        ("1.xlsx", "unreadable"),
        ("2.xlsx", "accepted"),
    ]


def test_a_name_that_is_no_unicode_is_shown_as_far_as_it_can_be(tmp_path: Path, fill: Fill) -> None:
    path = os.fsencode(tmp_path) + b"/b\xe1o c\xe1o.xlsx"
    try:
        Path(os.fsdecode(path)).write_bytes(fill("942", "2024-Q4"))
    except OSError:
        pytest.skip("this file system takes Unicode names only")
    assert "ĐẠT: số liệu sẽ được ghi." in mtqg(tmp_path).stdout


def test_what_a_terminal_would_take_for_a_command_is_not_printed(
    tmp_path: Path, fill: Fill
) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"), "báo\x1b[31m cáo.xlsx")
    bad, _ = workbook_with(fill, tmp_path / "xấu.xlsx", "Cấp xã", {"E": "sáu\n\tmươi"})
    text = mtqg(path, bad).stdout
    assert "\x1b" not in text
    assert "báo\ufffd[31m cáo.xlsx" in text
    assert "(đang ghi: sáu mươi)" in text


# --- what is printed
# --------------------------------------------------------------------------------------------


def workbook_with(fill: Fill, path: Path, line: str, values: dict[str, object]) -> tuple[Path, int]:
    """Write a good report with other values in one line.

    Return it, and the sheet's row of that line.
    """
    book = openpyxl.load_workbook(put(path.parent, fill("942", "2024-Q4"), path.name))
    sheet = book["Tổng hợp"]
    row = next(cell.row for cell in sheet["A"] if cell.value == line)
    for column, value in values.items():
        sheet[f"{column}{row}"] = value
    book.save(path)
    return path, row


def test_a_file_is_reported_with_form_unit_and_period_then_cell_by_cell(
    tmp_path: Path, fill: Fill
) -> None:
    path, row = workbook_with(fill, tmp_path / "báo cáo.xlsx", "Cấp xã", {"D": 31, "E": "sáu mươi"})
    result = mtqg(path)
    assert result.exit_code == 1
    lines = [line.rstrip() for line in result.stdout.splitlines()]
    assert (
        lines[0] == "báo cáo.xlsx: Báo cáo đào tạo, tập huấn – Huyện Châu Thành – Quý IV năm 2024"
    )
    assert lines[1] == "CẦN SỬA: số liệu chưa được ghi."
    assert lines[3] == 'Trang tính "Tổng hợp"'
    at = lines.index(f"  lỗi TRN-01 · ô D{row} (đang ghi: 31)")
    assert lines[at + 1] == "    Số nữ (31) lớn hơn số người tham dự (30)."
    assert lines[at + 2] == "    Cần là: Không quá 30"
    assert lines[at + 3].startswith("    Cách sửa: Kiểm tra lại số nữ")
    assert lines[at + 4] == f"  lỗi CELL-07 · ô E{row} (đang ghi: sáu mươi)"


def class_list(fill: Fill, count: int) -> bytes:
    from datetime import date

    one = {
        "class_title": "Lớp",
        "class_first_day": date(2024, 10, 7),
        "class_last_day": date(2024, 10, 9),
    }
    return fill(
        "942", "2024-Q4", classes=[{**one, "class_participants": -5 - n % 2} for n in range(count)]
    )


def test_a_bad_column_is_reported_once_with_its_other_cells(tmp_path: Path, fill: Fill) -> None:
    path = put(tmp_path, class_list(fill, 20))
    text = mtqg(path).stdout
    assert text.count("CELL-04") == 1
    others = re.search(r"CELL-04 (?:.*\n)*?    và 19 ô khác: (.*)", text)
    assert others is not None
    assert re.match(r"[A-Z]\d+ \(-6\), [A-Z]\d+, [A-Z]\d+ \(-6\), ", others[1]), (
        "what stands there, where it differs"
    )
    assert others[1].endswith("… (xem đủ bằng --all)")
    everything = re.search(r"CELL-04 (?:.*\n)*?    và 19 ô khác: (.*)", mtqg(path, "--all").stdout)
    assert everything is not None
    assert everything[1].count(", ") == 18
    assert len([f for f in check(path)[1]["findings"] if f["rule"] == "CELL-04"]) == 20


def test_missing_columns_are_each_reported_though_they_point_to_one_cell(
    tmp_path: Path, fill: Fill
) -> None:
    path, _ = workbook_with(fill, tmp_path / "báo cáo.xlsx", "Cấp tổ chức", {"B": "x", "C": "y"})
    found = [f for f in check(path)[1]["findings"] if f["rule"] == "FORM-07"]
    assert len({f["cell"] for f in found}) == 1
    assert len({f["message"] for f in found}) == 2
    text = mtqg(path).stdout
    assert all(f["message"] in text for f in found)


def test_notes_are_counted_and_reported_only_if_asked(tmp_path: Path, fill: Fill) -> None:
    path = put(tmp_path, fill("942", "2024-Q4"))
    assert "ghi chú không cần xử lý (xem bằng --all)" in mtqg(path).stdout
    assert "ghi chú CELL-02" in mtqg(path, "--all").stdout


def test_several_files_end_with_a_table_and_one_does_not(tmp_path: Path, fill: Fill) -> None:
    good = put(tmp_path, fill("942", "2024-Q4"), "a/tốt.xlsx")
    put(tmp_path, b"", "a/rỗng.xlsx")
    text = mtqg(tmp_path).stdout
    assert re.search(r"rỗng\.xlsx +│ không đọc được │ +1 │", text)
    assert re.search(r"tốt\.xlsx +│ đạt ", text)
    assert text.rstrip().endswith("2 tệp: 1 đạt · 1 không đọc được")
    assert "│" not in mtqg(good).stdout


def test_english_words_name_the_same_cells_and_keep_what_the_workbook_says(
    tmp_path: Path, fill: Fill
) -> None:
    path, _ = workbook_with(fill, tmp_path / "báo cáo.xlsx", "Cấp xã", {"D": 1510, "E": "sáu mươi"})
    vietnamese, english = check(path), check(path, "--lang", "en")
    assert vietnamese[0] == english[0] == 1
    same = ("rule", "severity", "sheet", "cell", "value")
    assert [[f[k] for k in same] for f in vietnamese[1]["findings"]] == [
        [f[k] for k in same] for f in english[1]["findings"]
    ]
    text = mtqg(path, "--lang", "en").stdout
    assert "TO BE CORRECTED: the figures are not recorded." in text
    assert 'Sheet "Tổng hợp"' in text
    assert "There are more women (1.510) than participants (30)." in text
    assert 'The column "Trong đó: người DTTS" needs a number; this cell says "sáu mươi".' in text
    assert "To fix it: Check the women" in text


@pytest.mark.parametrize("lang", ["vi", "en"])
def test_no_bar_is_drawn_where_nobody_sees_it(tmp_path: Path, fill: Fill, lang: Language) -> None:
    for quarter in (1, 2):
        put(tmp_path, fill("942", f"2024-Q{quarter}"), f"{quarter}.xlsx")
    assert mtqg(tmp_path, "--lang", lang).stderr.splitlines() == [PHRASES[lang].not_compared]


def test_an_inbox_that_cannot_be_reached_keeps_no_file_from_being_checked(
    tmp_path: Path, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_INBOX_URL", "sftp://nowhere.example/inbox")
    assert check(put(tmp_path, fill("942", "2024-Q4")))[0] == 0


def test_the_help_says_what_json_becomes_and_that_numbers_stay() -> None:
    text = re.sub(r"[│\s]+", " ", mtqg("--help").stdout)
    assert (
        "an object for one report; a list, with `file` or `report_no`, for several or a folder"
        in text
    )
    assert "numbers (2.208; 152,5) stay as printed in the workbook" in text


def test_a_copy_of_the_sample_outside_the_inbox_has_no_sender(tmp_path: Path) -> None:
    copy = shutil.copy(next(SAMPLES.glob("945-*/*sai*.xlsx")), tmp_path)
    assert check(Path(copy))[0] == 0


# --- marked
# -----------------------------------------------------------------------------------------------------


def test_marked_writes_a_copy_that_reads_as_the_file_did_and_never_over_one(
    tmp_path: Path, fill: Fill
) -> None:
    path = put(tmp_path / "in", fill("942", "2024-Q4", levels=WRONG_WOMEN))
    before = path.read_bytes()
    code, verdict = check(path)
    for name in ("báo cáo (đã đánh dấu).xlsx", "báo cáo (đã đánh dấu) 2.xlsx"):
        result = mtqg(path, "--marked", "-o", tmp_path / "out")
        assert name in result.stderr
        again = check(tmp_path / "out" / name)
        assert (result.exit_code, *again) == (code, code, verdict)
    assert path.read_bytes() == before
    book = openpyxl.load_workbook(tmp_path / "out" / name)
    cells = {
        (f["sheet"], f["cell"])
        for f in verdict["findings"]
        if f["cell"] and f["severity"] != "info"
    }
    assert cells
    assert all(book[sheet][cell].comment for sheet, cell in cells)


def test_marked_in_english_speaks_english_and_a_good_file_is_not_written(
    tmp_path: Path, fill: Fill
) -> None:
    put(tmp_path / "in", fill("942", "2024-Q4", levels=WRONG_WOMEN), "b.xlsx")
    put(tmp_path / "in", b"%PDF-1.7", "c.pdf")
    result = mtqg(tmp_path / "in", "--marked", "--output", tmp_path / "out", "--lang", "en")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b (marked).xlsx"]
    assert "not marked: c.pdf: it does not open: FILE-02" in result.stderr
    assert openpyxl.load_workbook(tmp_path / "out" / "b (marked).xlsx").sheetnames[0] == "Findings"


def test_output_without_marked_says_what_it_is_for(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["check", str(SEED_FILE), "-o", str(tmp_path)])
    assert isinstance(result.exception, UsageError)
    assert "--marked" in str(result.exception)
