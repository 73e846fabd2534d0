"""The office's desk: what waits, and what each decision does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from pydantic import ValidationError

from expectations.rules.rule_set import RuleSet
from flows.recovery.replay_log import export_changes
from mtqg.inbox.shown_item import OUTCOMES, ShownItem, claimed_units, decided, why_not_waived
from program.errors import UsageError
from program.finding import Severity
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry
from program.records.audit import Signature
from program.records.office_inbox import (
    Decision,
    DecisionOutcome,
    Explanation,
    HeldReplacement,
    UnansweredFinding,
)
from program.settings import Settings, load_settings
from program.vietnamese import format_date, format_instant, vietnam_day
from publish.reports.office_inbox import (
    EXPLANATION,
    HELD,
    REPLACEMENT,
    InboxLine,
    office_inbox,
    place_text,
    unit_text,
)
from warehouse.database.backends import OpenMode
from warehouse.database.engine import Warehouse, open_warehouse
from warehouse.lifecycle.decisions import (
    DecisionResult,
    decide_explanation,
    decide_replacement,
    decision_on_replacement,
    undo_decision_on_explanation,
    undo_decision_on_replacement,
)
from warehouse.lifecycle.holds import (
    HeldDelivery,
    HoldDecision,
    decision_on_held,
    refuse_held,
    release_held,
    undo_held,
)
from warehouse.queries.office_inbox import explanation_numbered

_SHORTEST_NAME = 3
_SHORTEST_REASON = 10
_MOST_REASON = 500
_MOST_DIGITS = 9
"""A longer number is in no table: their columns hold 32 bits."""


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key names: its kind, and its number in the table of the kind."""

    kind: str
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the key. Raises UsageError for a text that is none."""
        kind, number = text[:1].upper(), text[1:]
        is_number = number.isdecimal() and len(number) <= _MOST_DIGITS
        if kind not in (HELD, EXPLANATION, REPLACEMENT) or not is_number:
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
        item = ShownItem(self._settings, self._pack, self._rules, self._warehouse)
        if key.kind == HELD:
            yield from item.held(self._held(key))
        elif key.kind == EXPLANATION:
            yield from item.explanation(self._explanation(key))
        else:
            yield from item.replacement(self._replacement(key))

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

    def undo(self, text: str, reason: str) -> str:
        """Take back what was decided about what a key names, and return what that changed."""
        key = _Key.parse(text)
        self._check_name()
        _check_reason(reason)
        signature = Signature(self._by, datetime.now(UTC), _one_line(reason))
        if key.kind == HELD:
            return self._undo_held(key, signature)
        is_explanation = key.kind == EXPLANATION
        undo = undo_decision_on_explanation if is_explanation else undo_decision_on_replacement
        undone = undo(self._warehouse, key.number, signature, self._rules.confirmable)
        if undone is None:
            raise UsageError(f"{key}: chưa có quyết định nào để thu hồi")
        if undone.replacements:
            numbers = ", ".join(str(number) for number in undone.replacements)
            raise UsageError(
                f"{key}: bản thay thế đã được dùng; `mtqg withdraw {numbers}` rút bản đó, "
                "bản trước được dùng lại"
            )
        export_changes(self._settings, self._warehouse)
        done = f"{key}: đã thu hồi quyết định. Trước đó {decided(undone.decision)}"
        if not undone.requeued:
            return done
        return f"{done}. Lần chạy tới kiểm tra lại báo cáo (`mtqg run` chạy ngay)."

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

    # Decisions

    def _accept_explanation(
        self, explanation: Explanation, decision: Decision, only: str
    ) -> tuple[DecisionResult, list[UnansweredFinding]]:
        if explanation.decision is not None:
            return DecisionResult(explanation.decision, is_new=False), []
        if not explanation.is_open:
            raise UsageError(f"{EXPLANATION}{explanation.id}: không còn điểm nào phải quyết định")
        if not decision.reason:
            words = self._reason_of(explanation)
            decision = Decision(
                decision.outcome, decision.decided_by, decision.decided_at, words[:_MOST_REASON]
            )
        chosen = _chosen(explanation.findings, only)
        waivers = self._waivers(chosen, decision)
        result = decide_explanation(self._warehouse, explanation.id, decision, waivers=waivers)
        return result, chosen

    def _reason_of(self, explanation: Explanation) -> str:
        """Return the reason where none is given: the sender's own words, or which mail has them.

        The reason stays for good. Words about a form with personal data are purged with their mail.
        """
        explained = {each.report.form_code for each in explanation.findings if each.report}
        personal = {form.code for form in self._pack.forms if form.personal_days is not None}
        if explained & personal:
            day = format_date(vietnam_day(explanation.received_at))
            return f"Theo giải trình của đơn vị ngày {day} ({EXPLANATION}{explanation.id})"
        return f"Theo giải trình của đơn vị: {_one_line(explanation.text)}"

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
        for held in self._inbox.held:
            if held.delivery.id == key.number:
                return self._release(key, self._claimed_unit(key, held), _one_line(reason))
        earlier = _known(key, decision_on_held(self._warehouse, key.number))
        return self._held_decided(key, earlier, is_same=earlier.unit_code is not None)

    def _claimed_unit(self, key: _Key, held: HeldDelivery) -> str:
        units = claimed_units(held, self._pack)
        if len(units) != 1:
            raise UsageError(
                f"{key}: chưa rõ đơn vị nào gửi; dùng `mtqg inbox assign {key} MÃ_ĐƠN_VỊ`"
            )
        return units[0]

    def _release(self, key: _Key, unit: str, reason: str) -> str:
        signature = Signature(self._by, datetime.now(UTC), reason)
        result = release_held(self._warehouse, key.number, unit, signature)
        standing = _known(key, result)
        return self._held_decided(key, standing, is_same=standing.unit_code == unit)

    def _refuse_held(self, key: _Key, reason: str) -> str:
        signature = Signature(self._by, datetime.now(UTC), reason)
        result = refuse_held(self._warehouse, key.number, signature)
        standing = _known(key, result)
        return self._held_decided(key, standing, is_same=standing.unit_code is None)

    def _held_decided(self, key: _Key, standing: HoldDecision, *, is_same: bool) -> str:
        """Return what became of a decision. Raises UsageError if another one was made before."""
        outcome, done = "không nhận", "tệp vẫn được lưu, không ai được trả lời"
        if standing.unit_code is not None:
            outcome = f"nhận là của {unit_text(standing.unit_code, self._pack)}"
            done = "lần chạy tới sẽ kiểm tra"
        if standing.is_new:
            export_changes(self._settings, self._warehouse)
            return f"{key}: {outcome}; {done}."
        at = format_instant(standing.decided_at)
        sentence = f"{key}: không có gì thay đổi. {standing.decided_by} đã {outcome} lúc {at}"
        if not is_same:
            raise UsageError(sentence)
        return f"{sentence}."

    def _undo_held(self, key: _Key, signature: Signature) -> str:
        undone = undo_held(self._warehouse, key.number, signature)
        if undone is None:
            raise UsageError(f"{key}: chưa có quyết định nào để thu hồi")
        if not undone.is_new:
            raise UsageError(
                f"{key}: tệp đã được tiếp nhận; `mtqg withdraw` rút từng tệp đã nhận từ đó"
            )
        export_changes(self._settings, self._warehouse)
        at = format_instant(undone.decided_at)
        return f"{key}: đã thu hồi quyết định của {undone.decided_by} lúc {at}; lại chờ cơ quan."

    # Waivers

    def _waivers(
        self, chosen: Sequence[UnansweredFinding], decision: Decision
    ) -> list[WaiverEntry]:
        """Return the waivers of what can be waived.

        Raises UsageError for a critical finding that cannot be: accepting it would change nothing.
        """
        waivers: list[WaiverEntry] = []
        for each in chosen:
            why_not = why_not_waived(each, self._rules)
            if why_not and each.finding.severity is Severity.CRITICAL:
                place = place_text(each)
                raise UsageError(f"{place}: {why_not}; chọn các điểm khác bằng --only")
            if not why_not:
                waivers.append(_waiver(each, decision))
        return waivers

    def _accepted(self, chosen: Sequence[UnansweredFinding]) -> str:
        waived = sum(not why_not_waived(each, self._rules) for each in chosen)
        if not waived:
            return "đã ghi nhận"
        return (
            f"{waived} điểm được bỏ qua; lần chạy tới kiểm tra lại báo cáo và báo cho đơn vị "
            "(`mtqg run` chạy ngay)"
        )

    def _said(self, key: _Key, result: DecisionResult, wanted: DecisionOutcome, done: str) -> str:
        """Return what became of a decision. Raises UsageError if another one was made before."""
        if result.is_new:
            return f"{key}: {OUTCOMES[wanted]}; {done}."
        sentence = f"{key}: không có gì thay đổi. {decided(result.decision)}"
        if result.decision.outcome is not wanted:
            raise UsageError(sentence)
        return sentence

    def _decision(self, outcome: DecisionOutcome, reason: str) -> Decision:
        return Decision(outcome, self._by, datetime.now(UTC), _one_line(reason))

    def _check_name(self) -> None:
        if len(self._by) < _SHORTEST_NAME:
            raise UsageError("--by: ghi họ tên, chức vụ của người quyết định")


def _known(key: _Key, decision: HoldDecision | None) -> HoldDecision:
    if decision is None:
        raise UsageError(f"{key}: không có trong danh sách chờ; `mtqg inbox` liệt kê")
    return decision


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


def _one_line(text: str) -> str:
    return " ".join(text.split())
