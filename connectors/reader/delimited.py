"""Text with separators (CSV, TSV) as the rows of one sheet. Encoding and separator are told from the text alone.

What a field means is not decided here: "152,5" stays a text, which the value reader reads as it does in any workbook.
"""

import csv
import io
import re
from collections import Counter
from enum import Enum

from connectors.reader.legacy import eight_bit_text

_BOMS = {b"\xef\xbb\xbf": "utf-8-sig", b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
_SEPARATORS = (";", "\t", ",")
_NO_TEXT = re.compile("[\x00-\x08\x0e-\x1f]")
_SAMPLE = 200  # records from which the separator is told
_ANNOUNCED = re.compile("sep=(?P<separator>[;\t,])\r?\n", re.IGNORECASE)  # what some programs write for Excel


class NoRows(Enum):
    """Why bytes give no rows."""

    NO_TEXT = "bytes that are no text"
    NO_TABLE = "a text without a table"
    UNKNOWN_ENCODING = "letters in no encoding that is known here"
    TOO_LARGE = "more fields than a sheet may have cells"
    OPEN_QUOTE = "a table with a quote that is not closed, which would swallow the lines after it"


def read_delimited(content: bytes, *, max_cells: int) -> list[list[str]] | NoRows:
    """Return the records of a delimited text, each as long as it is written, or why there are none.

    Blank lines are empty records, so that numbers are those of the rows that Excel shows.
    """
    text = _text_of(content)
    if isinstance(text, NoRows):
        return text
    announced = _ANNOUNCED.match(text)
    text = text[announced.end() :] if announced else text
    separators = (announced["separator"],) if announced else _SEPARATORS
    found = {each: score for each in separators if (score := _score(text, each))}
    if not found:
        return NoRows.NO_TABLE
    separator = max(found, key=lambda each: found[each])
    if text.count(separator) + text.count("\n") + text.count("\r") > max_cells:
        return NoRows.TOO_LARGE
    return _records(text, separator)


def _text_of(content: bytes) -> str | NoRows:
    """Return the text in whichever encoding it is, without a byte order mark."""
    codec = next((codec for bom, codec in _BOMS.items() if content.startswith(bom)), None)
    if codec is None and b"\0" in content:
        return NoRows.NO_TEXT
    try:
        text = content.decode(codec or "utf-8")
    except UnicodeDecodeError:
        if codec is not None or _NO_TEXT.search(content[:1024].decode("latin-1")):
            return NoRows.NO_TEXT
        eight_bit = eight_bit_text(content)
        if eight_bit is None:
            return NoRows.UNKNOWN_ENCODING
        text = eight_bit
    return NoRows.NO_TEXT if _NO_TEXT.search(text) else text


def _score(text: str, separator: str) -> tuple[int, int] | None:
    """Return how many records of a sample have the same number of fields, and how many; None for a text that is no table.

    A sentence has commas too, but a blank after each; a log has one in each line.
    """
    sample = io.StringIO(text, newline="")
    lines = [line for _, line in zip(range(_SAMPLE), sample, strict=False)]
    try:
        records = list(csv.reader(lines, delimiter=separator))
    except csv.Error:
        return None
    widths = Counter(len(record) for record in records if any(field.strip() for field in record))
    width, count = max(widths.items(), key=lambda item: (item[1], item[0]) if item[0] > 1 else (0, 0), default=(0, 0))
    if width < (3 if separator == "," else 2) or count < 2 or 2 * sum(n for w, n in widths.items() if w > 1) < widths.total():
        return None
    if separator == ",":
        fields = [field for record in records for field in record[1:] if field]
        if 2 * sum(field.startswith(" ") for field in fields) > len(fields):
            return None
    return count, width


def _records(text: str, separator: str) -> list[list[str]] | NoRows:
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error:
        return NoRows.OPEN_QUOTE
