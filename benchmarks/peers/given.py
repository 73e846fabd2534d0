"""What a peer is asked to do, on its command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Given:
    """A pack, the files sent, how many of them (None: all), and where their facts are to go."""

    pack: Path
    inbox: Path
    files: int | None
    database: str


def given(about: str | None) -> Given:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=(about or "").splitlines()[0])
    parser.add_argument("--pack", type=Path, required=True)
    parser.add_argument("--inbox", type=Path, required=True)
    parser.add_argument("--files", type=int)
    parser.add_argument("--database", required=True, help="sqlite:///… or postgresql://…")
    asked = parser.parse_args()
    return Given(asked.pack, asked.inbox, asked.files, asked.database)
