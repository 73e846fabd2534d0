"""What a check prints for another program. Its keys are a contract: docs/rules.md names them."""

from collections import Counter
from dataclasses import asdict

from mtqg.checking.files import named
from mtqg.checking.verdicts import Checked, CheckFailure
from mtqg.console import print_json
from program.finding import Finding

_JSON_KEYS = ("rule", "severity", "sheet", "cell", "value", "message", "fix")


class JsonReport:
    """One object for one report, or a list of objects for several reports or a folder.

    An object has its `file` where several files are checked, and its `report_no` where its file
    holds several reports.
    """

    def __init__(self, *, is_one_file: bool) -> None:
        self._is_one_file = is_one_file
        self._checked: list[Checked] = []

    def add(self, checked: Checked) -> None:
        """Keep the result for one report until `close`."""
        self._checked.append(checked)

    def close(self) -> None:
        """Print the JSON."""
        parts = Counter(checked.path for checked in self._checked)
        # A single file may be a zip with several files in it.
        has_file = not self._is_one_file or len(parts) > 1
        reports: list[dict[str, object]] = []
        for checked in self._checked:
            about: dict[str, object] = {}
            if has_file:
                about["file"] = named(checked.path)
            has_several = parts[checked.path] > 1
            if checked.submission and has_several:
                about["report_no"] = checked.submission.report_no
            reports.append(about | _as_json(checked))
        if self._is_one_file and len(reports) == 1:
            print_json(reports[0])
        else:
            print_json(reports)


def _as_json(checked: Checked) -> dict[str, object]:
    submission = checked.submission
    period = submission.period if submission else None
    fields: dict[str, object] = {
        "verdict": checked.verdict.value,
        "form": submission.form_code if submission else None,
        "unit": submission.unit_code if submission else None,
        "period": period.code if period else None,
        "findings": [_finding_as_json(finding) for finding in checked.findings],
    }
    if isinstance(checked.result, CheckFailure):
        failure = checked.result
        detail = f": {failure.detail}" if failure.detail else ""
        fields["error"] = f"{failure.kind}{detail}"
    return fields


def _finding_as_json(finding: Finding) -> dict[str, object]:
    fields = asdict(finding)
    return {key: fields[key] for key in _JSON_KEYS}
