"""Names of persons: in nobody's hands but the sender's and the archive's, and gone from that when their time has come."""

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path

import pytest
from pydantic import ValidationError
from typer.testing import CliRunner

from connectors.archive import Archive
from flows.mail.digest import digest_of
from flows.night import steps
from flows.night.run_context import open_run
from mtqg.cli import app
from program.calendar.period import Period
from program.errors import ArchiveError, ConfigurationError, UsageError
from program.forms.form import Form
from program.forms.table import Column
from program.pack.load import load_pack
from program.settings import ROOT, Settings
from publish.template.values import Values
from publish.template.workbook import write_template
from tests.arriving import an_hour_old
from tests.conftest import GOOD_LEVELS
from tests.integration.test_answers_by_mail import night as night_with_mails
from tests.integration.test_gathered_deliveries import packed
from tests.integration.test_inbox_command import letters
from tests.integration.test_rebuild import compared, night, put, rebuilt
from tests.mails import attached, mail, plain
from tests.portal_reports import CLASSES

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

NAME, OTHER = "Thạch Thị Sa Rây", "Lý Văn Hòa"
TEACHER = """      - {name: class_teacher, label: "Giảng viên", type: text, required: true, personal: true}
    summaries:
      teachers_listed: {count: class_teacher}
"""


@pytest.fixture
def own(tmp_path: Path) -> Settings:
    """Settings with a pack whose class list has a column of names."""
    folder = shutil.copytree(ROOT / "config" / "soc-trang", tmp_path / "pack")
    file = folder / "forms" / "training" / "v2.yaml"
    said = (
        file.read_text(encoding="utf-8")
        .replace("    summaries:\n", TEACHER)
        .replace("\ntables:\n", "\npersonal_days: 365\ntables:\n")
    )
    file.write_text(said, encoding="utf-8")
    (tmp_path / "inbox").mkdir()
    return Settings(
        _env_file=None,
        var=tmp_path / "var",
        inbox_url=str(tmp_path / "inbox"),
        pack=folder,
        readers=1,
    )


def report(settings: Settings, unit: str, *teachers: str) -> bytes:
    pack, when = load_pack(settings.pack), Period.parse("2024-Q4")
    form, reporter = pack.form("training", when), pack.units.get(unit, when.end)
    assert form is not None
    assert reporter is not None
    classes = [
        {**each, "class_teacher": teacher} for each, teacher in zip(CLASSES, teachers, strict=True)
    ]
    return write_template(
        form, reporter, when, Values({"levels": GOOD_LEVELS}, {"class_list": classes})
    )


def rows(settings: Settings, query: str) -> list[tuple]:
    with closing(sqlite3.connect(settings.var / "warehouse.sqlite")) as connection:
        return connection.execute(query).fetchall()


def everything_written(settings: Settings) -> dict[str, bytes]:
    """Every file but the archive's.

    Of a mail what it says, without the sender's own file that goes back with it.
    """
    files = [
        path for path in settings.var.rglob("*") if path.is_file() and "archive" not in path.parts
    ]
    return {str(path): said(path) if path.suffix == ".eml" else path.read_bytes() for path in files}


def said(mail: Path) -> bytes:
    message = message_from_bytes(mail.read_bytes(), policy=policy.default)
    return "".join(
        part.get_content() for part in message.walk() if part.get_content_maintype() == "text"
    ).encode()


@pytest.fixture
def lived(own: Settings) -> Settings:
    """A run of a report with names, one of them with a sign that nobody sees, and of a zip with another."""
    put(own, "942", "lớp.xlsx", report(own, "942", f"{NAME}\u200b", OTHER))
    put(own, "944", "gói.zip", packed({"lớp.xlsx": report(own, "944", NAME, NAME)}))
    one = night(own)
    steps.publish(one)
    one.warehouse.dispose()
    return own


def test_a_name_is_in_no_fact_finding_page_data_doc_or_mail(lived: Settings) -> None:
    assert {verdict for (verdict,) in rows(lived, "SELECT verdict FROM submissions")} == {
        "accepted_with_warnings"
    }
    assert rows(lived, "SELECT count(*) FROM facts WHERE element = 'class_teacher'") == [(0,)]
    # How many there are is no secret.
    assert rows(lived, "SELECT value FROM facts WHERE element = 'teachers_listed'") == [
        (2.0,),
        (2.0,),
    ]
    ((value, message),) = rows(lived, "SELECT value, message FROM findings WHERE rule = 'CELL-34'")
    assert value == "•••"
    assert NAME not in message
    written = everything_written(lived)
    assert any("data-docs" in path for path in written)
    assert any(path.endswith(".eml") and content for path, content in written.items())
    for name in (NAME, OTHER):
        assert [path for path, content in written.items() if name.encode() in content] == []
        assert [
            path for path, content in written.items() if name.encode("unicode_escape") in content
        ] == []


