"""A province whose districts send by every channel in one run, with a fault in each: one stops no other, and nothing comes twice."""

import json
import re
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import asyncssh
import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sources.folder import Folder
from examples.portal.server import ReferencePortal, running
from flows.mail.digest import send_digest
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from flows.night.runtime import step
from mtqg.inbox.desk import Desk
from program.mail import HoldReason
from program.settings import Settings
from tests.conftest import Fill
from tests.form_tools import (
    ACCOUNT,
    ASSET,
    FORM,
    PROJECT,
    TOKEN,
    FakeKobo,
    FakeOdk,
    kobo_submission,
    nested_answers,
    odk_submission,
)
from tests.form_tools import PASSWORD as ODK_PASSWORD
from tests.mails import STRANGER, attached, mail, plain
from tests.remote_servers import (
    PASSWORD,
    USER,
    Keys,
    closed_port,
    s3_server,
    sftp_server,
    webdav_server,
)
from tests.steps_by_hand import load
from tests.unit.test_tool_submission import SAMPLE
from warehouse.lifecycle.holds import held_deliveries
from warehouse.states import DeliveryState
from warehouse.tables import DeliveryRow, FindingRow, OutboxRow, SubmissionRow

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

DISTRICTS = [str(code) for code in range(941, 952)]
OF_941 = "dan-toc@tp-soc-trang.example"
OF_949 = "dan-toc@thanh-tri.example"
SENDER = r"^(?P<unit>\d{3})[^/]*/"
SECRETS = {
    "MTQG_SECRET_SFTP": PASSWORD,
    "MTQG_SECRET_S3_USER": USER,
    "MTQG_SECRET_S3": PASSWORD,
    "MTQG_SECRET_DAV": PASSWORD,
    "MTQG_SECRET_DAV_NEW": "an old password",
    "MTQG_SECRET_KOBO": TOKEN,
    "MTQG_SECRET_ODK": ODK_PASSWORD,
}
PORTAL_TOKEN = "token-of-the-portal"


@dataclass
class Province:
    """The servers of a province, and the settings with which its pipeline runs."""

    folder: Path
    settings: Settings
    sftp: Keys
    s3_address: str
    bucket: Any
    webdav_port: int
    kobo: FakeKobo
    odk: FakeOdk
    portal: ReferencePortal
    vanishing: list[str] = field(default_factory=list)

    @property
    def known_hosts(self) -> Path:
        return self.folder / "known_hosts"

    def sources(self) -> list[dict[str, Any]]:
        """Return the sources as the pack declares them."""
        share = f"webdav+http://127.0.0.1:{self.webdav_port}/remote.php/dav/files/mtqg"
        sftp = {"username": USER, "password": {"setting": "MTQG_SECRET_SFTP"}}
        s3 = {"secret": {"setting": "MTQG_SECRET_S3"}, "endpoint_url": self.s3_address}
        folders = {
            "thu-muc": (str(self.folder / "local"), {}),
            "sftp": (
                f"sftp://127.0.0.1:{self.sftp.port}/",
                sftp | {"known_hosts": str(self.known_hosts)},
            ),
            "s3": ("s3://reports", s3 | {"key": {"setting": "MTQG_SECRET_S3_USER"}}),
            "webdav": (f"{share}/one", _login("MTQG_SECRET_DAV")),
            "webdav-moi": (f"{share}/two", _login("MTQG_SECRET_DAV_NEW")),
        }
        declared: list[dict[str, Any]] = []
        for name, (url, options) in folders.items():
            declared.append(
                {"name": name, "kind": "folder", "url": url, "sender": SENDER, "options": options}
            )
        return [
            *declared,
            {"name": "hop-thu", "kind": "mailbox", "url": f"maildir:{self.folder / 'maildir'}"},
            {"name": "cong", "kind": "portal"},
            {
                "name": "phieu-kobo",
                "kind": "kobo",
                "url": self.kobo.url,
                "asset": ASSET,
                "token": {"setting": "MTQG_SECRET_KOBO"},
                "tool_form": "training",
                "senders": {"vinhchau": "950"},
            },
            {
                "name": "phieu-odk",
                "kind": "odk",
                "url": self.odk.url,
                "project": PROJECT,
                "form": FORM,
                "account": ACCOUNT,
                "password": {"setting": "MTQG_SECRET_ODK"},
                "tool_form": "training",
            },
        ]

    def run(self, secrets: dict[str, str], portal_url: str) -> RunContext:
        """Take in, check, answer and write the digest, as a run does."""
        every = {name: SecretStr(value) for name, value in secrets.items()}
        chosen = self.settings.model_copy(
            update={
                "secrets": every,
                "portal_url": portal_url,
                "portal_token": SecretStr(PORTAL_TOKEN),
            }
        )
        run = open_run(chosen, None)
        for source in run.sources(None):
            with step(run, f"source {source.name}"):
                collecting.collect(run, source)
        with step(run, "unpack"):
            collecting.unpack(run)
        with step(run, "load"):
            load(run)
        with step(run, "alert"):
            steps.alert(run)
        send_digest(run, "")
        run.finish()
        return run


