"""A label with a typing mistake: "Số người thma dự" for "Số người tham dự".

This compares spelling, never meaning. Whoever swaps two columns swaps their figures, and nobody
sees it. So a label is taken for another only where it cannot be other words: it has the same words,
one or two of them with one wrong letter, and none of these is a word that the form itself uses.
"Kế hoạch" is never "Thực hiện", "Hộ nghèo" never "Hộ cận nghèo", "Dự án 1" never "Dự án 2", "NSTW"
(the central budget) never "NST" (the province's). What is accepted is reported to its sender
(FORM-40, FORM-41). What is not accepted stays a question.
"""

import re
from collections.abc import Collection, Iterable

from rapidfuzz.distance import OSA

from connectors.reader.legacy.syllables import may_be_syllable

# Measured on the labels of tests/unit/test_fuzzy_labels.py: below 0.85 "Số nguồn" is near
# "Số người".
CLOSENESS = 0.85
"""The share of a label's letters that must be right, where a misspelt word cannot be Vietnamese."""

CLOSENESS_OF_A_WORD = 0.92
"""The same where a misspelt word could be Vietnamese: "trìn" for "trình" in a long label.

It then has a letter too many, too few or out of place.
"""

MARGIN = 2
"""By how many letters the second best label must be farther away than the best."""

SLIPS = 2
"""How many words of a label may be misspelt, by one letter each."""

_SHORTEST_WORD = 3
_FIGURES = re.compile(r"[0-9]+|%")
_VOWEL = re.compile(r"[aeiouy]")


def closest(text: str, writings: Iterable[tuple[str, str]], words: Collection[str]) -> str | None:
    """Return the name whose label `text` misspells; None if it misspells none.

    `writings` are names with their folded labels, `words` the words of the form's labels. The
    nearest label must differ by a typing mistake only. The labels of every other name must differ
    by at least `MARGIN` letters more.
    """
    labels = list(writings)
    # Distances to all labels take long, and nearly no text misspells any of them.
    if not _is_any_near(text, labels, words):
        return None
    distances: dict[str, int] = {}
    for name, writing in labels:
        distance = _distance(text, writing)
        # A name with several writings is as near as the nearest of them.
        distances[name] = min(distance, distances.get(name, len(text)))
    by_distance = sorted(distances.items(), key=lambda item: item[1])
    (best, nearest), *others = by_distance
    if any(distance - nearest < MARGIN for _, distance in others):
        return None
    for name, writing in labels:
        if name == best and is_typo(text, writing, words):
            return best
    return None


def _is_any_near(text: str, labels: list[tuple[str, str]], words: Collection[str]) -> bool:
    """Tell whether `text` misspells any of the labels; most are excluded by their length."""
    letters = len(_joined(text))
    for _, writing in labels:
        is_near = abs(letters - len(_joined(writing))) <= SLIPS
        if is_near and is_typo(text, writing, words):
            return True
    return False


def is_typo(text: str, writing: str, words: Collection[str]) -> bool:
    """Tell whether `text` is `writing` with a typing mistake; both are folded.

    Words may be joined or split, or one or two words may have a wrong letter.
    """
    joined = _joined(text)
    wanted = _joined(writing)
    if abs(len(joined) - len(wanted)) > SLIPS:
        return False
    # Another figure is another label, never a slip: "Dự án 1" and "Dự án 2".
    if _FIGURES.findall(text) != _FIGURES.findall(writing):
        return False
    if joined == wanted:
        return True
    written = text.split()
    meant = writing.split()
    if len(written) != len(meant):
        return False
    wrong: list[tuple[str, str]] = []
    for word, meant_word in zip(written, meant, strict=True):
        if word == meant_word:
            continue
        wrong.append((word, meant_word))
        if len(wrong) > SLIPS or not _is_misspelt(word, meant_word, words):
            return False
    may_be_words = any(may_be_syllable(word) for word, _ in wrong)
    needed = CLOSENESS_OF_A_WORD if may_be_words else CLOSENESS
    return OSA.normalized_similarity(joined, wanted) >= needed


def _is_misspelt(word: str, meant: str, words: Collection[str]) -> bool:
    """Tell whether `word` differs from `meant` by one letter and cannot be another word.

    An abbreviation has no spelling that could be wrong.
    """
    if word in words or not _VOWEL.search(meant):
        return False
    # In a word of two letters, one letter is half of it.
    if min(len(word), len(meant)) < _SHORTEST_WORD:
        return False
    if OSA.distance(word, meant) != 1:
        return False
    # Letters that only changed places are a slip. Another letter in its place makes another word.
    is_replaced = len(word) == len(meant) and sorted(word) != sorted(meant)
    return not (is_replaced and may_be_syllable(word))


def _distance(text: str, writing: str) -> int:
    distance = OSA.distance(_joined(text), _joined(writing))
    return int(distance)


def _joined(text: str) -> str:
    return text.replace(" ", "")
