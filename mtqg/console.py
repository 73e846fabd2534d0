"""The two streams of the terminal: results on stdout, everything else on stderr."""

import json
from typing import Any

from rich.console import Console
from rich.markup import escape

# Rich would colour the numbers and paths in every line.
# A line 100 of a file stands between colons, which Rich would print as an emoji.
out = Console(highlight=False, emoji=False)
errors = Console(stderr=True, highlight=False, emoji=False)

VERDICT_STYLES = {
    "accepted": "green",
    "accepted_with_warnings": "yellow",
    "quarantined": "red",
    "unreadable": "red",
}


def print_json(value: Any) -> None:
    """Print a value as JSON for another program: Vietnamese unescaped, no colours, no wrapping."""
    text = json.dumps(
        value,
        ensure_ascii=False,
        indent=2,
        default=str,
    )
    print(text)  # noqa: T201  (a program reads this)


def print_plain(text: str, console: Console = out, style: str | None = None) -> None:
    """Print a text as it is.

    Brackets in the name of a file are no markup, and a long path does not wrap: it can be copied.
    """
    console.print(
        text,
        style=style,
        markup=False,
        soft_wrap=True,
    )


def print_problem(mark: str, text: str) -> None:
    """Print a problem on stderr, after a word in red. Brackets in `text` are no markup."""
    errors.print(f"[bold red]{mark}[/] {escape(text)}", soft_wrap=True)
