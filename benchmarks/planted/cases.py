"""What a case needs to change a good report: the reports around it, and its main table."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.in_memory import Lines, Report
from program.pack.pack import Pack

Spot = tuple[str, str, str]
"""A table, a line and a column of it, or `ANYWHERE` on the line."""
ANYWHERE = ""
MAIN = {
    "disbursement": "capital",
    "livelihoods": "support",
    "outcomes": "school",
    "stock": "stock",
    "training": "levels",
    "works": "work_list",
}


@dataclass
class Scene:
    """A good report, which a case changes in place, and other reports that it may use.

    `before` is the unit's last report, `earlier` the one of a year ago, `after` the next one,
    `peer` that of another unit. The same run takes in the reports in `arrived` first.
    """

    report: Report
    before: Report
    earlier: Report
    after: Report
    peer: Report
    pack: Pack
    dice: random.Random
    arrived: list[Report] = field(default_factory=list)

    @property
    def lines(self) -> Lines:
        """The lines of the report's main table."""
        return self.report.tables[MAIN[self.report.form]]

    @property
    def then(self) -> Lines:
        """The lines of the main table of the last report."""
        return self.before.tables[MAIN[self.report.form]]


Change = Callable[[Scene], list[Spot] | None]
"""Changes the report of a scene and returns the spots where a rule must report it.

No spot: the report as a whole. None: the change is impossible in this scene.
"""


@dataclass(frozen=True)
class Case:
    """A change of a report of a form.

    `is_alone`: the error shows without any other report. `is_first`: the unit never reported
    before.
    """

    form: str
    change: Change
    is_alone: bool = False
    is_first: bool = False


def number(lines: Lines, line: str, column: str) -> float:
    """Return a figure; 0 if there is none."""
    value = lines.get(line, {}).get(column)
    return float(value) if isinstance(value, int | float) else 0.0


def figures(scene: Scene, start: str, least: float = 0) -> list[Spot]:
    """Return the figures of the main table above `least` in columns that begin with `start`."""
    table, lines = MAIN[scene.report.form], scene.lines
    return [
        (table, n, c)
        for n, values in lines.items()
        for c in values
        if c.startswith(start) and number(lines, n, c) > least
    ]


def known(scene: Scene, start: str, least: float) -> list[Spot]:
    """Return those of these figures that the last report had too, at least a quarter of `least`."""
    return [
        spot for spot in figures(scene, start, least) if number(scene.then, *spot[1:]) > least / 4
    ]


def write(scene: Scene, spot: Spot, value: float) -> list[Spot]:
    """Write a figure to a spot and return the spot."""
    table, line, column = spot
    scene.report.tables[table][line][column] = value
    return [spot]
