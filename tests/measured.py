"""A reader that notes what each delivery cost its process.

A module of its own: a fresh process imports it, and little else.
"""

import os
import time
from dataclasses import dataclass
from pathlib import Path

from connectors.reader.reader import read_parts
from program.delivery import Delivery
from program.limits import Limits
from program.pack.pack import Pack
from program.parsed_report import ParsedReport

NOTES = "MEASURED_TO"
"""The environment variable that names the file of notes; without it nothing is noted."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What one delivery cost the process that read it, in seconds of CPU and megabytes.

    `descriptors` are the files open after it.
    """

    delivery: int
    process: int
    seconds: float
    peak: float
    after: float
    descriptors: int


def read_measured(
    content: bytes | None, delivery: Delivery, pack: Pack, limits: Limits
) -> list[ParsedReport]:
    """Read as ever, and note the cost: Linux alone tells the peak of memory since it was last asked to forget it."""
    proc, notes = Path("/proc/self"), os.environ.get(NOTES)
    if notes is None:
        return read_parts(content, delivery, pack, limits)
    (proc / "clear_refs").write_text("5")
    started = time.process_time()
    try:
        return read_parts(content, delivery, pack, limits)
    finally:
        seconds = time.process_time() - started
        status = dict(line.split(":", 1) for line in (proc / "status").read_text().splitlines())
        peak, after = (int(status[name].split()[0]) / 1024 for name in ("VmHWM", "VmRSS"))
        line = (
            f"{delivery.id} {os.getpid()} {seconds} {peak} {after} {len(os.listdir(proc / 'fd'))}\n"  # noqa: PTH208
        )
        with Path(notes).open("a", encoding="ascii") as file:
            file.write(line)


def costs(notes: Path) -> list[Cost]:
    """Return what was noted, in the order of the readings.

    A delivery whose process ended has no note.
    """
    rows = (
        [line.split() for line in notes.read_text(encoding="ascii").splitlines()]
        if notes.exists()
        else []
    )
    return [
        Cost(int(d), int(p), float(s), float(peak), float(after), int(fds))
        for d, p, s, peak, after, fds in rows
    ]
