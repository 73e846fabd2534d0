"""An office that writes mails, for tests: submissions come in by hand, the clock stands where it is put, mails are collected."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from flows.mail.send_letters import MailContext, SendResult, send_letters
from flows.night.reminders import enqueue_follow_ups
from program.calendar.period import Period
from program.calendar.schedule import Duty, obligations
from program.delivery import Delivery, Offer
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import Settings
from program.submission import Submission, verdict_of
from publish.mail.transport import MailTransport
from tests.arriving import record_delivery
from warehouse.catalogue import sync_catalogue
from warehouse.database.engine import prepare_warehouse
from warehouse.ledger import pending_deliveries, start_run
from warehouse.lifecycle.reprocess import requeue
from warehouse.load import load_delivery

CRITICAL = Finding(
    "TRN-01",
    Severity.CRITICAL,
    "Số nữ lớn hơn số người.",
    "Kiểm tra lại.",
    "≤ 100",
    "Tổng hợp",
    "D12",
    "101",
)
WARNING = Finding(
    "TRN-05", Severity.WARNING, "Tổng lệch.", "Đối chiếu.", "11", "Tổng hợp", "B12", "12"
)


class Collected:
    """A post that keeps every mail, as its receiver would get it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    def send(self, message: Message) -> None:
        self.mails.append(message_from_bytes(message.as_bytes(), policy=policy.default))  # type: ignore[arg-type]

    def close(self) -> None:
        """Nothing to end."""


def pack_with_deadlines(pack: Pack, *forms: str) -> Pack:
    """The pack, where the deadlines of `forms` are no placeholders."""

    def known(duty: Duty) -> Duty:
        if duty.form not in forms:
            return duty
        return duty.model_copy(
            update={"due": duty.due.model_copy(update={"source": "a letter of the province"})}
        )

    duties = tuple(known(duty) for duty in pack.calendar.duties)
    return replace(pack, calendar=pack.calendar.model_copy(update={"duties": duties}))


@dataclass
class Office:
    """Warehouse, pack and clock of an office. `pauses` are the seconds that sending has waited."""

    pack: Pack
    settings: Settings
    now: datetime
    pauses: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.warehouse = prepare_warehouse(self.settings.warehouse_url)
        sync_catalogue(
            self.warehouse,
            self.pack,
            obligations(self.pack.calendar, self.pack.units, self.day),
            self.now,
        )
        self.run = start_run(self.warehouse, self.day, "rules-1", self.now)
        self._came = 0

    @property
    def day(self) -> date:
        return (self.now + timedelta(hours=7)).date()

    def receive(
        self, unit: str, *findings: Finding, form: str = "training", period: str = "2024-Q4"
    ) -> Delivery:
        """A unit sends a report, on which `findings` are found."""
        self._came += 1
        offer = Offer(f"{unit}/{self._came}.xlsx", "1", f"{form} {period}.xlsx", self.now, unit)
        record_delivery(
            self.warehouse,
            offer,
            source="inbox",
            channel="folder",
            sha256=None,
            is_synthetic=False,
            run_id=self.run,
            now=self.now,
        )
        return self.judge(*findings, form=form, period=period)

    def judge_again(self, delivery: Delivery, *findings: Finding) -> None:
        """A delivery is read once more, and `findings` are found."""
        requeue(self.warehouse, [delivery.id])
        self.judge(*findings)

    def judge(
        self, *findings: Finding, form: str = "training", period: str = "2024-Q4"
    ) -> Delivery:
        """Load what waits, as the report of its sender."""
        (delivery,) = pending_deliveries(self.warehouse, 1)
        unit = str(delivery.sender_unit)
        submission = Submission(
            delivery=delivery,
            verdict=verdict_of(findings),
            findings=findings,
            form_code=form,
            form_version="v1",
            unit_code=unit,
            period=Period.parse(period),
        )
        is_told = submission.verdict in self.pack.correspondence.notify
        recipient = self.pack.contact_of(unit).email if is_told else None
        load_delivery(
            self.warehouse,
            [(submission, recipient)],
            run_id=self.run,
            rule_set_version="rules-1",
            now=self.now,
        )
        return delivery

    def remind(self) -> None:
        enqueue_follow_ups(self.warehouse, self.pack, self.day, self.now)

    def send(self, post: MailTransport) -> SendResult:
        """Send what is to be mailed; pauses pass at once."""
        room = MailContext(
            self.warehouse,
            self.pack,
            self.settings,
            _nothing,
            self.day,
            clock=lambda: self.now,
            pause=self._pause,
        )
        return send_letters(room, post)

    def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += timedelta(seconds=seconds)


def _nothing(sha256: str) -> bytes:
    raise AssertionError(f"no bytes were kept, and yet {sha256} is asked for")


def at(day: date, hour: int = 8) -> datetime:
    """An hour of a day in Vietnam."""
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC) - timedelta(hours=7)


def texts(mails: Sequence[EmailMessage]) -> list[str]:
    """The plain text of each mail."""
    return [str(mail.get_body(("plain",)).get_content()) for mail in mails]  # type: ignore[union-attr]
