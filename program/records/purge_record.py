"""What the archive keeps of a file that was purged.

With it the ledger, the lineage and a rebuild stay complete.
"""

from datetime import datetime
from typing import Any

from pydantic import Field

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.delivery import Delivery
from program.finding import Finding, Severity
from program.forms.qualifier import Qualifier
from program.pack.yaml_file import Model
from program.submission import Fact, Submission, Verdict

PURGED = "ledger/purged"
"""The archive's folder of the records of purges."""


class PurgedSubmission(Model):
    """The result of one check of a delivery: its submissions with findings and facts.

    Nothing in them is personal. `attempt` is the number of the check.
    """

    delivery: int
    attempt: int
    submissions: tuple[dict[str, Any], ...]

    def of(self, delivery: Delivery) -> list[Submission]:
        """Return the recorded submissions, as submissions of `delivery`."""
        return [_submission(row, delivery) for row in self.submissions]


def _submission(row: dict[str, Any], delivery: Delivery) -> Submission:
    period = row["period"]
    return Submission(
        delivery=delivery,
        verdict=Verdict(row["verdict"]),
        findings=tuple(_finding(finding) for finding in row["findings"]),
        form_code=row["form"],
        form_version=row["form_version"],
        unit_code=row["unit"],
        period=Period.parse(period) if period else None,
        stage=Stage(row["stage"]),
        facts=tuple(_fact(fact) for fact in row["facts"]),
        report_no=row["report_no"],
        values_read=row["values_read"],
    )


def _finding(finding: dict[str, Any]) -> Finding:
    values = {**finding, "severity": Severity(finding["severity"])}
    # Release 0.2.0 wrote `waived_by` under this name, and a record is never written again.
    if "overruled" in values:
        values["waived_by"] = values.pop("overruled")
    return Finding(**values)


def _fact(fact: dict[str, Any]) -> Fact:
    word = fact["qualifier"]
    qualifier = Qualifier(word) if word else None
    return Fact(**{**fact, "qualifier": qualifier})


class PurgeRecord(Model):
    """Which file was purged, when and why, and the results of all its checks.

    Nobody can check the file again: its bytes are gone.
    """

    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    purged_at: datetime
    why: str
    checks: tuple[PurgedSubmission, ...]

    @property
    def name(self) -> str:
        """Its name in the archive."""
        return purge_record_name(self.sha256)


def purge_record_name(sha256: str) -> str:
    """Return the name in the archive of the purge record for a file with this sha256."""
    return f"{PURGED}/{sha256}.json"
