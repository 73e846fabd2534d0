"""A header that its sender says again among the lines, as for the next page of a print."""

from collections.abc import Iterator
from typing import TypeAlias

from connectors.reader.place import Place
from connectors.reader.values import is_empty, show
from program.labels import fold, opening_of, openings_of

_Words: TypeAlias = tuple[str, ...]


def headers_again(place: Place) -> list[int]:
    """Return the rows below the header that say it again, word for word, its measures and numbers too; report them once."""
    header = place.header
    labels = {words for number in range(header.row, header.below) if sum(map(bool, words := _words(place, number))) > 1}
    under = {_words(place, number) for number in range(header.below, header.body)}
    rows: list[int] = []
    for number in _likely(place, labels):
        if _words(place, number) in labels:
            rows.append(number)
            # Only below labels is a row one of measures or numbers: alone, "1, 2, 3" may be a line.
            while rows[-1] + 1 < place.end and _words(place, rows[-1] + 1) in under:
                rows.append(rows[-1] + 1)
    if rows:
        first = place.first_filled(rows[0]) or 0
        place.report("FORM-53", rows[0], first, show(place.row(rows[0])[first]), table=place.table.title, rows=str(len(rows)))
    return rows


def _likely(place: Place, labels: set[_Words]) -> Iterator[int]:
    """Yield the rows whose first words begin as those of a row of labels do: most lines are told from them by that."""
    openings = openings_of({next(word for word in words if word) for words in labels})
    texts = place.header.sheet.texts
    for number in texts.rows_of(openings):
        first = place.first_filled(number) if place.header.body <= number < place.end else None
        cell = None if first is None else place.row(number)[first]
        if isinstance(cell, str) and opening_of(cell) in openings:
            yield number


def _words(place: Place, number: int) -> _Words:
    row = place.row(number)
    return tuple("" if is_empty(row[at]) else fold(show(row[at])) for at in place.header.columns.values())
