"""Names that somebody may have meant: for the message about a code that does not exist."""

from collections.abc import Iterable, Mapping

from rapidfuzz import fuzz, process

from program.labels import fold

_CLOSE_ENOUGH = 70
"""Of 100. Measured on the codes and names of the bundled pack (tests/unit/test_near_names.py)."""
_MOST = 5
"""Suggestions in a message."""


def nearest(text: str, names_by_code: Mapping[str, str]) -> list[str]:
    """Return up to five codes that `text` is near to, by code or by name; nearest first.

    Letter case and diacritics do not matter. The list is empty where nothing is near.
    """
    by_name = {code: fold(name) for code, name in names_by_code.items()}
    by_code = {code: fold(code) for code in names_by_code}
    wanted = fold(text)
    scores: dict[str, float] = {}
    # Part of a name counts: "hộ nghèo" finds "Tỷ lệ hộ nghèo". Part of a code does not: nearly any
    # short code is in a longer one.
    for scorer, choices in ((fuzz.WRatio, by_name), (fuzz.ratio, by_code)):
        found = process.extract(
            wanted, choices, scorer=scorer, limit=_MOST, score_cutoff=_CLOSE_ENOUGH
        )
        for _, score, code in found:
            scores[code] = max(score, scores.get(code, 0))
    # Equally near names stay in their own order: a pack has the general one first.
    in_order = sorted(names_by_code, key=lambda code: -scores.get(code, 0))
    return [code for code in in_order if code in scores][:_MOST]


def nearest_code(code: str, codes: Iterable[str]) -> list[str]:
    """Return up to three codes that `code` is near to, where codes have no names; nearest first."""
    # As a list: of a mapping, it would compare the values.
    known = list(codes)
    found = process.extract(code, known, scorer=fuzz.ratio, limit=3, score_cutoff=_CLOSE_ENOUGH)
    return [near for near, _, _ in found]
