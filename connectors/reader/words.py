"""A cell of words: a text on one line, a word of a vocabulary. Writings in docs/reading.md."""

from functools import lru_cache

from connectors.reader.characters import composed, has_unseen, without_unseen
from connectors.reader.parsed import Parsed
from program.labels import fold
from program.table import Column

_LONGEST_WORD = 200


def parse_words(text: str, original: str) -> Parsed:
    """Return `text`, what is seen of the cell `original`, on one line in composed letters; None where nothing is left."""
    value = composed(without_unseen(text)) or None
    return Parsed(value, "CELL-34" if value and has_unseen(original) else None)


def parse_code(text: str, column: Column) -> Parsed:
    """Return the vocabulary's key for `text`, or the text itself, which the vocabulary rule then refuses.

    A writing that the vocabulary has not word for word ("cap xa", "Cấp xã.") is told; capitals are not.
    """
    word = composed(text)
    written = column.keys_as_written.get(word.casefold())
    if written is not None:
        return Parsed(written)
    key = column.keys.get(_fold(word))
    return Parsed(composed(without_unseen(text)) or None) if key is None else Parsed(key, "CELL-33")


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    return fold(text) if len(text) <= _LONGEST_WORD else ""
