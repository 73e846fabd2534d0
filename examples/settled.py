"""Have the sample's files look an hour old: `python -m examples.settled`.

A checkout of git gives them the time of now, and a run leaves what is younger than a minute to the
next one: it may still be copied. `make run` does this before its run.
"""

import os
import time
from pathlib import Path

_INBOX = Path(__file__).parent / "inbox"
_YOUNG_SECONDS = 300
_HOUR_SECONDS = 3600


def main() -> None:
    """Set the times of young files an hour back, each by the same: their order stays."""
    now = time.time()
    for path in _INBOX.rglob("*"):
        modified = path.stat().st_mtime
        if path.is_file() and now - modified < _YOUNG_SECONDS:
            os.utime(path, (modified - _HOUR_SECONDS, modified - _HOUR_SECONDS))


if __name__ == "__main__":
    main()
