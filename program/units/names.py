"""Which units of one day a written name may mean.

A text is reduced, never guessed at. Two texts mean the same unit only where type, name and parents
agree once letter case, abbreviations and ways of writing a number are taken away. Diacritics may be
missing. Where they are written, they decide between "Xã Sơn Hà" and "Xã Sơn Hạ": the country's
lists have twenty-seven such pairs below one parent.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

# The types of units as they stand before a name, in plain words, with the abbreviations in common
# use: "F.1" is a phường in the south.
_TYPES = {
    **dict.fromkeys(("tinh", "t"), "tinh"),
    **dict.fromkeys(("thanh pho", "tp", "t p"), "thanh pho"),
    **dict.fromkeys(("thi xa", "tx", "t x"), "thi xa"),
    **dict.fromkeys(("quan", "q"), "quan"),
    **dict.fromkeys(("huyen", "h"), "huyen"),
    **dict.fromkeys(("phuong", "p", "f"), "phuong"),
    **dict.fromkeys(("thi tran", "tt", "t t"), "thi tran"),
    **dict.fromkeys(("dac khu", "dk"), "dac khu"),
    **dict.fromkeys(("xa", "x"), "xa"),
}
_LONGEST_TYPE = 2
"""Words of the longest spelling of a type."""

_OFFICES = re.compile(
    r"^(?:(?:(?:uy ban|ub) nhan dan|hdnd|ubnd|ubmttq"
    r"|(?:phong|ban|so) dan toc(?: va ton giao)?|phong kinh te"
    r"|phong van hoa xa hoi|ban quan li(?: du an)?|bql) )+"
)
# Without vi, which is a syllable as well (Ba Vì), and x, which is xã.
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vii": "7", "viii": "8", "ix": "9"}
# "Mĩ" and "Mỹ", "Quí" and "Quý" are one word in two orthographies. "Tây" and "Tai" are two words.
_FINAL_Y = re.compile(r"(?:(?<=[bcdghklmnprstvx])|(?<=qu))y$")
# "P1" is two words, as "P.1" is.
_WORD = re.compile(r"(?:[a-z][\u0300-\u036f]*)+|[0-9]+")
# The stroke of đ becomes a mark like any other. Ð and ð are Icelandic letters, typed instead of it.
_STROKE = "\u0335"
_D = str.maketrans(dict.fromkeys("ĐđÐð", "d" + _STROKE))
_MOST_WORDS = 30
"""A name with all its parents has half as many words. A pasted paragraph is no name."""

Words = list[tuple[str, str]]
"""The words of a text, each with its diacritics.

