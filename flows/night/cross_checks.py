"""Cross-check reports: the newly current ones, and those that an earlier cross-check rejected."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from program.finding import Finding, Severity
from warehouse.database.engine import Warehouse
from warehouse.lifecycle.cross_check_input import has_rejected, reports_with_rejected
from warehouse.lifecycle.cross_checks import (
    Recipient,
    WarehousePeriodStage,
    by_year,
    current_report_facts,
    due_for_cross_check,
    record_cross_check,
)

if TYPE_CHECKING:
    from expectations.checking import Checker
    from expectations.rules.rule_set import RuleSet

logger = logging.getLogger("mtqg.comparing")


def cross_check_current(
    warehouse: Warehouse,
    checker_of: Callable[[], "Checker"],
    rules: "RuleSet",
    *,
    run_id: int,
    recipient: Recipient,
    clock: Callable[[], datetime],
) -> int:
    """Cross-check the reports that are due for it; return how many findings are new.

    The new and the resolved findings and the notices are one transaction. A run that dies
    before it leaves the cross-check to the next run. `checker_of` is called where there is
    something to check: it may import Great Expectations, which takes seconds.
    """
    period_stages = due_for_cross_check(warehouse)
    if not period_stages:
        return 0
    checker = checker_of()
    found: list[tuple[int, Finding]] = []
    resolved: list[int] = []
    # One group after the other, so that memory does not grow with the number of years. Only
    # periods of one year are compared with each other.
    for group in by_year(period_stages):
        reports = current_report_facts(warehouse, group, rules.compared)
        found += checker.compare(reports)
        resolved += _resolved(warehouse, checker, group, rules)
    _sort_by_rule(found, rules)
    new = record_cross_check(
        warehouse,
        period_stages,
        found,
        run_id=run_id,
        recipient=recipient,
        now=clock(),
        cleared=resolved,
    )
    logger.info(
        "compare period_stages=%d found=%d findings=%d", len(period_stages), len(found), new
    )
    return new


def _sort_by_rule(found: list[tuple[int, Finding]], rules: "RuleSet") -> None:
    """Sort findings in place by the order of the rules; the order within a rule stays."""
    positions = {rule.id: position for position, rule in enumerate(rules.across)}

    def position_of(entry: tuple[int, Finding]) -> int:
        _, finding = entry
        return positions[finding.rule]

    found.sort(key=position_of)


def _resolved(
    warehouse: Warehouse,
    checker: "Checker",
    period_stages: Collection[WarehousePeriodStage],
    rules: "RuleSet",
) -> list[int]:
    """Return the reports without a critical finding if the rejected ones counted again.

    Current reports are among them; the caller needs the rejected ones only.
    """
    if not has_rejected(warehouse, period_stages):
        return []
    reports = reports_with_rejected(warehouse, period_stages, rules.compared)
    found = checker.compare(reports)
    critical = {number for number, finding in found if finding.severity is Severity.CRITICAL}
    return sorted({report.number for report in reports} - critical)
