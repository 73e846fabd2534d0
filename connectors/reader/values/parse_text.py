"""Parse a cell of text: a line of text, or a word of a vocabulary. Examples: docs/reading.md."""

from functools import lru_cache

from connectors.reader.values.characters import composed, has_unseen, without_unseen
from connectors.reader.values.parsed import Parsed
from program.forms.table import Column
from program.labels import fold, joined

_LONGEST_WORD = 200


def parse_words(text: str, original: str, *, paragraphs: bool = False) -> Parsed:
    """Return the text on one line in composed letters; None if nothing visible is left.

    Args:
        text: What the sender sees of the cell.
        original: The cell as it is stored.
        paragraphs: Keep line breaks, one between two lines with words.
    """
    seen = without_unseen(text)
    lines = seen.splitlines() if paragraphs else [seen]
    composed_lines = [composed(line) for line in lines]
    value = "\n".join(line for line in composed_lines if line)
    if not value:
        return Parsed(None)
    # Its sender does not see the characters that were taken away, and may search for the text.
    rule = "CELL-34" if has_unseen(original) else None
    return Parsed(value, rule)


def parse_code(text: str, column: Column) -> Parsed:
    """Return the vocabulary's key for `text`.

    An unknown text is its own value, and the vocabulary's rule refuses it. A spelling that the
    vocabulary does not list ("cap xa", "Cấp xã.", "TDA 1 - DA 4") breaks a rule; a difference of
    case does not.
    """
    word = composed(text)
    listed = column.keys_as_written.get(word.casefold())
    if listed is not None:
        return Parsed(listed)
    folded = _fold(word)
    key = column.keys.get(folded) or column.keys_joined.get(joined(folded))
    if key is not None:
        return Parsed(key, "CELL-33")
    return Parsed(composed(without_unseen(text)) or None)


@lru_cache(maxsize=4096)
def _fold(text: str) -> str:
    # No vocabulary has a longer word, and the cache must not keep long texts.
    if len(text) > _LONGEST_WORD:
        return ""
    return fold(text)
