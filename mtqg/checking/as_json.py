"""What a check prints for another program. Its keys are a contract: docs/rules.md names them."""

from collections import Counter
from dataclasses import asdict

from mtqg.checking.files import named
from mtqg.checking.verdicts import Checked, Failure
from mtqg.console import print_json

_JSON_KEYS = ("rule", "severity", "sheet", "cell", "value", "message", "fix")


class JsonReport:
    """One object for one report; for several, or for a folder, a list of such objects.

    Each then has its `file`, where more than one was asked for, and its `part`, where that file holds several reports.
    """

    def __init__(self, *, is_one_file: bool) -> None:
        self._is_one_file = is_one_file
        self._checked: list[Checked] = []

    def add(self, checked: Checked) -> None:
        """Keep what is to be said of one report until the end."""
        self._checked.append(checked)

    def close(self) -> None:
        """Print the JSON."""
        parts = Counter(checked.path for checked in self._checked)
        is_one = self._is_one_file and len(self._checked) == 1
        is_named = not self._is_one_file or len(parts) > 1
        reports = [_about(checked, parts[checked.path], is_named=is_named) | _as_json(checked) for checked in self._checked]
        print_json(reports[0] if is_one else reports)


def _about(checked: Checked, parts: int, *, is_named: bool) -> dict[str, object]:
    about: dict[str, object] = {"file": named(checked.path)} if is_named else {}
    return about | ({"part": checked.submission.part} if checked.submission and parts > 1 else {})


def _as_json(checked: Checked) -> dict[str, object]:
    submission = checked.submission
    about: dict[str, object] = {
        "verdict": checked.verdict.value,
        "form": submission.form_code if submission else None,
        "unit": submission.unit_code if submission else None,
        "period": submission.period.code if submission and submission.period else None,
        "findings": [{key: asdict(f)[key] for key in _JSON_KEYS} for f in checked.findings],
    }
    if isinstance(checked.result, Failure):
        about["error"] = ": ".join(part for part in (checked.result.kind, checked.result.detail) if part)
    return about