def _login(setting: str) -> dict[str, Any]:
    return {"username": USER, "password": {"setting": setting}}


def put(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


@pytest.fixture
def province(
    settings: Settings,
    own_pack: Path,
    tmp_path: Path,
    fill: Fill,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Province]:
    """Return the province. Each district has sent the same quarter, by its own channel."""
    report = {unit: fill(unit, "2024-Q4") for unit in DISTRICTS}
    name = "Báo cáo quý IV.xlsx"
    put(tmp_path / "local" / "941-soc-trang" / name, report["941"])
    put(tmp_path / "sftp" / "943-ke-sach" / name, report["943"])
    put(tmp_path / "dav" / "one" / "947-my-xuyen" / name, report["947"])
    put(tmp_path / "dav" / "two" / "948-nga-nam" / name, report["948"])
    put(tmp_path / "portal" / "942-chau-thanh" / name, report["942"])
    mails = {
        "1": mail(
            [plain("Kính gửi."), attached(name, report["949"])], sender=OF_949, number="1@tt"
        ),
        # The report that lies in the folder, too.
        "2": mail([attached("gửi lại.xlsx", report["941"])], sender=OF_941, number="2@st"),
        "3": mail([attached(name, report["944"])], sender=STRANGER, number="3@la"),
    }
    for number, content in mails.items():
        put(tmp_path / "maildir" / "new" / number, content)
    (tmp_path / "maildir" / "cur").mkdir()
    with ExitStack() as stack:
        opened = stack.enter_context
        s3_address, bucket = opened(s3_server())
        bucket.pipe_file(f"reports/945-cu-lao-dung/{name}", report["945"])
        bucket.pipe_file(f"reports/946-long-phu/{name}", report["946"])
        province = Province(
            folder=tmp_path,
            settings=settings.model_copy(update={"pack": own_pack, "inbox_url": ""}),
            sftp=opened(sftp_server(tmp_path / "sftp")),
            s3_address=s3_address,
            bucket=bucket,
            webdav_port=opened(webdav_server(tmp_path / "dav")),
            kobo=opened(FakeKobo().running()),
            odk=opened(FakeOdk().running()),
            portal=opened(running(ReferencePortal(tmp_path / "portal", PORTAL_TOKEN))),
        )
        province.kobo.submissions = [
            kobo_submission(
                1, nested_answers("950"), _submitted_by="vinhchau", **{"ky/nguoi_lap": "Bà A"}
            )
        ]
        province.odk.submissions = [odk_submission(1, nested_answers("951"))]
        put(own_pack / "tool_forms" / "training.yaml", SAMPLE.read_bytes())
        (own_pack / "sources.yaml").write_text(
            json.dumps({"sources": province.sources()}), encoding="utf-8"
        )
        _objects_vanish(province, monkeypatch)
        # urllib3 asks the portal again without a wait.
        monkeypatch.setattr(
            "urllib3.util.retry.time", SimpleNamespace(sleep=lambda _: None, time=time.time)
        )
        yield province


def _objects_vanish(province: Province, monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the objects in `vanishing` once a bucket was listed."""
    offers: Callable[..., Any] = Folder.offers

    def then_vanish(folder: Folder, cursor: str | None) -> Iterator[Any]:
        listed = list(offers(folder, cursor))
        while province.vanishing and folder._url.startswith("s3:"):
            province.bucket.rm(province.vanishing.pop())
        yield from listed

    monkeypatch.setattr(Folder, "offers", then_vanish)


def other_key(port: int) -> str:
    """Return the line of known_hosts for a key that the server had once."""
    return Keys(asyncssh.generate_private_key("ssh-ed25519"), port).known_hosts


def reports_of(run: RunContext) -> dict[str, list[int]]:
    """Return the versions of each unit's report."""
    columns = (SubmissionRow.unit_code, SubmissionRow.version)
    with Session(run.warehouse) as session:
        rows = session.execute(select(*columns).order_by(*columns)).all()
    versions: dict[str, list[int]] = {}
    for unit, version in rows:
        versions.setdefault(unit, []).append(version)
    return versions


def digest_of(run: RunContext) -> str:
    (path,) = run.settings.digests.glob(f"run-{run.run_id}-*.eml")
    return str(message_from_bytes(path.read_bytes(), policy=policy.default).get_content())


def letters(run: RunContext) -> list[str]:
    """Return whom the letters about reports went to, one entry for each letter."""
    with Session(run.warehouse) as session:
        return list(session.scalars(select(OutboxRow.recipient).where(OutboxRow.kind == "checked")))


def test_a_fault_in_each_channel_stops_no_other_and_the_next_run_takes_the_rest(
    province: Province,
) -> None:
    province.known_hosts.write_text(other_key(province.sftp.port))
    lost = "reports/946-long-phu/Báo cáo quý IV.xlsx"
    content = province.bucket.cat_file(lost)
    province.vanishing.append(lost)

    first = province.run(SECRETS, f"http://127.0.0.1:{closed_port()}")

    came = ["941", "945", "947", "949", "950", "951"]
    assert reports_of(first) == {unit: [1] for unit in came}
    sentences = (
        r"source sftp: cannot reach sftp://\S+: the host key of .* Ask the server's operator",
        r"source s3: .*: cannot read 946-long-phu/Báo cáo quý IV.xlsx: it was removed after the list",
        r"source webdav-moi: cannot list .*/two: .*401.*username or password is wrong",
        r"source cong: http://\S+: no usable answer in 5 attempts",
    )
    assert len(first.summary.errors) == len(sentences)
    for sentence, error in zip(sentences, first.summary.errors, strict=True):
        assert re.match(sentence, error), error
        assert "\n" not in error
        assert f"- {error}" in digest_of(first).splitlines()
        assert not any(secret in error for secret in SECRETS.values() if secret != USER)
    # The same report by folder and by mail is one, with one letter.
    assert first.summary.duplicates == 1
    assert letters(first).count(OF_941) == 1
    assert [each.reason for each in held_deliveries(first.warehouse)] == [HoldReason.UNKNOWN_SENDER]
    with Session(first.warehouse) as session:
        unknown = session.scalars(
            select(FindingRow.message).where(FindingRow.rule == "FORM-52")
        ).all()
    assert len(unknown) == 1
    assert "ky/nguoi_lap" in unknown[0]

    # All faults are mended; the office says who the stranger is.
    province.known_hosts.write_text(province.sftp.known_hosts)
    province.bucket.pipe_file(lost, content)
    (line,) = Desk(province.settings, "").lines()
    Desk(province.settings, "Bà A, Trưởng phòng").assign(line.key, "944", "Đã gọi điện hỏi")
    right = SECRETS | {"MTQG_SECRET_DAV_NEW": PASSWORD}
    second = province.run(right, province.portal.url)
    assert second.summary.errors == []
    assert reports_of(second) == {unit: [1] for unit in DISTRICTS}

    third = province.run(right, province.portal.url)
    assert (third.summary.errors, third.summary.received, third.summary.verdicts) == ([], 0, {})
    assert reports_of(third) == reports_of(second)
    assert max(Counter(letters(third)).values()) == 1
    with Session(third.warehouse) as session:
        states = Counter(session.scalars(select(DeliveryRow.state)))
    assert states == {
        DeliveryState.PROCESSED: len(DISTRICTS),
        DeliveryState.DUPLICATE: 1,
        DeliveryState.MAIL_EXTRACTED: 3,
    }
