"""Lists of drop-downs. Long ones are on a hidden sheet."""

from collections.abc import Sequence

import xlsxwriter

from program.forms.template_marker import MARKER_SHEET

CHOICES_SHEET = f"{MARKER_SHEET}_lists"
_LONGEST_INLINE = 255
"""Excel's limit for a list within a cell's own rule, commas included."""
_NOT_INLINE = frozenset(',"')
"""Characters that end a word of such a list."""


class Choices:
    """The lists of a workbook. `source_of` gives each one; `write` writes those on the sheet."""

    def __init__(self) -> None:
        self._areas: dict[tuple[str, ...], str] = {}
        self._rows: list[str] = []

    def source_of(self, words: Sequence[str]) -> list[str] | str:
        """Return the list of a drop-down: `words`, or their range on the hidden sheet."""
        joined = ",".join(words)
        is_plain = all(_NOT_INLINE.isdisjoint(word) for word in words)
        if len(joined) <= _LONGEST_INLINE and is_plain:
            return list(words)
        key = tuple(words)
        if key not in self._areas:
            first = len(self._rows) + 1
            self._rows += words
            last = len(self._rows)
            self._areas[key] = f"={CHOICES_SHEET}!$A${first}:$A${last}"
        return self._areas[key]

    def write(self, book: xlsxwriter.Workbook) -> None:
        """Add the hidden sheet where a list needs it.

        The lists are one below the other: the reader takes no row of one cell for a header.
        """
        if self._rows:
            sheet = book.add_worksheet(CHOICES_SHEET)
            sheet.write_column(0, 0, self._rows)
            sheet.very_hidden()
            sheet.protect()
