"""Channels beside mail: each message once, none with a secret or a file's name, and a channel that fails stops nothing."""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email.charset import CHARSETS
from io import StringIO
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from flows.mail import channels
from flows.mail.channels import alarm_operator, send_to_channels
from flows.mail.digest import tell_operator
from flows.mail.send_letters import MailContext, send_letters
from flows.night import steps
from flows.night.run_context import RunContext, open_run
from flows.recovery.heartbeat import alarm_of, tell_channels
from mtqg.cli import app
from program.errors import ConfigurationError, MailDeferredError
from program.settings import Settings
from publish.mail.channels import alarm_channels, office_channels, send_to_channel
from publish.mail.transport import FolderTransport
from tests.channel_server import Webhook, webhook
from tests.conftest import GOOD_LEVELS, Fill
from tests.steps_by_hand import collect, load
from warehouse.queries.operations import undelivered
from warehouse.states import RunKind
from warehouse.tables import OutboxRow

pytestmark = pytest.mark.usefixtures("reads_here")

BAD = {**GOOD_LEVELS, "total": {**GOOD_LEVELS["total"], "women": 999}}
NOON = datetime(2026, 11, 30, 5, tzinfo=UTC)


@pytest.fixture
def hook() -> Iterator[Webhook]:
    with webhook() as hook:
        yield hook


@pytest.fixture
def served(settings: Settings, hook: Webhook) -> Settings:
    """The office and the operator have the webhook, each by a path of their own."""
    office, alarm = SecretStr(f"{hook.url}/office"), SecretStr(f"{hook.url}/alarm")
    return settings.model_copy(update={"office_channels": office, "alarm_channels": alarm})


def put(settings: Settings, unit: str, content: bytes) -> None:
    folder = Path(settings.inbox_url) / unit
    folder.mkdir(exist_ok=True)
    path = folder / "Ông Nguyễn Văn A.xlsx"
    path.write_bytes(content)
    os.utime(path, (1_750_000_000, 1_750_000_000))


def nightly(settings: Settings, *errors: str) -> RunContext:
    run = open_run(settings, date(2025, 2, 20))
    collect(run)
    load(run)
    steps.export(run)
    for error in errors:
        run.fail(error)
    run.finish()
    return run


def send(run: RunContext, now: datetime = NOON) -> list[str]:
    context = MailContext(
        run.warehouse, run.pack, run.settings, run.archive.get, run.as_of, clock=lambda: now
    )
    return send_letters(context, FolderTransport(run.settings.outbox)).errors


def outbox(run: RunContext) -> list[tuple[str, str, int]]:
    query = (
        select(OutboxRow).where(OutboxRow.recipient.startswith("channel:")).order_by(OutboxRow.id)
    )
    with Session(run.warehouse) as session:
        return [(row.recipient, row.state, row.attempts) for row in session.scalars(query)]


def test_the_office_gets_a_short_text_once_with_what_came_and_what_waits(
    served: Settings, hook: Webhook, fill: Fill
) -> None:
    put(served, "942", fill("942", "2024-Q4"))
    put(served, "943", fill("943", "2024-Q4", levels=BAD))
    utf_8 = CHARSETS["utf-8"]
    run = nightly(served)
    assert send(run) == []
    # apprise changes it when it is imported: letters of the same process would be encoded otherwise.
    assert CHARSETS["utf-8"] == utf_8
    (message,) = hook.messages
    assert message["message"].startswith("Mới nhận 2 báo cáo (1 đạt; 1 cần sửa). Còn chờ: ")
    assert "1 báo cáo chờ sửa" in message["message"]
    assert "báo cáo đến ngày 20/02/2025" in message["title"]
    assert "Nguyễn" not in str(message)
    # What was sent is not sent again, whether nothing is new or one report is.
    assert send(run) == []
    assert send(nightly(served)) == []
    assert len(hook.messages) == 1
    put(served, "944", fill("944", "2024-Q4"))
    assert send(nightly(served)) == []
    assert hook.messages[1]["message"].startswith("Mới nhận 1 báo cáo (1 đạt, có lưu ý).")


def test_quiet_hours_hold_the_office_s_message_and_no_alarm(
    served: Settings, hook: Webhook, fill: Fill
) -> None:
    put(served, "942", fill("942", "2024-Q4"))
    run = nightly(served, "mail: refused")
    night = datetime(2026, 11, 29, 18, tzinfo=UTC)
    for _ in range(2):
        alarm_operator(run.warehouse, run.pack, served, lambda: night, run_id=run.run_id)
    assert send(run, night) == []
    assert [message["title"].split(":")[0] for message in hook.messages] == ["[mtqg] alarm"]
    assert send(run) == []
    assert len(hook.messages) == 2


def test_a_failed_run_is_reported_once_and_without_what_a_file_is_called(
    served: Settings, hook: Webhook
) -> None:
    errors = (
        "source portal: did not answer",
        "delivery 5 (Ông Nguyễn Văn A.xlsx): ArchiveError: gone",
    )
    run = nightly(served, *errors)
    tell_operator(run)
    tell_operator(run)
    (message,) = hook.messages
    assert message["message"] == (
        "Run 1 failed with 2 errors (source portal, delivery). The digest and `mtqg watch` say more."
    )
    # The alarm that Prefect starts is about the same event.
    now = datetime.now(UTC)
    assert tell_channels(served, alarm_of(served, 2, now), now) == []
    assert len(hook.messages) == 1


