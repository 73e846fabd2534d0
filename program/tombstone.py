"""A tombstone: what stays of bytes that were removed from the archive, so that ledger, lineage and rebuild stay whole."""

from datetime import datetime
from typing import Any

from pydantic import Field

from program.configuration import Model
from program.delivery import Delivery
from program.finding import Finding, Severity
from program.period import Period
from program.qualifier import Qualifier
from program.stage import Stage
from program.submission import Fact, Submission, Verdict

PURGED = "ledger/purged"
"""The archive's folder of tombstones."""


class Judged(Model):
    """What one judgement of a delivery came to: a row for each of its submissions, with findings and facts, none personal."""

    delivery: int
    judgement: int
    submissions: tuple[dict[str, Any], ...]

    def of(self, delivery: Delivery) -> list[Submission]:
        """Return the submissions as judging them had given them."""
        return [_submission(row, delivery) for row in self.submissions]


def _submission(row: dict[str, Any], delivery: Delivery) -> Submission:
    return Submission(
        delivery=delivery,
        verdict=Verdict(row["verdict"]),
        findings=tuple(Finding(**{**finding, "severity": Severity(finding["severity"])}) for finding in row["findings"]),
        form_code=row["form"],
        form_version=row["form_version"],
        unit_code=row["unit"],
        period=Period.parse(row["period"]) if row["period"] else None,
        stage=Stage(row["stage"]),
        facts=tuple(_fact(fact) for fact in row["facts"]),
        part=row["part"],
        values_read=row["values_read"],
    )


def _fact(fact: dict[str, Any]) -> Fact:
    return Fact(**{**fact, "qualifier": Qualifier(fact["qualifier"]) if fact["qualifier"] else None})


class Tombstone(Model):
    """Which bytes were removed, when and why; and what every judgement of them had come to, since nobody can judge them again."""

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    purged_at: datetime
    why: str
    judged: tuple[Judged, ...]

    @property
    def name(self) -> str:
        """Its name in the archive."""
        return tombstone_name(self.sha256)


def tombstone_name(sha256: str) -> str:
    """Return the name, in the archive, of the tombstone of bytes."""
    return f"{PURGED}/{sha256}.json"
