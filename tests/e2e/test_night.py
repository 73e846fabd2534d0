"""A province's nights, as an operator runs them: samples → archive → warehouse → site → outbox, and then again."""

import email
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path

import pytest
from typer.testing import CliRunner

from examples.seed_report import SEED_FILE
from examples.synthetic.training import workbook_of
from mtqg.cli import app
from program.calendar.period import Period
from program.pack.pack import Pack
from tests.conftest import SAMPLES
from tests.prefect_server import PrefectServer
from tests.questions import answer, questions, rewrite
from tests.shown_figures import RunOutput
from warehouse.database.engine import open_warehouse

MTQG = Path(sys.executable).parent / "mtqg"
pytestmark = [pytest.mark.slow, pytest.mark.timeout(1200)]  # the first test pays for a whole night
SENT_AT = 1_760_000_000  # 9/10/2025: all periods of the sample have ended


@dataclass
class Province:
    """A folder with an inbox and everything that the nights write."""

    home: Path
    prefect: Mapping[str, str]
    first: subprocess.CompletedProcess[str] | None = None

    @property
    def inbox(self) -> Path:
        return self.home / "inbox"

    @property
    def var(self) -> Path:
        return self.home / "var"

    @property
    def settings(self) -> dict[str, str]:
        return {"MTQG_VAR": str(self.var), "MTQG_INBOX_URL": str(self.inbox)}

    def mtqg(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a command in a process of its own, as an operator does."""
        return subprocess.run(
            [MTQG, *arguments],
            env={**self.prefect, **self.settings, "COLUMNS": "160", **environment},
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )

    def ask(self, *arguments: str) -> str:
        """What a command that only reads prints, in this process."""
        result = CliRunner().invoke(app, [*arguments], env=self.settings)
        assert result.exception is None, result.stderr
        return result.stdout

    def json(self, *arguments: str) -> list | dict:
        """What a command that only reads answers, as data."""
        return json.loads(self.ask(*arguments, "--json"))

    def training(self, period: str) -> dict[str, dict]:
        """Who has sent the training report of a period: the status rows by unit."""
        return {
            r["unit"]: r for r in self.json("status", "--period", period) if r["form"] == "training"
        }

    def mails(self) -> list[EmailMessage]:
        files = sorted((self.var / "outbox").glob("*.eml"))
        return [email.message_from_bytes(f.read_bytes(), policy=policy.default) for f in files]

    def state(self) -> Mapping[str, str]:
        """What a quiet night must not change: every archived file and mail, by content.

        It adds a document of itself, and which part of the archive it verified.
        """
        kept = [
            p
            for room in ("archive", "outbox")
            for p in (self.var / room).rglob("*")
            if p.is_file() and "runs" not in p.parts and p.name != "verified.json"
        ]
        return {
            str(p.relative_to(self.var)): hashlib.sha256(p.read_bytes()).hexdigest() for p in kept
        }


@pytest.fixture(scope="module")
def province(tmp_path_factory: pytest.TempPathFactory, prefect: PrefectServer) -> Province:
    """The sample province after its first night, for which the command began a Prefect server.

    Those after it share the tests' own.
    """
    home = Province(tmp_path_factory.mktemp("province"), prefect.environment)
    # In the order in which the districts sent them, which is the order of their names.
    for number, path in enumerate(sorted(p for p in SAMPLES.rglob("*") if p.is_file())):
        target = home.inbox / path.relative_to(SAMPLES)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, target)
        os.utime(target, (SENT_AT + number, SENT_AT + number))
    prefect.copy_database(home.home / "prefect")
    home.first = home.mtqg("run", PREFECT_HOME=str(home.home / "prefect"), PREFECT_API_URL="")
    return home


def table(output: str) -> dict[str, int]:
    rows = (line.split("│")[1:3] for line in output.splitlines() if line.count("│") == 3)
    return {name.strip(): int(count) for name, count in rows}


def test_the_first_night_ends_well_and_says_what_it_did(province: Province) -> None:
    first = province.first
    assert first is not None
    assert first.returncode == 0, first.stderr
    assert "Traceback" not in first.stdout + first.stderr
    counts = table(first.stdout)
    assert counts | {"facts loaded": 0} == {
        "received": 171,
        # As the pages count them: a cross-check made one of these a report with a warning.
        "accepted": 155,
        "accepted with warnings": 10,
        "quarantined": 7,
        "unreadable": 1,
        "facts loaded": 0,
        # One district's works against its disbursement, told at both forms. The classes of the
        # synthetic districts are those of the province's published report.
        "findings by comparison": 2,
        "mails written": 11,
        "zips extracted": 1,
        "attachments kept unread": 1,
        "same bytes sent again": 1,
        "already known": 0,
        "still arriving, left for the next run": 0,
    }
    assert counts["facts loaded"] > 7_000
    for place in ("site/index.html", "outbox", "warehouse.sqlite", "data-docs"):
        assert place in first.stdout
    assert len(list((province.var / "digests").glob("run-1-*.eml"))) == 1


def test_each_question_has_one_answer_wherever_its_figures_stand(province: Province) -> None:
    assert province.first is not None
    output = RunOutput(province.var, province.ask, table(province.first.stdout))
    answers = dict(output.questions())
    different = {
        question: places for question, places in answers.items() if len(set(places.values())) > 1
    }
    assert different == {}
    assert all(len(places) > 1 for places in answers.values())


def test_forty_questions_have_the_answers_that_the_page_gives(
    province: Province, request: pytest.FixtureRequest
) -> None:
    engine = open_warehouse(f"sqlite:///{province.var / 'warehouse.sqlite'}")
    with engine.connect() as connection:
        given = [answer(connection, question.sql) for question in questions()]
    engine.dispose()
    if request.config.getoption("--rewrite-golden"):
        rewrite(given)
    assert given == [question.answer for question in questions()]
    assert len(given) == 40
    assert all("\n" in each for each in given), "each has an answer"


def test_a_second_night_loads_and_mails_nothing_and_says_so(province: Province) -> None:
    before = province.state()
    second = province.mtqg("run")
    counts = table(second.stdout)
    assert second.returncode == 0, second.stderr
    assert {
        counts[name]
        for name in ("received", "facts loaded", "mails written", "same bytes sent again")
    } == {0}
    assert counts["already known"] == 171
    assert "nothing was loaded and nothing was mailed twice" in second.stdout
    assert province.state() == before


def test_a_figure_leads_back_to_the_cell_it_was_typed_in(province: Province) -> None:
    traced = province.json(
        "trace", "--unit", "94", "--indicator", "TRN-PARTICIPANTS", "--period", "2024"
    )
    assert traced["value"] == 2208
    fact = traced["facts"][0]
    assert (fact["sheet"], fact["cell"], fact["value"]) == ("Tổng hợp", "C12", 2208)
    assert fact["delivery"]["sha256"] == hashlib.sha256(SEED_FILE.read_bytes()).hexdigest()
    assert (fact["delivery"]["sender"], fact["delivery"]["name"]) == ("94", SEED_FILE.name)
    assert fact["submission"]["verdict"] == "accepted_with_warnings"
    assert fact["submission"]["rule_set_version"].count(".") >= 2
    assert fact["submission"]["loaded_at"] > fact["delivery"]["received_at"]
    import openpyxl

    archived = (
        province.var / "archive" / fact["delivery"]["sha256"][:2] / fact["delivery"]["sha256"]
    )
    with archived.open("rb") as content:
        assert (
            openpyxl.load_workbook(content, data_only=True)[fact["sheet"]][fact["cell"]].value
            == traced["value"]
        )


def test_the_questionable_total_is_loaded_as_it_was_written_with_the_question(
    province: Province,
) -> None:
    traced = province.json(
        "trace", "--unit", "94", "--indicator", "TRN-CLASSES", "--period", "2024"
    )
    assert traced["value"] == 12
    assert [f["rule"] for f in traced["facts"][0]["findings"]] == ["TRN-05"]


def test_status_tells_who_has_reported_and_who_has_not(province: Province) -> None:
    rows = province.training("2024-Q4")
    assert len(rows) == 11
    assert rows["944"]["verdict"] is None
    assert rows["946"]["verdict"] == "quarantined"
    assert (rows["948"]["verdict"], rows["948"]["version"], rows["948"]["to_fix"]) == (
        "accepted",
        1,
        True,
    )
    everything = province.json("status")
    assert {r["sender"] for r in everything if r["unit"] is None} == {"944", "945"}


def test_another_districts_record_shows_nothing_of_a_mistaken_file(province: Province) -> None:
    row = province.training("2024-Q3")["944"]
    assert (row["verdict"], row["versions"], row["to_fix"]) == ("accepted", 1, False)


def test_a_resubmission_replaces_and_a_bad_one_does_not(province: Province) -> None:
    corrected = province.json(
        "trace", "--unit", "947", "--indicator", "TRN-PARTICIPANTS", "--period", "2025-Q1"
    )
    assert [(f["submission"]["version"], f["current"]) for f in corrected["facts"]] == [
        (2, True),
        (1, False),
    ]
    kept = province.json(
        "trace", "--unit", "948", "--indicator", "TRN-PARTICIPANTS", "--period", "2024-Q4"
    )
    assert [(f["submission"]["version"], f["current"]) for f in kept["facts"]] == [(1, True)]


def test_a_year_that_came_twice_shows_its_final_figure_and_keeps_the_estimate(
    province: Province,
) -> None:
    asked = ("trace", "--unit", "942", "--indicator", "T19", "--period", "2024")
    final, estimate = province.json(*asked), province.json(*asked, "--stage", "estimate")
    assert (final["stage"], estimate["stage"]) == ("final", "estimate")
    assert [f["current"] for f in (*final["facts"], *estimate["facts"])] == [True] * 4
    assert {
        r["stage"] for r in province.json("status", "--period", "2024") if r["unit"] == "942"
    } == {"estimate", "final"}


def test_a_word_before_a_figure_comes_back_with_it(province: Province) -> None:
    plan = province.json(
        "trace", "--unit", "949", "--indicator", "DIS-DISBURSED", "--period", "2024-Q4"
    )
    assert plan["measure"] == "triệu đồng"
    findings = province.mtqg(
        "check", str(province.inbox / "949-thanh-tri" / "SYNTHETIC 949 giải ngân 2024-Q4.xlsx")
    ).stdout
    assert "CELL-18" in findings
    assert "trên 1.200" in findings


def test_a_works_report_of_2023_is_read_by_the_layout_of_2023(province: Province) -> None:
    rows = [
        r
        for period in ("2023-Q4", "2024-Q4")
        for r in province.json("status", "--period", period)
        if r["form"] == "works"
    ]
    assert {(r["unit"], r["period"]): r["verdict"] for r in rows}["942", "2023-Q4"] == "accepted"


def test_each_sender_of_a_bad_file_gets_one_mail_that_names_form_district_and_period(
    province: Province,
) -> None:
    mails = province.mails()
    recipients = [m["To"].addresses[0].addr_spec for m in mails]
    assert len(set(recipients)) == len(recipients) == 11
    assert all(r.endswith(".example") for r in recipients)
    by_recipient = dict(zip(recipients, mails, strict=True))
    assert "dan-toc@ke-sach.example" not in by_recipient, "its good file came with the bad one"
    mail = by_recipient["dan-toc@nga-nam.example"]
    assert mail["Subject"].startswith("Thị xã Ngã Năm – Báo cáo đào tạo, tập huấn quý IV năm 2024")
    for kind in ("plain", "html"):
        body = mail.get_body((kind,)).get_content()
        assert "C12" in body
        assert "Cách sửa" in body
        assert "Số người tham dự là" in body
    assert (
        "Huyện Mỹ Tú"
        in by_recipient["dan-toc@cu-lao-dung.example"].get_body(("plain",)).get_content()
    )
    assert "Huyện Mỹ Tú" not in by_recipient["dan-toc@cu-lao-dung.example"]["Subject"]


def test_the_page_tells_progress_reporting_and_quality_and_names_the_synthetic(
    province: Province,
) -> None:
    site = province.var / "site"
    said = {
        "index.html": ("Ai đã báo cáo", "Có gì mới", "giả lập", "Huyện Trần Đề", "data-docs/"),
        "indicators/TRN-PARTICIPANTS.html": (
            "2.208",
            "Theo địa bàn huyện cũ",
            "5/5 xã, 1 xã không tính",
        ),
        "indicators/OUT-POOR.html": ("lệch nhau từ 5% trở lên",),
        "units/31561.html": ("Xã Đại Hải",),
        "reporting/training.html": ("Huyện Trần Đề", "Đúng hạn"),
    }
    for place, texts in said.items():
        page = (site / place).read_text(encoding="utf-8")
        for words in texts:
            assert words in page, place
    (docs,) = (site / "data-docs").iterdir()
    assert (docs / "index.html").exists()


def test_the_page_has_the_published_figures_of_the_province_and_marks_none_as_synthetic(
    province: Province,
) -> None:
    own = {"LIV-JOB-CONVERSION": "423", "LIV-DISPERSED-WATER": "387", "OUT-POOR": "3,5"}
    for indicator, shown in own.items():
        asked = ("--unit", "94", "--indicator", indicator, "--period", "2023")
        traced = province.json("trace", *asked)
        assert f"{round(traced['value'], 1):g}".replace(".", ",") == shown
        assert "SYNTHETIC" not in traced["facts"][0]["delivery"]["name"]
        page = (province.var / "site" / "indicators" / f"{indicator}.html").read_text("utf-8")
        row = re.search(r'<tr><th scope="row"><a href="../units/94.html">.*?</tr>', page)
        assert row is not None
        assert f">{shown}</a>" in row[0]
        assert 'class="syn"' not in row[0]


def test_districts_that_correct_their_files_are_all_clear_and_the_province_hears_nothing(
    province: Province, pack: Pack
) -> None:
    wrong = {"946": "2024-Q4", "949": "2024-Q1", "945": "2024-Q3", "944": "2024-Q4"}
    before = {mail["Message-ID"] for mail in province.mails()}
    for code, quarter in wrong.items():
        period = Period.parse(quarter)
        unit = pack.unit_on(code, quarter)
        assert unit is not None
        (folder,) = province.inbox.glob(f"{code}-*")
        target = folder / "SYNTHETIC sửa lại.xlsx"
        target.write_bytes(workbook_of(pack, unit, period))
    night = province.mtqg("run", "--source", "inbox")
    counts = table(night.stdout)
    assert night.returncode == 0
    assert (counts["received"], counts["accepted"], counts["findings by comparison"]) == (4, 4, 0)
    for code, quarter in wrong.items():
        row = province.training(quarter)[code]
        assert (row["verdict"], row["to_fix"]) == ("accepted", False)
    # All quarters of 2024 are there now, and the province's year agrees with them.
    answers = [mail for mail in province.mails() if mail["Message-ID"] not in before]
    assert counts["mails written"] == len(answers)
    assert any(mail["Subject"].endswith("đã nhận đầy đủ sau khi xem lại") for mail in answers)
    assert not [mail for mail in answers if "nghiep-vu@bandantoc" in mail["To"]]


def test_as_of_decides_what_is_due_and_not_what_is_recorded(province: Province) -> None:
    assert province.mtqg("run", "--as-of", "2024-07-15").returncode == 0
    training = [r for r in province.json("status") if r["form"] == "training"]
    assert {r["period"] for r in training if r.get("due")} == {"2024-Q1", "2024-Q2"}
    assert any(r["period"] == "2024-Q4" and r["reported"] for r in training)


def test_a_source_that_fails_is_a_sentence_and_exit_1_and_the_rest_of_the_night_is_done(
    province: Province,
) -> None:
    night = province.mtqg("run", MTQG_INBOX_URL=str(province.home / "nowhere"))
    assert night.returncode == 1
    assert "no folder at" in night.stderr
    assert "MTQG_INBOX_URL" in night.stderr
    assert "Traceback" not in night.stdout + night.stderr
    assert table(night.stdout)["received"] == 0


def test_an_unknown_source_is_answered_with_the_known_ones(province: Province) -> None:
    night = province.mtqg("run", "--source", "fax")
    assert night.returncode == 1
    assert "inbox, portal, mailbox" in night.stderr


def test_a_night_that_never_began_shows_no_earlier_runs_table(province: Province) -> None:
    night = province.mtqg("run", MTQG_PACK=str(province.home / "nowhere"))
    assert night.returncode == 1
    assert "MTQG_PACK" in night.stderr
    assert table(night.stdout) == {}
