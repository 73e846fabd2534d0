"""What a check prints for another program. Its keys are a contract: docs/rules.md names them."""

from dataclasses import asdict

from mtqg.checking.files import named
from mtqg.checking.verdicts import Checked, Failure
from mtqg.console import print_json

_JSON_KEYS = ("rule", "severity", "sheet", "cell", "value", "message", "fix")


class JsonReport:
    """One object for one file; for several, or for a folder, a list of such objects with the `file` of each."""

    def __init__(self, *, is_one_file: bool) -> None:
        self._is_one_file = is_one_file
        self._files: list[dict[str, object]] = []

    def add(self, checked: Checked) -> None:
        """Keep what is to be said of one file until the end."""
        about: dict[str, object] = {} if self._is_one_file else {"file": named(checked.path)}
        self._files.append(about | _as_json(checked))

    def close(self) -> None:
        """Print the JSON."""
        print_json(self._files[0] if self._is_one_file else self._files)


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
