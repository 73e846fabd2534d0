"""Words to choose from, in drop-downs; long lists stand on a sheet that nobody sees."""

from collections.abc import Sequence

import xlsxwriter

from program.marker import MARKER_SHEET

CHOICES_SHEET = f"{MARKER_SHEET}_lists"
_LONGEST_INLINE = 255  # what Excel takes of a list written into the cell's own rule, commas included


class Choices:
    """The lists of a workbook; `source_of` gives each, `write` puts down those that are too long to stand in a rule."""

    def __init__(self) -> None:
        self._areas: dict[tuple[str, ...], str] = {}
        self._rows: list[str] = []

    def source_of(self, words: Sequence[str]) -> list[str] | str:
        """Return `words` as a rule's list, or where they stand on the sheet of lists."""
        if len(",".join(words)) <= _LONGEST_INLINE and not any(sign in word for word in words for sign in ',"'):
            return list(words)
        known = tuple(words)
        if known not in self._areas:
            first = len(self._rows) + 1
            self._rows += known
            self._areas[known] = f"={CHOICES_SHEET}!$A${first}:$A${len(self._rows)}"
        return self._areas[known]

    def write(self, book: xlsxwriter.Workbook) -> None:
        """Add the sheet of lists, where there is one to keep. One list stands below the other: no row looks like a header."""
        if self._rows:
            sheet = book.add_worksheet(CHOICES_SHEET)
            sheet.write_column(0, 0, self._rows)
            sheet.very_hidden()
            sheet.protect()
