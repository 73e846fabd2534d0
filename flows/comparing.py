"""Holding reports against each other: what is newly believed, and what an earlier comparison took out."""

import logging
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from program.current import facts_as_believed
from program.finding import Severity
from warehouse.compared import compared_reports, has_taken_out
from warehouse.comparing import Occasion, Recipient, believed_facts, record_comparison, uncompared
from warehouse.engine import Warehouse

if TYPE_CHECKING:
    from expectations.checking import Checker

logger = logging.getLogger("mtqg.comparing")


def compare_believed(
    warehouse: Warehouse,
    checker: "Checker",
    forms: Collection[str],
    *,
    run_id: int,
    recipient: Recipient,
    clock: Callable[[], datetime],
) -> int:
    """Hold the reports of `forms` against what others say of the same period; return how many findings are new.

    The findings that this brings or ends, and the notices, are one transaction; a night that dies before it leaves the rest
    to the next one.
    """
    occasions = uncompared(warehouse)
    if not occasions:
        return 0
    facts = believed_facts(warehouse, occasions, forms)
    found, cleared = checker.compare(facts), _cleared(warehouse, checker, occasions, forms)
    new = record_comparison(warehouse, occasions, found, run_id=run_id, recipient=recipient, now=clock(), cleared=cleared)
    logger.info("compare occasions=%d facts=%d findings=%d", len(occasions), len(facts), new)
    return new


def _cleared(warehouse: Warehouse, checker: "Checker", occasions: Sequence[Occasion], forms: Collection[str]) -> list[int]:
    """Return the reports that no other speaks against any more, were those that a comparison took out believed as well."""
    if not has_taken_out(warehouse, occasions):
        return []
    reports = compared_reports(warehouse, occasions, forms)
    found = checker.compare([fact for number, report in reports.items() for fact in facts_as_believed(number, report)])
    return sorted(reports.keys() - {number for number, finding in found if finding.severity is Severity.CRITICAL})
