"""The letters of a spreadsheet's columns: A, B … Z, AA.

openpyxl has functions for them. Using those means to import all of openpyxl, in each reader
process.
"""

from functools import cache
from string import ascii_uppercase

LAST_COLUMN = 18_278
"""The number of ZZZ; Excel itself ends at XFD, which is 16,384."""


@cache
def column_letter(number: int) -> str:
    """Return the letters of a column, by its number from 1. Raises ValueError beyond ZZZ."""
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(
            f"expected the number of a column, from 1 to {LAST_COLUMN}; found {number}"
        )
    letters = ""
    while number:
        # There is no letter for zero: AA follows on Z, not on A0.
        number, index = divmod(number - 1, len(ascii_uppercase))
        letters = ascii_uppercase[index] + letters
    return letters


@cache
def column_number(letters: str) -> int:
    """Return the number of a column from 1, by its letters.

    Raises:
        ValueError: The text is no column from A to ZZZ.
    """
    number = 0
    if letters.isascii() and letters.isalpha():
        for letter in letters.upper():
            number = number * len(ascii_uppercase) + ascii_uppercase.index(letter) + 1
    if not 1 <= number <= LAST_COLUMN:
        raise ValueError(f"expected the letters of a column, from A to ZZZ; found {letters!r}")
    return number
