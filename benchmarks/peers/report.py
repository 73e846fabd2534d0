"""What a peer says that it did: a line of JSON on its standard output."""

import json
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Report:
    """How many files it took, findings it made, files it refused; facts it loaded of each file."""

    files: int
    findings: int
    refused: int
    facts: dict[str, int]

    def as_json(self) -> str:
        """Return the line."""
        return json.dumps(asdict(self))
