"""How a spreadsheet names a column: A, B … Z, AA.

What openpyxl has for it costs the import of all of openpyxl, which each process that reads would pay for.
"""

from functools import cache
from string import ascii_uppercase

LAST_COLUMN = 18_278
"""The number of ZZZ; Excel itself ends at XFD, which is 16,384."""


@cache
def column_letter(number: int) -> str:
    """Return the letters of a column, counted from 1. Raises ValueError beyond ZZZ."""
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"expected the number of a column, from 1 to {LAST_COLUMN}; found {number}")
    letters = ""
    while number:
        # There is no letter for zero: Z, not A0, comes before AA.
        number, at = divmod(number - 1, len(ascii_uppercase))
        letters = ascii_uppercase[at] + letters
    return letters


@cache
def column_number(letters: str) -> int:
    """Return the number of a column, counted from 1. Raises ValueError for what is no column from A to ZZZ."""
    number = 0
    if letters.isascii() and letters.isalpha():
        for letter in letters.upper():
            number = number * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"expected the letters of a column, from A to ZZZ; found {letters!r}")
    return number
