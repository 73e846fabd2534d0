"""What can be done to a good report: the scene that a case finds, and the figures of its main table."""

import random
from collections.abc import Callable
from dataclasses import dataclass, field

from benchmarks.in_memory import Lines, Report
from program.pack import Pack

Spot = tuple[str, str, str]
"""A table, a line and a column of it."""
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
    """A good report, to be changed in place, and what a case may look at.

    `before` is the unit's last report, `earlier` the one of a year ago, `after` the next one,
    `peer` that of another unit. What a case appends to `arrived` is taken in before the report in
    the same night.
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
        """Those of the last report."""
        return self.before.tables[MAIN[self.report.form]]


Change = Callable[[Scene], list[Spot] | None]
"""Changes the scene's report and returns where it must be told: no spot is the report as a whole, None that it cannot be done."""


@dataclass(frozen=True)
class Case:
    """What is done to a report of a form.

    `is_alone`: the report shows it by itself, without any other one. `is_first`: done to a unit
    that never reported before.
    """

    form: str
    change: Change
    is_alone: bool = False
    is_first: bool = False


def number(lines: Lines, line: str, column: str) -> float:
    """Return a figure; 0 where there is none."""
    value = lines.get(line, {}).get(column)
    return float(value) if isinstance(value, int | float) else 0.0


def figures(scene: Scene, start: str, least: float = 0) -> list[Spot]:
    """Return the figures of the main table above `least` whose column begins so."""
    table, lines = MAIN[scene.report.form], scene.lines
    return [
        (table, n, c)
        for n, values in lines.items()
        for c in values
        if c.startswith(start) and number(lines, n, c) > least
    ]


def known(scene: Scene, start: str, least: float) -> list[Spot]:
    """Return those of them that the last report had too, and not much smaller."""
    return [
        spot for spot in figures(scene, start, least) if number(scene.then, *spot[1:]) > least / 4
    ]


def write(scene: Scene, spot: Spot, value: float) -> list[Spot]:
    """Put a figure in its place and return that place."""
    table, line, column = spot
    scene.report.tables[table][line][column] = value
    return [spot]