def test_a_name_that_is_missing_is_still_asked_for(own: Settings) -> None:
    put(own, "942", "lớp.xlsx", report(own, "942", NAME, ""))
    night(own).warehouse.dispose()
    ((cell,),) = rows(own, "SELECT cell FROM findings WHERE severity = 'critical'")
    assert cell == "L10"


def run(settings: Settings, monkeypatch: pytest.MonkeyPatch, *words: str) -> str:
    for name, value in (("VAR", settings.var), ("PACK", settings.pack), ("READERS", "1")):
        monkeypatch.setenv(f"MTQG_{name}", str(value))
    said = CliRunner().invoke(app, [*words], terminal_width=200)
    if said.exception is not None and not isinstance(said.exception, SystemExit):
        raise said.exception
    return said.output


def age(settings: Settings, days: int, *, keep_documents: bool = False) -> None:
    """Have all of it come so many days ago, in the archive's documents too."""
    then = datetime.now(UTC) - timedelta(days=days)
    moment = f"{then:%Y-%m-%d %H:%M:%S}.000000"
    with closing(sqlite3.connect(settings.var / "warehouse.sqlite")) as connection:
        connection.execute("UPDATE deliveries SET received_at = ?", (moment,))
        connection.commit()
    for document in (Path(settings.archive_url) / "ledger" / "runs").iterdir():
        if keep_documents:
            content = json.loads(document.read_text(encoding="utf-8"))
            for row in content["deliveries"]:
                row["received_at"] = then.replace(microsecond=0).isoformat()
            document.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
        else:
            document.unlink()


