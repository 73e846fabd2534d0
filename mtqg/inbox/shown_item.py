"""One thing that waits for the office, line by line, in Vietnamese."""

from collections.abc import Iterator, Sequence

from connectors.mails.mail_deliveries import extractable_mail, files_of_mail
from expectations.rules.rule_set import RuleSet
from flows.archive import open_archive
from program.finding import ReaderFinding, Severity
from program.pack.pack import Pack
from program.records.office_inbox import (
    Decision,
    DecisionOutcome,
    Explanation,
    HeldReplacement,
    UnansweredFinding,
)
from program.settings import Settings
from program.vietnamese import format_instant
from publish.reports.office_inbox import (
    EXPLANATION,
    HELD,
    REPLACEMENT,
    place_text,
    reason_text,
    report_text,
    unit_text,
)
from warehouse.database.engine import Warehouse
from warehouse.lifecycle.holds import HeldDelivery
from warehouse.queries.office_inbox import mail_files

OUTCOMES = {
    DecisionOutcome.ACCEPTED: "chấp nhận",
    DecisionOutcome.REFUSED: "không chấp nhận",
    DecisionOutcome.UNDONE: "thu hồi quyết định",
}


class ShownItem:
    """Yields the lines of what waits, or was decided."""

    def __init__(
        self, settings: Settings, pack: Pack, rules: RuleSet, warehouse: Warehouse
    ) -> None:
        self._settings = settings
        self._pack = pack
        self._rules = rules
        self._warehouse = warehouse

    def held(self, held: HeldDelivery) -> Iterator[str]:
        """Yield a held mail or file: who it claims to be of, authentication, files, text."""
        delivery, mail = held.delivery, held.mail
        yield f"{HELD}{delivery.id}: {reason_text(held.reason)}"
        yield f"Nhận lúc: {format_instant(delivery.received_at)}"
        for unit in claimed_units(held, self._pack):
            yield f"Đơn vị theo địa chỉ gửi: {unit_text(unit, self._pack)}"
        if mail is None:
            yield f"Tệp: {delivery.name}"
            return
        named = f"{mail.from_name} " if mail.from_name else ""
        yield f"Từ: {named}<{', '.join(mail.from_addresses)}>"
        yield f"Tiêu đề: {mail.subject}"
        results = mail.authentication
        yield (
            f"Xác thực của máy chủ thư: SPF {results.spf or '–'}, DKIM {results.dkim or '–'}, "
            f"DMARC {results.dmarc or '–'}"
        )
        for name in self._attachments(held):
            yield f"Tệp đính kèm: {name}"
        for link in mail.links:
            yield f"Liên kết trong thư: {link}"
        if mail.own_text.strip():
            yield from ("", mail.own_text.strip())

    def _attachments(self, held: HeldDelivery) -> list[str]:
        """Return the names of the files in a held mail, which nobody has extracted yet."""
        if held.delivery.sha256 is None:
            return []
        content = open_archive(self._settings).get(held.delivery.sha256)
        limits = self._settings.limits
        opened = extractable_mail(content, limits)
        if held.mail is None or isinstance(opened, ReaderFinding):
            return []
        return [file.name for file in files_of_mail(opened, held.mail, limits)]

    def explanation(self, explanation: Explanation) -> Iterator[str]:
        """Yield an explanation: text, files, decision, and the findings with their numbers."""
        sender = unit_text(explanation.unit_code, self._pack)
        yield f"{EXPLANATION}{explanation.id}: giải trình của {sender} ({explanation.recipient})"
        yield f"Nhận lúc: {format_instant(explanation.received_at)}"
        for name in mail_files(self._warehouse, explanation.delivery_id):
            yield f"Tệp đính kèm: {name}"
        if explanation.decision is not None:
            yield decided(explanation.decision)
        yield from ("", explanation.text, "")
        for report in explanation.missing:
            yield f"Báo cáo chưa gửi: {report_text(report, self._pack)}"
        yield from self._findings(explanation.findings)
        if not explanation.findings and not explanation.missing and explanation.decision is None:
            yield "Không còn điểm nào phải xem: báo cáo đã có bản mới, hoặc đã rút."

    def replacement(self, replacement: HeldReplacement) -> Iterator[str]:
        """Yield a held replacement, and the findings that hold it."""
        sender = unit_text(replacement.sender_unit or replacement.report.unit_code, self._pack)
        report = report_text(replacement.report, self._pack)
        yield f"{REPLACEMENT}{replacement.submission_id}: bản thay thế của {sender}, {report}"
        yield f"Tệp: {replacement.delivery_name}"
        yield f"Nhận lúc: {format_instant(replacement.received_at)}"
        yield "Bản trước vẫn được dùng cho đến khi cơ quan quyết định."
        yield from self._findings(replacement.findings)

    def _findings(self, findings: Sequence[UnansweredFinding]) -> Iterator[str]:
        for number, each in enumerate(findings, start=1):
            severity = "Lỗi" if each.finding.severity is Severity.CRITICAL else "Lưu ý"
            report = report_text(each.report, self._pack)
            yield f"{number}. {severity}, {report}, {place_text(each)}"
            value = f" Đang ghi: {each.finding.value}." if each.finding.value else ""
            yield f"   {each.finding.message}{value}"
            why_not = why_not_waived(each, self._rules)
            if why_not:
                yield f"   ({why_not})"


def claimed_units(held: HeldDelivery, pack: Pack) -> list[str]:
    """Return the units that a held mail claims to be of, by its address."""
    if held.mail is None:
        return [held.delivery.sender_unit] if held.delivery.sender_unit else []
    addresses = frozenset(held.mail.from_addresses)
    contacts = pack.correspondence.units.items()
    return [code for code, contact in contacts if addresses & contact.addresses]


def why_not_waived(found: UnansweredFinding, rules: RuleSet) -> str:
    """Return why no waiver can be about a finding, "" if one can."""
    if found.is_of_cross_check:
        return "điểm đối chiếu: ghi nhận ý kiến, lưu ý vẫn còn cho đến khi số liệu khớp"
    if found.report is None or not rules.can_waive(found.finding.rule):
        return "không bỏ qua được: không đọc được số liệu, đơn vị phải gửi lại"
    return ""


def decided(decision: Decision) -> str:
    """Return who decided what, when and why."""
    at = format_instant(decision.decided_at)
    outcome = OUTCOMES[decision.outcome]
    return f"{decision.decided_by} đã {outcome} lúc {at}: {decision.reason}"
