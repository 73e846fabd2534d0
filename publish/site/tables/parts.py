"""Cut a table that is too long for one page into parts: the units of one parent each.

A country has hundreds of districts and thousands of communes; a page holds a province's.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Generic, TypeVar

from program.units.register import UnitRegister
from program.units.unit import Unit

T = TypeVar("T")

_MOST_BYTES = 180_000
"""The size of a table on a page. Pages may weigh 300 kB, with a chart, a map and other tables."""


@dataclass(frozen=True, slots=True)
class TablePart(Generic[T]):
    """Some lines of a table, on a page of their own. `name` is that of its file, without suffix.

    `title` names the parent; where its units are on several pages, also the first and the last.
    """

    name: str
    title: str
    lines: tuple[tuple[Unit, T], ...]


@dataclass(frozen=True, slots=True)
class PartLink:
    """The link to a part of a table: its title, its units, and how many of them have something."""

    path: str
    title: str
    units: int
    filled: int


def parts_of(
    lines: Sequence[tuple[Unit, T]],
    units: UnitRegister,
    weight: Callable[[T], int],
    most: int = _MOST_BYTES,
) -> tuple[TablePart[T], ...]:
    """Return the parts of a table whose lines weigh more than `most` bytes; none if it fits.

    `weight` estimates the bytes of a line. Lines are of one level and stay in their order; every
    part is of one parent.
    """
    if sum(weight(line) for _, line in lines) <= most:
        return ()
    by_parent: dict[str, list[tuple[Unit, T]]] = {}
    for line in lines:
        by_parent.setdefault(line[0].parent or "", []).append(line)
    parts: list[TablePart[T]] = []
    for code, of_parent in by_parent.items():
        parts += _of_parent(code, of_parent, units, weight, most)
    return tuple(parts)


def parent_of(unit: Unit, units: UnitRegister) -> Unit | None:
    """Return the unit that a unit belongs to on its last day."""
    if unit.parent is None:
        return None
    last_day = unit.valid_to or date.max
    return units.get(unit.parent, last_day) or units.latest(unit.parent)


def _of_parent(
    code: str,
    lines: Sequence[tuple[Unit, T]],
    units: UnitRegister,
    weight: Callable[[T], int],
    most: int,
) -> Iterator[TablePart[T]]:
    first = lines[0][0]
    parent = parent_of(first, units)
    name = f"{first.kind.value}-{code or 'all'}"
    title = parent.name if parent else code
    pages = list(_pages(lines, weight, most))
    if len(pages) == 1:
        yield TablePart(name, title, tuple(lines))
        return
    for number, page in enumerate(pages, start=1):
        from_to = f"{page[0][0].name} – {page[-1][0].name}"
        yield TablePart(f"{name}-{number}", f"{title}: {from_to}", tuple(page))


def _pages(
    lines: Sequence[tuple[Unit, T]], weight: Callable[[T], int], most: int
) -> Iterator[list[tuple[Unit, T]]]:
    page: list[tuple[Unit, T]] = []
    weighed = 0
    for line in lines:
        weighed += weight(line[1])
        if page and weighed > most:
            yield page
            page, weighed = [], weight(line[1])
        page.append(line)
    yield page
