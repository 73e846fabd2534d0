"""What a record of a purge gives back, also one that an older release wrote."""

from dataclasses import asdict
from typing import Any

import pytest

from program.finding import Finding, Severity
from program.records.purge_record import PurgedSubmission
from tests.conftest import delivery

WAIVED = Finding(
    rule="CELL-16",
    severity=Severity.INFO,
    message="m",
    fix="f",
    waived_by="Trưởng phòng (20/01/2025): đã đối chiếu danh sách.",
)


def recorded(finding: dict[str, Any]) -> PurgedSubmission:
    submission = {
        "report_no": 0,
        "form": "training",
        "form_version": "v2",
        "unit": "942",
        "period": "2024-Q4",
        "stage": "final",
        "values_read": 40,
        "verdict": "accepted",
        "findings": [finding],
        "facts": [],
    }
    return PurgedSubmission(delivery=1, attempt=1, submissions=(submission,))


@pytest.mark.parametrize("name", ["waived_by", "overruled"])
def test_a_waived_finding_comes_back_from_this_release_and_from_0_2_0(name: str) -> None:
    finding = asdict(WAIVED)
    finding[name] = finding.pop("waived_by")
    (submission,) = recorded(finding).of(delivery())
    assert submission.findings == (WAIVED,)
