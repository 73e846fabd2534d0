"""A label with a slip of the keyboard: "Số người thma dự" for "Số người tham dự". Likeness of spelling, never of meaning.

Who swaps two columns swaps their figures, and nobody sees it. So a slip is only what cannot be another word: in a label
of the same words, a word or two off by one letter, none of them a word that the form itself uses. "Kế hoạch" is never
"Thực hiện", "Hộ nghèo" never "Hộ cận nghèo", "Dự án 1" never "Dự án 2", "NSTW" (the centre's money) never "NST" (the
province's). What is taken is told to its sender (FORM-40, FORM-41); what is not stays a question.
"""

import re
from collections.abc import Collection, Iterable

from rapidfuzz.distance import OSA

from connectors.reader.syllables import may_be_syllable

# Measured on the labels and slips of tests/unit/test_likeness.py: below 0.85 "Số nguồn" comes near "Số người".
CLOSENESS = 0.85
"""How much of a label's letters must be right, where the misspelt word is none that Vietnamese could have."""
CLOSENESS_OF_A_WORD = 0.92
"""The same where it could be a word, by a letter too many, too few or out of place: "trìn" for "trình" in a long label."""
MARGIN = 2
"""By how many letters the second best label must be farther away than the best."""
SLIPS = 2
"""How many words of a label may be misspelt, by one letter each."""
_SHORTEST_WORD = 3
_FIGURES = re.compile(r"[0-9]+|%")
_VOWEL = re.compile(r"[aeiouy]")


def closest(text: str, writings: Iterable[tuple[str, str]], words: Collection[str]) -> str | None:
    """Return the name that `text` is a slip of, or None; `writings` are names with their folded labels, `words` the form's.

    The label nearest in letters must be a slip's distance away, and every other name's `MARGIN` letters farther.
    """
    labels = list(writings)
    letters = len(_joined(text))
    near = [writing for _, writing in labels if abs(letters - len(_joined(writing))) <= SLIPS]
    if not any(is_slip(text, writing, words) for writing in near):
        return None
    distances: dict[str, int] = {}
    for name, writing in labels:
        distances[name] = min(_distance(text, writing), distances.get(name, len(text)))
    (name, nearest), *others = sorted(distances.items(), key=lambda item: item[1])
    is_meant = any(is_slip(text, writing, words) for other, writing in labels if other == name)
    return name if is_meant and all(distance - nearest >= MARGIN for _, distance in others) else None


def is_slip(text: str, writing: str, words: Collection[str]) -> bool:
    """Tell whether `text` is `writing` with words joined or split, or with a letter wrong in a word or two; both folded."""
    joined, wanted = _joined(text), _joined(writing)
    if abs(len(joined) - len(wanted)) > SLIPS or _FIGURES.findall(text) != _FIGURES.findall(writing):
        return False
    if joined == wanted:
        return True
    pairs = list(zip(text.split(), writing.split(), strict=False))
    off = [(word, meant) for word, meant in pairs if word != meant]
    if len(text.split()) != len(writing.split()) or len(off) > SLIPS:
        return False
    if any(not _is_misspelt(word, meant) or word in words for word, meant in off):
        return False
    needed = CLOSENESS_OF_A_WORD if any(may_be_syllable(word) for word, _ in off) else CLOSENESS
    return OSA.normalized_similarity(joined, wanted) >= needed


def _is_misspelt(word: str, meant: str) -> bool:
    """Tell whether one letter makes the difference, and no other word is meant; an abbreviation has no spelling to miss."""
    if min(len(word), len(meant)) < _SHORTEST_WORD or not _VOWEL.search(meant) or OSA.distance(word, meant) != 1:
        return False
    is_replaced = len(word) == len(meant) and sorted(word) != sorted(meant)
    return not (is_replaced and may_be_syllable(word))


def _distance(text: str, writing: str) -> int:
    return int(OSA.distance(_joined(text), _joined(writing)))


def _joined(text: str) -> str:
    return text.replace(" ", "")