def test_an_intake_that_fails_in_the_same_way_again_is_not_reported_again(
    served: Settings, hook: Webhook
) -> None:
    for _ in range(2):
        run = open_run(served, None, RunKind.INTAKE)
        run.fail("source portal: did not answer")
        run.finish()
        tell_operator(run)
    assert len(hook.messages) == 1


def test_that_no_run_completes_is_reported_once_a_day(served: Settings, hook: Webhook) -> None:
    nightly(served)
    for hours in (50, 55, 80):
        now = datetime.now(UTC) + timedelta(hours=hours)
        assert tell_channels(served, alarm_of(served, 26, now), now) == []
    texts = [message["message"].split(";")[0] for message in hook.messages]
    assert texts == [f"No run has completed for {days} days" for days in (2, 3)]


def test_without_a_warehouse_the_alarm_is_sent_all_the_same(
    served: Settings, hook: Webhook
) -> None:
    alarm = alarm_of(served, 26, NOON)
    assert tell_channels(served, alarm, NOON) == []
    assert hook.messages[0]["message"].startswith("No run")


@pytest.fixture
def logged() -> Iterator[StringIO]:
    """What every logger says at any level; afterwards the root logger is as it was.

    Not caplog: it listens also to loggers that pass nothing on.
    """
    root = logging.getLogger()
    level = root.level
    text = StringIO()
    handler = logging.StreamHandler(text)
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield text
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.mark.parametrize("status", [500, 404, 301])
def test_a_channel_that_refuses_is_tried_again_later_and_named_in_the_digest(
    served: Settings, hook: Webhook, fill: Fill, status: int, logged: StringIO
) -> None:
    put(served, "942", fill("942", "2024-Q4"))
    run = nightly(served)
    hook.status = status
    (label,) = (channel.label for channel in office_channels(served))
    assert send(run) == [f"channel: {label}: HTTP {status}"]
    assert outbox(run) == [(label, "pending", 1)]
    (waiting,) = undelivered(run.warehouse)
    assert (waiting.recipient, waiting.error) == (label, f"{label}: HTTP {status}")
    hook.status = 200
    # Not at once: its time has not come.
    assert send(run) == []
    assert hook.messages == []
    assert send(run, NOON + timedelta(hours=1)) == []
    assert (len(hook.messages), outbox(run)) == (1, [(label, "sent", 2)])
    assert "deferred" in logged.getvalue()
    assert "s3cret" not in logged.getvalue()


def test_a_channel_that_hangs_is_left_after_its_time(hook: Webhook, served: Settings) -> None:
    hook.status = 0
    (channel,) = office_channels(served)
    with pytest.raises(MailDeferredError, match=r"office/json-\w{6}: no answer within 0\.5 s"):
        send_to_channel(channel, "title", "text", seconds=0.5)


def test_a_message_of_a_process_that_died_is_sent_by_the_next_one(
    served: Settings, hook: Webhook, fill: Fill, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(served, "942", fill("942", "2024-Q4"))
    run = nightly(served)

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(channels, "send_to_channel", die)
        with pytest.raises(KeyboardInterrupt):
            send(run)
    assert send(run) == []
    assert len(hook.messages) == 1


def test_a_channel_that_is_no_longer_set_gets_nothing(
    served: Settings, hook: Webhook, fill: Fill
) -> None:
    put(served, "942", fill("942", "2024-Q4"))
    run = nightly(served)
    without = run.settings.model_copy(update={"office_channels": SecretStr("")})
    assert send_to_channels(run.warehouse, run.pack, without, lambda: NOON) == []
    assert [state for _, state, _ in outbox(run)] == ["obsolete"]
    assert hook.messages == []


def test_an_alarm_without_channels_leaves_nothing_in_the_outbox(settings: Settings) -> None:
    run = nightly(settings)
    assert alarm_operator(run.warehouse, run.pack, settings, lambda: NOON, run_id=1) == []
    assert outbox(run) == []


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("json://203.0.113.7/s3cret", "expected an encrypted service"),
        ("jsons://example.org/s3cret?verify=no", "expected an encrypted service"),
        ("mailto://user:s3cret@example.org", "expected an encrypted service"),
        ("syslog://", "expected an encrypted service"),
        ("nothing://s3cret", "apprise does not know its URL"),
        ("s3cret", "apprise does not know its URL"),
    ],
)
def test_an_open_line_is_refused_without_its_secret(
    settings: Settings, url: str, words: str
) -> None:
    (channel,) = alarm_channels(settings.model_copy(update={"alarm_channels": SecretStr(url)}))
    with pytest.raises(ConfigurationError, match=words) as refused:
        send_to_channel(channel, "title", "text")
    assert "s3cret" not in f"{refused.value}{channel!r}"


def test_the_test_message_names_each_channel_and_fails_with_one_that_does(
    served: Settings, hook: Webhook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_OFFICE_CHANNELS", served.office_channels.get_secret_value())
    monkeypatch.setenv("MTQG_ALARM_CHANNELS", "json://203.0.113.7/s3cret")
    said = CliRunner().invoke(app, ["mail", "test-channels"])
    assert "office/json-" in said.output
    assert isinstance(said.exception, MailDeferredError)
    assert "alarm/json-" in str(said.exception)
    assert "s3cret" not in f"{said.output}{said.exception}"
    assert len(hook.messages) == 1
