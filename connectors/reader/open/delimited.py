"""Read delimited text (CSV, TSV) as the rows of one sheet.

The encoding and the separator are detected from the text alone. The meaning of a field is not
decided here: "152,5" stays a text, and the value reader parses it as in any workbook.
"""

import csv
import io
import re
from collections import Counter
from enum import Enum
from itertools import islice

from connectors.reader.legacy.encodings import eight_bit_text

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_COMMA = ","
_SEPARATORS = (";", "\t", _COMMA)
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f]")
_PADDING = "\0\x1a"
"""What some programs leave behind a text: the end sign of DOS, and zeros of a disk block."""
_FORMULA_TEXT = re.compile(r'\s*="([^"]*)"\s*')
_HEAD_BYTES = 1024
_SAMPLE_LINES = 200
"""How many lines decide the separator."""
_ANNOUNCED = re.compile("sep=(?P<separator>[;\t,])\r?\n", re.IGNORECASE)
"""A first line that some programs write for Excel."""
_MIN_FIELDS = 2
_MIN_FIELDS_COMMA = 3
"""Log lines often have one comma each, so two fields are no sign of a table."""
_MIN_RECORDS = 2


class FormulaText(str):
    """The figure of a field that is written as a formula: 0943 of `="0943"`.

    Excel keeps the leading zero of a field that is written so, and shows the text alone.
    """

    __slots__ = ()


class NoRows(Enum):
    """Why bytes give no rows."""

    NO_TEXT = "bytes that are not text"
    NO_TABLE = "a text without a table"
    UNKNOWN_ENCODING = "letters in an unknown encoding"
    TOO_LARGE = "more fields than a sheet may have cells"
    OPEN_QUOTE = "a table with an unclosed quote, which would swallow the lines after it"


def read_delimited(content: bytes, *, max_cells: int) -> list[list[str]] | NoRows:
    """Return the records of a delimited text, or the reason why there are none.

    A record has as many fields as it was written with. A blank line is an empty record, so the
    record numbers are the row numbers that Excel shows. A figure written as `="943"` is a
    `FormulaText`.
    """
    text = _text_of(content)
    if isinstance(text, NoRows):
        return text
    announced = _ANNOUNCED.match(text)
    if announced is not None:
        text = text[announced.end() :]
        separator = _best_separator(text, (announced["separator"],))
    else:
        separator = _best_separator(text, _SEPARATORS)
    if separator is None:
        return NoRows.NO_TABLE
    # Counting characters bounds the number of fields before the memory for them is taken.
    most_fields = text.count(separator) + text.count("\n") + text.count("\r")
    if most_fields > max_cells:
        return NoRows.TOO_LARGE
    return _records(text, separator)


def _text_of(content: bytes) -> str | NoRows:
    """Return the decoded text without its byte order mark."""
    codec = _codec_of_bom(content)
    if codec is None:
        content = content.rstrip(_PADDING.encode())
        # Only UTF-16 has zeros in a text, and it begins with a mark.
        if not content or b"\0" in content:
            return NoRows.NO_TEXT
    try:
        text = content.decode(codec or "utf-8").rstrip(_PADDING)
    except UnicodeDecodeError:
        # A byte order mark promised an encoding that the bytes do not keep.
        if codec is not None:
            return NoRows.NO_TEXT
        return _eight_bit_text_of(content)
    if _NO_TEXT.search(text):
        return NoRows.NO_TEXT
    return text


def _codec_of_bom(content: bytes) -> str | None:
    """Return the codec that the byte order mark names, None without a mark."""
    for bom, codec in _BOMS.items():
        if content.startswith(bom):
            return codec
    return None


def _eight_bit_text_of(content: bytes) -> str | NoRows:
    """Return the text of bytes that are not UTF-8."""
    # Binary files show it in their head. This is cheaper than trying every encoding on them.
    head = content[:_HEAD_BYTES].decode("latin-1")
    if _NO_TEXT.search(head):
        return NoRows.NO_TEXT
    text = eight_bit_text(content)
    if text is None:
        return NoRows.UNKNOWN_ENCODING
    if _NO_TEXT.search(text):
        return NoRows.NO_TEXT
    return text


def _best_separator(text: str, separators: tuple[str, ...]) -> str | None:
    """Return the separator that makes the best table of the text, None if none does."""
    best: str | None = None
    best_score = (0, 0)
    for separator in separators:
        score = _score(text, separator)
        if score is not None and score > best_score:
            best = separator
            best_score = score
    return best


def _score(text: str, separator: str) -> tuple[int, int] | None:
    """Return how many records of a sample have the same number of fields, and that number.

    None for a text that is not a table with this separator.
    """
    records = _sample_records(text, separator)
    count, width = _most_frequent_width(records)
    min_fields = _MIN_FIELDS_COMMA if separator == _COMMA else _MIN_FIELDS
    if width < min_fields or count < _MIN_RECORDS:
        return None
    if separator == _COMMA and _is_prose(records):
        return None
    return count, width


def _most_frequent_width(records: list[list[str]]) -> tuple[int, int]:
    """Return how many records have the most frequent number of fields, and that number.

    Both are 0 where less than half of the records have more than one field.
    """
    filled = [record for record in records if _has_content(record)]
    widths = Counter(map(len, filled))
    split_widths = {width: count for width, count in widths.items() if width > 1}
    split_count = sum(split_widths.values())
    # Most lines of a text about something else hold no separator at all.
    if 2 * split_count < len(filled):
        return 0, 0
    best = (0, 0)
    for width, count in split_widths.items():
        # The larger one of two widths that are equally frequent.
        best = max(best, (count, width))
    return best


def _sample_records(text: str, separator: str) -> list[list[str]]:
    """Return the first records of a text; none where it breaks the rules of CSV."""
    lines = islice(io.StringIO(text, newline=""), _SAMPLE_LINES)
    try:
        return list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return []


def _has_content(record: list[str]) -> bool:
    return any(field.strip() for field in record)


def _is_prose(records: list[list[str]]) -> bool:
    """Return whether a space follows most commas, as in a sentence."""
    later_fields: list[str] = []
    for record in records:
        later_fields += filter(None, record[1:])
    after_space = sum(field.startswith(" ") for field in later_fields)
    return 2 * after_space > len(later_fields)


def _records(text: str, separator: str) -> list[list[str]] | NoRows:
    lines = io.StringIO(text, newline="")
    try:
        records = list(csv.reader(lines, delimiter=separator, strict=True))
    except csv.Error:
        return NoRows.OPEN_QUOTE
    if '="' in text:
        _take_out_of_formulas(records)
    return records


def _take_out_of_formulas(records: list[list[str]]) -> None:
    """Replace each field `="943"` by its text, in place.

    Words are words, with or without the formula.
    """
    for record in records:
        for at, field in enumerate(record):
            match = _FORMULA_TEXT.fullmatch(field)
            if match is None:
                continue
            text = match[1]
            if text[:1].isdigit():
                text = FormulaText(text)
            record[at] = text
