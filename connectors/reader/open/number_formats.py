"""Number formats that change what a sender sees of a cell, and the cells that they make.

Most formats show the figure that is stored, with more or fewer digits. This module knows the
others: a format that shows nothing (`;;;`), that puts words beside the figure (`0" lượt"`), that
shows thousands (`#,##0.0,`), or that shows only the month of a day (`mm/yyyy`).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from program.vietnamese import format_number

# A text in quotes, an escaped letter, a gap or a fill, and what stands in square brackets.
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|[_*].|\[(?P<bracket>[^\]]*)\]|(?P<plain>.)'
)
_CONDITION = ("<", ">", "=")
_THOUSANDS = re.compile(r"(?<=[0#?]),+(?=[^0#?,]|$)")
_DIGITS = ("0", "#", "?", "general", "@")
_MOST_DECIMALS = 15
_OF_FIGURES, _OF_NUMBERS = 2, 3
"""How many sections of a format are for positive and negative figures, and for these and zero."""


class ShownFigure(float):
    """A figure whose cell shows words too: 120 shown as "120 lượt"."""

    __slots__ = ("_shown",)
    _shown: str

    def __new__(cls, number: float, shown: str) -> "ShownFigure":
        """Return the figure with the text that its cell shows."""
        figure = super().__new__(cls, number)
        figure._shown = shown
        return figure

    def __str__(self) -> str:
        """Return the text that the cell shows."""
        return self._shown


class ScaledFigure(float):
    """The figure that a cell shows where it stores another: 152,3 where 152300 is stored."""

    __slots__ = ("stored",)
    stored: float

    def __new__(cls, number: float, stored: float) -> "ScaledFigure":
        """Return the shown figure with the stored one."""
        figure = super().__new__(cls, number)
        figure.stored = stored
        return figure


class HiddenFigure(float):
    """A figure whose cell shows nothing."""

    __slots__ = ()


class ShownMonth(date):
    """A day of which the cell shows only month and year: 01/11/2023 shown as 11/2023."""

    __slots__ = ()

    def __str__(self) -> str:
        """Return the text that the cell shows."""
        return f"{self.month:02d}/{self.year}"


class _Section(NamedTuple):
    """The part of a format for positive figures, for negative ones, or for zero.

    `scale` is how often the figure is divided by 1000. `code` is the section without its texts.
    """

    before: str
    after: str
    code: str
    scale: int

    @property
    def shows_figure(self) -> bool:
        return any(sign in self.code for sign in _DIGITS)

    @property
    def words(self) -> str:
        return f"{self.before}{self.after}"


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """A format under which a cell shows something else than what it stores."""

    sections: tuple[_Section, ...]

    def shown(self, number: float) -> float:
        """Return a figure as its cell shows it; the figure itself where that is no difference."""
        section = self._section_for(number)
        if not section.shows_figure:
            if section.words:
                return ShownFigure(number, section.words.strip())
            # Zeros are often hidden to make a table easier to read. They stay zeros.
            return HiddenFigure(number) if number else number
        scaled = number / 1000**section.scale
        # A division leaves digits that the sender never typed.
        figure = float(f"{scaled:.{_MOST_DECIMALS}g}")
        if section.words:
            digits = format_number(figure, decimals=_MOST_DECIMALS)
            text = f"{section.before}{digits}{section.after}"
            return ShownFigure(figure, text.strip())
        if section.scale:
            return ScaledFigure(figure, number)
        return number

    @property
    def is_month(self) -> bool:
        """Tell whether a day is shown without its day of the month."""
        code = self.sections[0].code
        has_month_or_year = "m" in code or "y" in code
        return has_month_or_year and not any(sign in code for sign in "dhs0#?")

    @property
    def changes_something(self) -> bool:
        """Tell whether some figure or day is shown otherwise than it is stored."""
        if self.is_month:
            return True
        first = self.sections[0]
        if first.code and not first.shows_figure:
            return False  # a format of days or texts
        for section in self.sections[:_OF_FIGURES]:
            if not section.shows_figure:
                return True
        # The section after these is for texts, which stay as they are.
        return any(each.words or each.scale for each in self.sections[:_OF_NUMBERS])

    def _section_for(self, number: float) -> _Section:
        count = len(self.sections)
        if number < 0 and count > 1:
            return self.sections[1]
        if number == 0 and count > 2:
            return self.sections[2]
        return self.sections[0]


def changing_formats(codes: Mapping[str, str]) -> dict[str, NumberFormat]:
    """Return the formats that change what is seen, by id; `codes` are those of the workbook."""
    found: dict[str, NumberFormat] = {}
    for format_id, code in codes.items():
        parsed = parse_format(code)
        if parsed is not None and parsed.changes_something:
            found[format_id] = parsed
    return found


@lru_cache(maxsize=1024)
def parse_format(code: str) -> NumberFormat | None:
    """Return a number format; None for one with conditions, whose sections mean something else."""
    sections: list[_Section] = []
    before = after = plain = ""
    for match in _TOKEN.finditer(code + ";"):
        bracket = match["bracket"]
        if bracket is not None and bracket.startswith(_CONDITION):
            return None
        text = match["quoted"] or match["escaped"] or ""
        if match["plain"] == ";":
            sections.append(_section(before, after, plain))
            before = after = plain = ""
        elif match["plain"]:
            plain += match["plain"].lower()
        elif any(sign in plain for sign in _DIGITS):
            after += text
        else:
            before += text
    return NumberFormat(tuple(sections))


def _section(before: str, after: str, plain: str) -> _Section:
    # Each comma behind the last digit divides the figure by a thousand.
    scale = sum(map(len, _THOUSANDS.findall(plain)))
    return _Section(_if_words(before), _if_words(after), plain.strip(), scale)


def _if_words(text: str) -> str:
    """Return a text that has letters or a percent sign; "" for a sign that only decorates."""
    has_words = any(sign.isalpha() or sign == "%" for sign in text)
    return text if has_words else ""


BUILT_IN_MONTHS = {"17": NumberFormat((_Section("", "", "mmm-yy", 0),))}
"""The formats of months that a workbook uses without writing them down."""
_USES_BUILT_IN = re.compile(rb"""numFmtId\s*=\s*["']17["']""")


def uses_built_in_months(styles: bytes) -> bool:
    """Return whether a style sheet may use one of these formats."""
    return _USES_BUILT_IN.search(styles) is not None
