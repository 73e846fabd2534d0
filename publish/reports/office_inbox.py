"""What waits for the office to decide, in Vietnamese: for `mtqg inbox` and the morning mail.

A key names what waits: T and the number of a delivery that is held, G and that of an explanation,
B and that of the submission of a replacement.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from program.finding import Severity
from program.mail import HoldReason
from program.pack.pack import Pack
from program.records.letter import ReportName
from program.records.office_inbox import Explanation, HeldReplacement, UnansweredFinding
from warehouse.database.engine import Warehouse
from warehouse.lifecycle.holds import HeldDelivery, held_deliveries
from warehouse.queries.office_inbox import held_replacements, open_explanations

HELD, EXPLANATION, REPLACEMENT = "T", "G", "B"
"""The first letters of keys: thư giữ lại, giải trình, bản thay thế."""
_REASONS = {
    HoldReason.UNKNOWN_SENDER: "chưa rõ đơn vị gửi",
    HoldReason.AMBIGUOUS_SENDER: "địa chỉ gửi thuộc nhiều đơn vị",
    HoldReason.OFFICE_SENDER: "cơ quan chuyển tiếp, chưa rõ của đơn vị nào",
    HoldReason.AUTHENTICATION_FAILED: "máy chủ thư báo địa chỉ gửi không đúng",
    HoldReason.AUTHENTICATION_UNKNOWN: "máy chủ thư không xác nhận được địa chỉ gửi",
}
_MOST_WORDS = 160
"""Characters of an explanation in a line."""


@dataclass(frozen=True, slots=True)
class InboxLine:
    """One thing that waits: since when, from whom, and what it is about."""

    key: str
    kind: str
    since: datetime
    sender: str
    about: str


@dataclass(frozen=True, slots=True)
class OfficeInbox:
    """All that waits for the office, in order of arrival within each kind."""

    held: tuple[HeldDelivery, ...]
    explanations: tuple[Explanation, ...]
    replacements: tuple[HeldReplacement, ...]

    def __len__(self) -> int:
        """Return how many things wait."""
        return len(self.held) + len(self.explanations) + len(self.replacements)

    def lines(self, pack: Pack) -> list[InboxLine]:
        """Return a line for each, the oldest first."""
        lines = [*_held_lines(self.held, pack), *_explanation_lines(self.explanations, pack)]
        lines += _replacement_lines(self.replacements, pack)
        return sorted(lines, key=lambda line: line.since)


def office_inbox(warehouse: Warehouse, confirmable: Collection[str]) -> OfficeInbox:
    """Return what waits for the office.

    `confirmable` are the rules that hold a replacement. One that an open explanation is about waits
    with the explanation.
    """
    waiting = open_explanations(warehouse)
    explained: set[int] = set()
    for explanation in waiting:
        explained |= {each.submission_id for each in explanation.findings}
    replacements = held_replacements(warehouse, confirmable)
    return OfficeInbox(
        held=tuple(held_deliveries(warehouse)),
        explanations=tuple(waiting),
        replacements=tuple(r for r in replacements if r.submission_id not in explained),
    )


def reason_text(reason: HoldReason) -> str:
    """Return why a delivery is held, in Vietnamese."""
    return _REASONS[reason]


def report_text(report: ReportName | None, pack: Pack) -> str:
    """Return the name of a report as an office writes it."""
    if report is None:
        return "tệp chưa rõ biểu, kỳ"
    form = pack.short_title_of(report.form_code) or report.form_code
    period = pack.label_of(report.form_code, report.period, report.stage) or report.period
    return f"{form}, {period}"


def unit_text(code: str | None, pack: Pack) -> str:
    """Return the code and the name of a unit."""
    unit = pack.unit_on(code, None)
    if unit is None:
        return code or "chưa rõ"
    return f"{unit.code} {unit.name}"


def place_text(finding: UnansweredFinding) -> str:
    """Return where a finding is, and its rule."""
    found = finding.finding
    if found.sheet is None:
        return f"cả tệp ({found.rule})"
    cell = f", ô {found.cell}" if found.cell else ""
    return f"trang tính “{found.sheet}”{cell} ({found.rule})"


def _held_lines(held: Sequence[HeldDelivery], pack: Pack) -> Iterator[InboxLine]:
    for each in held:
        delivery = each.delivery
        sender = unit_text(delivery.sender_unit, pack)
        about = delivery.name
        if each.mail is not None:
            sender = ", ".join(each.mail.from_addresses) or "không ghi địa chỉ"
            about = each.mail.subject or delivery.name
        yield InboxLine(
            f"{HELD}{delivery.id}", reason_text(each.reason), delivery.received_at, sender, about
        )


def _explanation_lines(explanations: Sequence[Explanation], pack: Pack) -> Iterator[InboxLine]:
    for each in explanations:
        critical = sum(f.finding.severity is Severity.CRITICAL for f in each.findings)
        warnings = len(each.findings) - critical
        named = [finding.report for finding in each.findings]
        # Each report once, in the order of the letter.
        reports = dict.fromkeys([*named, *each.missing])
        texts = "; ".join(report_text(report, pack) for report in reports)
        counts = f" ({critical} lỗi, {warnings} lưu ý)" if each.findings else " (chưa gửi)"
        about = f"{texts}{counts}: {_shortened(each.text)}"
        sender = unit_text(each.unit_code, pack) if each.unit_code else each.recipient
        yield InboxLine(f"{EXPLANATION}{each.id}", "giải trình", each.received_at, sender, about)


def _replacement_lines(replacements: Sequence[HeldReplacement], pack: Pack) -> Iterator[InboxLine]:
    for each in replacements:
        sender = unit_text(each.sender_unit or each.report.unit_code, pack)
        about = f"{report_text(each.report, pack)}: tệp “{each.delivery_name}”"
        yield InboxLine(
            f"{REPLACEMENT}{each.submission_id}",
            "bản thay thế chờ xác nhận",
            each.received_at,
            sender,
            about,
        )


def _shortened(text: str) -> str:
    one_line = " ".join(text.split())
    if len(one_line) <= _MOST_WORDS:
        return one_line
    return f"{one_line[:_MOST_WORDS].rsplit(' ', 1)[0]} …"