A word is plain and in one spelling. Its diacritics are sorted, so that hòa and hoà have the same.
"""


@dataclass(frozen=True, slots=True)
class _Name:
    """The official name of a unit: its type, and the words after it."""

    code: str
    kind: str
    words: Words


class UnitNames:
    """The names of the units of one day. Immutable after construction."""

    def __init__(self, units: Iterable[tuple[str, str, str | None]]) -> None:
        """Index units, each given as code, official name with its type, and the parent's code."""
        self._names: dict[str, list[_Name]] = defaultdict(list)
        parents: dict[str, str | None] = {}
        for code, official_name, parent in units:
            words = _words(official_name)
            # An official name begins with its type, which is the first reading.
            kind, proper = next(_readings(words))
            name = _Name(code, kind, proper)
            self._names[_plain(proper)].append(name)
            parents[code] = parent
        self._ancestors: dict[str, frozenset[str]] = {}
        for code in parents:
            self._ancestors[code] = frozenset(_ancestors(code, parents))

    def meant(self, text: str) -> set[str]:
        """Return the codes of all units that `text` may mean; none where it names no unit.

        Names of higher units may follow the name; levels may be left out. A code may follow too, as
        in our own mails: "Xã Long Phú (31669)". It selects one of the units with that name.
        """
        words = _without_office(_words(text))
        if not words or len(words) > _MOST_WORDS:
            return set()
        # With its last word first: "Phường 1" ends with a number that is no code.
        codes = self._units_of_line(words)
        if codes:
            return codes
        last_word, _ = words[-1]
        candidates = self._units_of_line(words[:-1])
        return {code for code in candidates if _number(code) == last_word}

    def _units_of_line(self, words: Words) -> set[str]:
        """Return the units that a whole line means.

        The line is read from its end, where the highest unit stands.
        """
        count = len(words)
        is_marked = any(marks for _, marks in words)
        # For each position, the units that the words from there to the end mean.
        meant_from: list[set[str]] = [set() for _ in range(count + 1)]
        for start in reversed(range(count)):
            rest = words[start:]
            # A name without parents goes before a shorter name with parents.
            codes = self._units_of_name(rest, is_marked=is_marked)
            if not codes:
                codes = self._units_below(words, start, meant_from, is_marked=is_marked)
            meant_from[start] = codes
        return meant_from[0]

    def _units_below(
        self,
        words: Words,
        start: int,
        meant_from: list[set[str]],
        *,
        is_marked: bool,
    ) -> set[str]:
        """Return the units whose name begins at `start` and whose ancestors stand behind it."""
        found: set[str] = set()
        for end in range(start + 1, len(words)):
            ancestors = meant_from[end]
            if not ancestors:
                continue
            for code in self._units_of_name(words[start:end], is_marked=is_marked):
                if self._ancestors[code] & ancestors:
                    found.add(code)
        return found

    def _units_of_name(self, words: Words, *, is_marked: bool) -> set[str]:
        """Return the units with a name, given without parents.

        "Xà Phiên" looks like a xã with the name Phiên: both readings are tried. `is_marked`: the
        text has diacritics. Names with the same diacritics then go before all others.
        """
        found: set[str] = set()
        same_marks: set[str] = set()
        for kind, proper in _readings(words):
            for name in self._names.get(_plain(proper), ()):
                # A name without its type may be of any: "Kế Sách" is the district or the township.
                if kind and kind != name.kind:
                    continue
                found.add(name.code)
                if is_marked and name.words == proper:
                    same_marks.add(name.code)
        return same_marks or found


def _readings(words: Words) -> Iterator[tuple[str, Words]]:
    """Yield the type and the name for each way to read `words`.

    The last reading has the type "" and takes all words as the name.
    """
    # The longest type first: "T P" is a thành phố, though "T" alone is a tỉnh.
    for length in range(_LONGEST_TYPE, 0, -1):
        if len(words) <= length:
            continue
        kind = _TYPES.get(_plain(words[:length]))
        if kind:
            yield kind, words[length:]
    yield "", words


def _words(text: str) -> Words:
    decomposed = unicodedata.normalize("NFKD", text.translate(_D)).casefold()
    return [_word(found) for found in _WORD.findall(decomposed)]


def _word(decomposed: str) -> tuple[str, str]:
    """Return a word in its one spelling, and its diacritics."""
    letters = "".join(sign for sign in decomposed if sign.isascii())
    # Sorted, because hòa and hoà have their marks at different places.
    marks = sorted(sign for sign in decomposed if not sign.isascii())
    in_digits = _ROMAN.get(letters, letters)
    number = _number(in_digits)
    plain = _FINAL_Y.sub("i", number)
    return plain, "".join(marks)


def _plain(words: Words) -> str:
    return " ".join(plain for plain, _ in words)


def _without_office(words: Words) -> Words:
    """Return the words without the office before a unit: "UBND huyện Kế Sách"."""
    office = _OFFICES.match(_plain(words))
    if office is None:
        return words
    office_words = office[0].split()
    return words[len(office_words) :]


def _number(word: str) -> str:
    """Return a number without leading zeros, any other word as it is."""
    return word.lstrip("0") or word


def _ancestors(code: str, parents: dict[str, str | None]) -> Iterator[str]:
    """Yield the codes of all units above one. Ends where the table has a circle."""
    seen = {code}
    above = parents.get(code)
    while above is not None and above not in seen:
        yield above
        seen.add(above)
        above = parents.get(above)
