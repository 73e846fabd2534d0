"""Holding reports against each other: what is newly believed, and what an earlier comparison took out."""

import logging
from collections.abc import Callable, Collection
from datetime import datetime
from typing import TYPE_CHECKING

from program.finding import Finding, Severity
from warehouse.compared import has_taken_out, reports_with_taken_out
from warehouse.comparing import (
    Occasion,
    Recipient,
    believed_reports,
    by_last_day,
    record_comparison,
    uncompared,
)
from warehouse.engine import Warehouse

if TYPE_CHECKING:
    from expectations.checking import Checker
    from expectations.rules import RuleSet

logger = logging.getLogger("mtqg.comparing")


def compare_believed(
    warehouse: Warehouse,
    checker: "Checker",
    rules: "RuleSet",
    *,
    run_id: int,
    recipient: Recipient,
    clock: Callable[[], datetime],
) -> int:
    """Hold reports against what others say of the same period; return how many findings are new.

    Periods that end on one day come after those of another, so that memory does not grow with the
    past. The findings that this brings or ends, and the notices, are one transaction; a night that
    dies before it leaves the rest to the next one.
    """
    occasions = uncompared(warehouse)
    if not occasions:
        return 0
    found: list[tuple[int, Finding]] = []
    cleared: list[int] = []
    for of_one_day in by_last_day(occasions):
        found += checker.compare(believed_reports(warehouse, of_one_day, rules.compared))
        cleared += _cleared(warehouse, checker, of_one_day, rules)
    place = {rule.id: number for number, rule in enumerate(rules.across)}
    found.sort(key=lambda each: place[each[1].rule])
    new = record_comparison(warehouse, occasions, found, run_id=run_id, recipient=recipient, now=clock(), cleared=cleared)
    logger.info("compare occasions=%d found=%d findings=%d", len(occasions), len(found), new)
    return new


def _cleared(
    warehouse: Warehouse,
    checker: "Checker",
    occasions: Collection[Occasion],
    rules: "RuleSet",
) -> list[int]:
    """Return the reports that no other speaks against any more, were those that a comparison took out believed as well."""
    if not has_taken_out(warehouse, occasions):
        return []
    reports = reports_with_taken_out(warehouse, occasions, rules.compared)
    found = checker.compare(reports)
    spoken_against = {number for number, finding in found if finding.severity is Severity.CRITICAL}
    return sorted({report.number for report in reports} - spoken_against)
