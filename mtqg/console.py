"""The two streams of the terminal: results on stdout, everything else on stderr."""

import json
from typing import Any

from rich.console import Console

out = Console()
errors = Console(stderr=True)

VERDICT_STYLES = {
    "accepted": "green",
    "accepted_with_warnings": "yellow",
    "quarantined": "red",
    "unreadable": "red",
}


def print_json(value: Any) -> None:
    """Print a value as JSON for another program: Vietnamese unescaped, no colours, no wrapping."""
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    print(text)  # noqa: T201  (a program reads this)
