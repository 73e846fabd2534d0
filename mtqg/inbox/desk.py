"""The office's desk: what waits, in words, and what each decision does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from pydantic import ValidationError

from connectors.archive import Archive
from connectors.mails.mail_deliveries import extractable_mail, files_of_mail
from expectations.rules.rule_set import RuleSet
from flows.recovery.replay_log import export_changes
from program.errors import UsageError
from program.finding import ReaderFinding, Severity
from program.pack.load import Pack, load_pack
from program.pack.waiver import WaiverEntry
from program.records.office_inbox import (
    Decision,
    DecisionOutcome,
    Explanation,
    HeldReplacement,
    UnansweredFinding,
)
from program.settings import Settings, load_settings
from program.vietnamese import format_instant, vietnam_day
from publish.reports.office_inbox import (
    EXPLANATION,
    HELD,
    REPLACEMENT,
    InboxLine,
    office_inbox,
    place_text,
    reason_text,
    report_text,
    unit_text,
)
from warehouse.database.backends import OpenMode
from warehouse.database.engine import Warehouse, open_warehouse
from warehouse.lifecycle.decisions import (
    DecisionResult,
    decide_explanation,
    decide_replacement,
    decision_on_replacement,
)
from warehouse.lifecycle.holds import HeldDelivery, HoldDecision, refuse_held, release_held
from warehouse.queries.office_inbox import explanation_numbered, mail_files
from warehouse.states import DeliveryState

_OUTCOMES = {
    DecisionOutcome.ACCEPTED: "chấp nhận",
    DecisionOutcome.REFUSED: "không chấp nhận",
}
_SHORTEST_NAME = 3
_SHORTEST_REASON = 10
_MOST_REASON = 500


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key names: its kind, and its number in the table of the kind."""

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key. Raises UsageError for a text that is none."""
        kind, number = text[:1].upper(), text[1:]
        if kind not in (HELD, EXPLANATION, REPLACEMENT) or not number.isdecimal():
            raise UsageError(f"không có mã {text!r}: mã là T, G hoặc B và một số, ví dụ G3")
        return cls(kind, int(number))

    def __str__(self) -> str:
        return f"{self.kind}{self.number}"


class Desk:
    """Everything that the commands need. `by` is the person who decides."""

    def __init__(self, settings: Settings, by: str) -> None:
        self._settings = settings
        self._by = by
        self._pack: Pack = load_pack(settings.pack)
        self._rules = RuleSet(self._pack)
        self._warehouse: Warehouse = open_warehouse(settings.warehouse_url, OpenMode.WRITING)
        self._inbox = office_inbox(self._warehouse, self._rules.confirmable)

    @classmethod
    def open(cls, by: str = "") -> Self:
        """Return the desk of the configured warehouse."""
        return cls(load_settings(), " ".join(by.split()))

    def lines(self) -> list[InboxLine]:
        """Return a line for each thing that waits, the oldest first."""
        return self._inbox.lines(self._pack)

    def shown(self, text: str) -> Iterator[str]:
        """Yield the lines of one thing that waits, or was decided."""
        key = _Key.parse(text)
        if key.kind == HELD:
            yield from self._shown_held(self._held(key))
        elif key.kind == EXPLANATION:
            yield from self._shown_explanation(self._explanation(key))
        else:
            yield from self._shown_replacement(self._replacement(key))

    def accept(self, text: str, reason: str, only: str) -> str:
        """Accept what a key names, and return what that changed."""
        key = _Key.parse(text)
        self._check_name()
        if key.kind == HELD:
            return self._accept_held(key, reason)
        decision = self._decision(DecisionOutcome.ACCEPTED, reason)
        if key.kind == EXPLANATION:
            explanation = self._explanation(key)
            result, chosen = self._accept_explanation(explanation, decision, only)
        else:
            result, chosen = self._accept_replacement(key, decision, only)
        export_changes(self._settings, self._warehouse)
        return self._said(key, result, DecisionOutcome.ACCEPTED, self._accepted(chosen))

    def refuse(self, text: str, reason: str) -> str:
        """Refuse what a key names, and return what that changed."""
        key = _Key.parse(text)
        self._check_name()
        _check_reason(reason)
        if key.kind == HELD:
            return self._refuse_held(key, _one_line(reason))
        decision = self._decision(DecisionOutcome.REFUSED, reason)
        if key.kind == EXPLANATION:
            result = self._refuse_explanation(self._explanation(key), decision)
        else:
            result = self._refuse_replacement(key, decision)
        export_changes(self._settings, self._warehouse)
        told = "lý do được gửi cho đơn vị trong lần gửi thư tới (`mtqg mail send` gửi ngay)"
        return self._said(key, result, DecisionOutcome.REFUSED, told)

    def assign(self, text: str, unit: str, reason: str) -> str:
        """Say which unit sent a held delivery, and return what that changed."""
        key = _Key.parse(text)
        self._check_name()
        if key.kind != HELD:
            raise UsageError(f"{key}: chỉ thư hoặc tệp giữ lại (mã T…) mới gán được cho đơn vị")
        if self._pack.unit_on(unit, None) is None:
            raise UsageError(f"không có đơn vị {unit!r}; mã đơn vị ở units.csv của bộ cấu hình")
        return self._release(key, unit, _one_line(reason))

    def lines_to_remember(self, text: str, unit: str) -> Iterator[str]:
        """Yield the lines for contacts.yaml, by which the next mail of the sender is known."""
        key = _Key.parse(text)
        addresses = self._addresses.get(key.number, ())
        if not addresses:
            return
        contact = self._pack.contact_of(unit)
        known = {contact.email.lower(), *contact.other_emails}
        listed = ", ".join(each for each in (*contact.other_emails, *addresses) if each)
        if known.issuperset(addresses):
            return
        yield f"Để lần sau hệ thống nhận ra, ghi vào contacts.yaml, mục units, đơn vị {unit!r}:"
        yield f"  other_emails: [{listed}]"

    @property
    def _addresses(self) -> dict[int, Sequence[str]]:
        found: dict[int, Sequence[str]] = {}
        for held in self._inbox.held:
            if held.mail is not None:
                found[held.delivery.id] = held.mail.from_addresses
        return found

    # What a key names

    def _held(self, key: _Key) -> HeldDelivery:
        for each in self._inbox.held:
            if each.delivery.id == key.number:
                return each
        raise UsageError(f"{key}: không có trong danh sách chờ; `mtqg inbox` liệt kê")

    def _explanation(self, key: _Key) -> Explanation:
        found = explanation_numbered(self._warehouse, key.number)
        if found is None:
            raise UsageError(f"{key}: không có giải trình này; `mtqg inbox` liệt kê")
        return found

    def _replacement(self, key: _Key) -> HeldReplacement:
        for each in self._inbox.replacements:
            if each.submission_id == key.number:
                return each
        raise UsageError(f"{key}: không có trong danh sách chờ; `mtqg inbox` liệt kê")

    # What is shown

    def _shown_held(self, held: HeldDelivery) -> Iterator[str]:
        delivery, mail = held.delivery, held.mail
        yield f"{HELD}{delivery.id}: {reason_text(held.reason)}"
        yield f"Nhận lúc: {format_instant(delivery.received_at)}"
        for unit in self._claimed_units(held):
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
        content = Archive(self._settings.archive_url).get(held.delivery.sha256)
        limits = self._settings.limits
        opened = extractable_mail(content, limits)
        if held.mail is None or isinstance(opened, ReaderFinding):
            return []
        return [file.name for file in files_of_mail(opened, held.mail, limits)]

    def _shown_explanation(self, explanation: Explanation) -> Iterator[str]:
        sender = unit_text(explanation.unit_code, self._pack)
        yield f"{EXPLANATION}{explanation.id}: giải trình của {sender} ({explanation.recipient})"
        yield f"Nhận lúc: {format_instant(explanation.received_at)}"
        for name in mail_files(self._warehouse, explanation.delivery_id):
            yield f"Tệp đính kèm: {name}"
        if explanation.decision is not None:
            yield _decided(explanation.decision)
        yield from ("", explanation.text, "")
        for report in explanation.missing:
            yield f"Báo cáo chưa gửi: {report_text(report, self._pack)}"
        yield from self._shown_findings(explanation.findings)
        if not explanation.findings and not explanation.missing and explanation.decision is None:
            yield "Không còn điểm nào phải xem: báo cáo đã có bản mới, hoặc đã rút."

    def _shown_replacement(self, replacement: HeldReplacement) -> Iterator[str]:
        sender = unit_text(replacement.sender_unit or replacement.report.unit_code, self._pack)
        report = report_text(replacement.report, self._pack)
        yield f"{REPLACEMENT}{replacement.submission_id}: bản thay thế của {sender}, {report}"
        yield f"Tệp: {replacement.delivery_name}"
        yield f"Nhận lúc: {format_instant(replacement.received_at)}"
        yield "Bản trước vẫn được dùng cho đến khi cơ quan quyết định."
        yield from self._shown_findings(replacement.findings)

    def _shown_findings(self, findings: Sequence[UnansweredFinding]) -> Iterator[str]:
        for number, each in enumerate(findings, start=1):
            severity = "Lỗi" if each.finding.severity is Severity.CRITICAL else "Lưu ý"
            report = report_text(each.report, self._pack)
            yield f"{number}. {severity}, {report}, {place_text(each)}"
            value = f" Đang ghi: {each.finding.value}." if each.finding.value else ""
            yield f"   {each.finding.message}{value}"
            why_not = self._why_not_waived(each)
            if why_not:
                yield f"   ({why_not})"

    # Decisions

    def _accept_explanation(
        self, explanation: Explanation, decision: Decision, only: str
    ) -> tuple[DecisionResult, list[UnansweredFinding]]:
        if explanation.decision is not None:
            return DecisionResult(explanation.decision, is_new=False), []
        if not explanation.is_open:
            raise UsageError(f"{EXPLANATION}{explanation.id}: không còn điểm nào phải quyết định")
        if not decision.reason:
            # Its sender's own words say why.
            words = f"Theo giải trình của đơn vị: {_one_line(explanation.text)}"
            decision = Decision(
                decision.outcome, decision.decided_by, decision.decided_at, words[:_MOST_REASON]
            )
        chosen = _chosen(explanation.findings, only)
        waivers = self._waivers(chosen, decision)
        result = decide_explanation(self._warehouse, explanation.id, decision, waivers=waivers)
        return result, chosen

    def _accept_replacement(
        self, key: _Key, decision: Decision, only: str
    ) -> tuple[DecisionResult, list[UnansweredFinding]]:
        earlier = decision_on_replacement(self._warehouse, key.number)
        if earlier is not None:
            return DecisionResult(earlier, is_new=False), []
        _check_reason(decision.reason)
        chosen = _chosen(self._replacement(key).findings, only)
        waivers = self._waivers(chosen, decision)
        result = decide_replacement(self._warehouse, key.number, decision, waivers=waivers)
        return result, chosen

    def _refuse_explanation(self, explanation: Explanation, decision: Decision) -> DecisionResult:
        if explanation.decision is not None:
            return DecisionResult(explanation.decision, is_new=False)
        if not explanation.is_open:
            raise UsageError(f"{EXPLANATION}{explanation.id}: không còn điểm nào phải quyết định")
        if not explanation.findings:
            raise UsageError(
                f"{EXPLANATION}{explanation.id}: báo cáo chưa gửi nên không có điểm nào để từ "
                "chối; xin trao đổi trực tiếp với đơn vị"
            )
        about = sorted({each.submission_id for each in explanation.findings})
        return decide_explanation(
            self._warehouse,
            explanation.id,
            decision,
            recipient=explanation.recipient,
            about=about,
        )

    def _refuse_replacement(self, key: _Key, decision: Decision) -> DecisionResult:
        earlier = decision_on_replacement(self._warehouse, key.number)
        if earlier is not None:
            return DecisionResult(earlier, is_new=False)
        replacement = self._replacement(key)
        sender = replacement.sender_unit or replacement.report.unit_code
        recipient = self._pack.contact_of(sender).email
        return decide_replacement(self._warehouse, key.number, decision, recipient=recipient)

    def _accept_held(self, key: _Key, reason: str) -> str:
        # One that does not wait is unchanged, whichever unit is named.
        units = [""]
        for held in self._inbox.held:
            if held.delivery.id == key.number:
                units = self._claimed_units(held)
        if len(units) != 1:
            raise UsageError(
                f"{key}: chưa rõ đơn vị nào gửi; dùng `mtqg inbox assign {key} MÃ_ĐƠN_VỊ`"
            )
        return self._release(key, units[0], _one_line(reason))

    def _claimed_units(self, held: HeldDelivery) -> list[str]:
        """Return the units that a held mail claims to be of, by its address."""
        if held.mail is None:
            return [held.delivery.sender_unit] if held.delivery.sender_unit else []
        addresses = frozenset(held.mail.from_addresses)
        contacts = self._pack.correspondence.units.items()
        return [code for code, contact in contacts if addresses & contact.addresses]

    def _release(self, key: _Key, unit: str, reason: str) -> str:
        change = release_held(
            self._warehouse, key.number, unit, by=self._by, reason=reason, now=datetime.now(UTC)
        )
        done = f"nhận là của {unit_text(unit, self._pack)}; lần chạy tới sẽ kiểm tra"
        return self._held_decided(key, change, done, is_refusal=False)

    def _refuse_held(self, key: _Key, reason: str) -> str:
        change = refuse_held(
            self._warehouse, key.number, by=self._by, reason=reason, now=datetime.now(UTC)
        )
        done = "không nhận; tệp vẫn được lưu, không ai được trả lời"
        return self._held_decided(key, change, done, is_refusal=True)

    def _held_decided(self, key: _Key, change: HoldDecision, done: str, *, is_refusal: bool) -> str:
        if change.state is None:
            raise UsageError(f"{key}: không có trong danh sách chờ; `mtqg inbox` liệt kê")
        if not change.is_done:
            sentence = f"{key}: đã được quyết định trước đó, không có gì thay đổi"
            was_refused = change.state is DeliveryState.WITHDRAWN
            if was_refused is not is_refusal:
                raise UsageError(sentence)
            return f"{sentence}."
        export_changes(self._settings, self._warehouse)
        return f"{key}: {done}."

    # Waivers

    def _why_not_waived(self, found: UnansweredFinding) -> str:
        """Return why no waiver can be about a finding, "" if one can."""
        if found.is_of_cross_check:
            return "điểm đối chiếu: ghi nhận ý kiến, lưu ý vẫn còn cho đến khi số liệu khớp"
        if found.report is None or not self._rules.can_waive(found.finding.rule):
            return "không bỏ qua được: không đọc được số liệu, đơn vị phải gửi lại"
        return ""

    def _waivers(
        self, chosen: Sequence[UnansweredFinding], decision: Decision
    ) -> list[WaiverEntry]:
        """Return the waivers of what can be waived.

        Raises UsageError for a critical finding that cannot be: accepting it would change nothing.
        """
        waivers: list[WaiverEntry] = []
        for each in chosen:
            why_not = self._why_not_waived(each)
            if why_not and each.finding.severity is Severity.CRITICAL:
                place = place_text(each)
                raise UsageError(f"{place}: {why_not}; chọn các điểm khác bằng --only")
            if not why_not:
                waivers.append(_waiver(each, decision))
        return waivers

    def _accepted(self, chosen: Sequence[UnansweredFinding]) -> str:
        waived = sum(not self._why_not_waived(each) for each in chosen)
        if not waived:
            return "đã ghi nhận"
        return (
            f"{waived} điểm được bỏ qua; lần chạy tới kiểm tra lại báo cáo và báo cho đơn vị "
            "(`mtqg run` chạy ngay)"
        )

    def _said(self, key: _Key, result: DecisionResult, wanted: DecisionOutcome, done: str) -> str:
        """Return what became of a decision. Raises UsageError if another one was made before."""
        if result.is_new:
            return f"{key}: {_OUTCOMES[wanted]}; {done}."
        sentence = f"{key}: không có gì thay đổi. {_decided(result.decision)}"
        if result.decision.outcome is not wanted:
            raise UsageError(sentence)
        return sentence

    def _decision(self, outcome: DecisionOutcome, reason: str) -> Decision:
        return Decision(outcome, self._by, datetime.now(UTC), _one_line(reason))

    def _check_name(self) -> None:
        if len(self._by) < _SHORTEST_NAME:
            raise UsageError("--by: ghi họ tên, chức vụ của người quyết định")


def _waiver(found: UnansweredFinding, decision: Decision) -> WaiverEntry:
    report, finding = found.report, found.finding
    if report is None:
        raise ValueError(f"a waiver of {finding.rule} without a report")
    try:
        return WaiverEntry(
            rule=finding.rule,
            form=report.form_code,
            unit=report.unit_code,
            period=report.period,
            stage=report.stage,
            sheet=finding.sheet,
            cell=finding.cell,
            value=finding.value,
            reason=decision.reason,
            by=decision.decided_by,
            decided_on=vietnam_day(decision.decided_at),
            until=None,
        )
    except ValidationError as wrong:
        raise UsageError(f"{place_text(found)}: {wrong.errors()[0]['msg']}") from wrong


def _chosen(findings: Sequence[UnansweredFinding], only: str) -> list[UnansweredFinding]:
    """Return the findings with the numbers of `only`, all of them where it is empty."""
    if not only.strip():
        return list(findings)
    chosen: list[UnansweredFinding] = []
    for text in only.split(","):
        number = text.strip()
        if not number.isdecimal() or not 1 <= int(number) <= len(findings):
            raise UsageError(f"--only: không có điểm số {number!r}; có 1 đến {len(findings)}")
        chosen.append(findings[int(number) - 1])
    return chosen


def _check_reason(reason: str) -> None:
    if len(_one_line(reason)) < _SHORTEST_REASON:
        raise UsageError(f"--reason: ghi lý do, ít nhất {_SHORTEST_REASON} ký tự")


def _decided(decision: Decision) -> str:
    at = format_instant(decision.decided_at)
    outcome = _OUTCOMES[decision.outcome]
    return f"{decision.decided_by} đã {outcome} lúc {at}: {decision.reason}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
