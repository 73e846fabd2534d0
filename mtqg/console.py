"""The two streams of the terminal: results go to stdout, everything else to stderr."""

import json
from typing import Any

from rich.console import Console

out = Console()
errors = Console(stderr=True)

VERDICT_STYLES = {"accepted": "green", "accepted_with_warnings": "yellow", "quarantined": "red", "unreadable": "red"}


def print_json(value: Any) -> None:
    """Print `value` as JSON for another program: Vietnamese as it is, no colours, no wrapping."""
    print(json.dumps(value, ensure_ascii=False, indent=2, default=str))  # noqa: T201  (a machine reads this)