def test_bytes_go_when_their_time_has_come_and_the_warehouse_can_still_be_made_again(
    lived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = Archive(lived.archive_url)
    held = [name for name in archive.names() if not name.startswith("ledger/")]
    assert len(held) == 3
    assert "0 files and 0 letters were deleted" in run(lived, monkeypatch, "purge", "--confirm")
    age(lived, 400)
    letters = sorted(lived.outbox.glob("*.eml"))
    assert len(letters) == 2
    said = run(lived, monkeypatch, "purge")
    assert "3 files and 2 letters would be deleted; nothing was" in said
    assert sorted(lived.outbox.glob("*.eml")) == letters
    assert "training: personal_days 365" in said
    assert [name for name in archive.names() if not name.startswith("ledger/")] == held
    assert "3 files and 2 letters were deleted" in run(lived, monkeypatch, "purge", "--confirm")
    assert [name for name in archive.names() if not name.startswith("ledger/")] == []
    assert list(lived.outbox.glob("*.eml")) == []
    assert {state for (state,) in rows(lived, "SELECT state FROM deliveries")} == {"purged"}
    with pytest.raises(ArchiveError, match=r"was purged on .*training: personal_days 365"):
        archive.get(held[0].split("/")[1])
    with pytest.raises(UsageError, match="delivery 1 was removed from the archive after its time"):
        run(lived, monkeypatch, "reread", "1")
    open_run(lived, None).finish()
    assert compared(lived.warehouse_url, rebuilt(lived))[1] == []
    assert "0 files and 0 letters would be deleted" in run(lived, monkeypatch, "purge")


def test_a_letter_about_other_files_stays(lived: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    put(lived, "943", "hỏng.xlsx", b"PK, and nothing more")
    night(lived).warehouse.dispose()
    age(lived, 400)
    assert "3 files and 2 letters were deleted" in run(lived, monkeypatch, "purge", "--confirm")
    assert len(list(lived.outbox.glob("*.eml"))) == 1


def test_what_is_due_is_reported_by_the_digest_and_by_a_restore(
    lived: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert digest_of(open_run(lived, None), "").due_for_purge == 0
    age(lived, 400)
    assert digest_of(open_run(lived, None), "").due_for_purge == 3
    run(lived, monkeypatch, "backup", str(tmp_path / "all.zip"))
    run(lived, monkeypatch, "purge", "--confirm")
    restored = run(
        lived, monkeypatch, "restore", str(tmp_path / "all.zip"), "--into", str(tmp_path / "again")
    )
    assert "3 files hold personal data and their time is over: `mtqg purge`" in " ".join(
        restored.split()
    )


def died(*_: object) -> None:
    raise ArchiveError("killed")


def test_a_purge_that_was_killed_is_finished_by_the_next(
    lived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(lived, 400)
    with monkeypatch.context() as patch:
        patch.setattr(Archive, "remove", died)
        with pytest.raises(ArchiveError, match="killed"):
            run(lived, monkeypatch, "purge", "--confirm")
    # The first file's letter went before its bytes.
    assert "3 files and 1 letters were deleted" in run(lived, monkeypatch, "purge", "--confirm")
    assert list(lived.outbox.glob("*.eml")) == []
    assert {state for (state,) in rows(lived, "SELECT state FROM deliveries")} == {"purged"}


def test_bytes_that_were_sent_again_are_kept_from_then_on(
    lived: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(lived, 400)
    (content,) = (path.read_bytes() for path in (Path(lived.inbox_url) / "942").iterdir())
    put(lived, "942", "lần 2.xlsx", content)
    night(lived).warehouse.dispose()
    assert "2 files and 1 letters would be deleted" in run(lived, monkeypatch, "purge")


@pytest.mark.parametrize(
    ("column", "complaint"),
    [
        (
            {"type": "whole", "measure": "người"},
            "personal: for a column of text that is no key; found whole",
        ),
        (
            {"type": "text", "key": True, "required": True},
            "personal: for a column of text that is no key",
        ),
    ],
)
def test_only_words_are_personal(column: dict, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        Column(name="x", label="X", personal=True, **column)


def test_a_form_with_persons_says_how_long_it_keeps_them(own: Settings) -> None:
    file = own.pack / "forms" / "training" / "v2.yaml"
    file.write_text(
        file.read_text(encoding="utf-8").replace("personal_days: 365\n", ""), encoding="utf-8"
    )
    with pytest.raises(
        ConfigurationError,
        match="personal_days goes with personal columns, and they with it; found class_teacher",
    ):
        load_pack(own.pack)


def test_no_matrix_has_personal_data(pack) -> None:
    form = pack.form("training", Period.parse("2024"))
    assert form is not None
    said = form.model_dump(mode="json")
    said["tables"][0]["columns"][0] |= {
        "type": "text",
        "personal": True,
        "measure": "",
        "minimum": None,
    }
    with pytest.raises(
        ValidationError, match="a list tells of persons, a matrix does not; found classes"
    ):
        Form.model_validate(said)


def test_what_persons_wrote_in_a_mail_goes_with_its_bytes_and_no_rebuild_brings_it_back(
    own: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report in a zip in a mail, and words in answer to the letter about it: both name a person."""
    put(own, "942", "lớp.xlsx", report(own, "942", NAME, ""))
    night_with_mails(own)
    (letter,) = letters(own)
    zipped = packed({"lớp.xlsx": report(own, "942", NAME, OTHER)})
    reply = [f"In-Reply-To: {letter['Message-ID']}"]
    mails = {
        "thư.eml": mail(
            [plain(f"Thay cho {OTHER}."), attached("gói.zip", zipped)],
            subject=f"Lớp của {NAME}",
            number="1@x.example",
        ),
        "trả lời.eml": mail([plain(f"{NAME} dạy cả hai lớp.")], number="2@x.example", more=reply),
    }
    for name, content in mails.items():
        put(own, "942", name, content)
        an_hour_old(Path(own.inbox_url) / "942" / name)
    last = night_with_mails(own)
    assert last.summary.explanations == 1
    last.warehouse.dispose()
    assert NAME in in_warehouse_and_documents(own)

    age(own, 400, keep_documents=True)
    said = run(own, monkeypatch, "purge", "--confirm")
    # The first report, the mail, the report in it, and the words in answer.
    assert "4 files and" in said
    for name in (NAME, OTHER):
        assert name not in in_warehouse_and_documents(own)
    assert "đã được xóa theo thời hạn" in run(own, monkeypatch, "inbox", "show", "G1")
    assert compared(own.warehouse_url, rebuilt(own))[1] == []
    open_run(own, None).finish()
    assert NAME not in in_warehouse_and_documents(own)


def in_warehouse_and_documents(settings: Settings) -> str:
    """All bytes of the warehouse's file, and the documents of runs, as text."""
    files = [settings.var / "warehouse.sqlite"]
    files += (Path(settings.archive_url) / "ledger").rglob("*.json")
    return "".join(path.read_bytes().decode("utf-8", errors="replace") for path in files)
