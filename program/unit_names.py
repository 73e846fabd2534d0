"""What people write for a unit's name, and the units of one day that it may mean.

Writings are reduced, never guessed at: two texts mean the same unit only where type, name and parents agree after case,
abbreviations and ways of writing a number are taken away. Diacritics may be missing; where they are written they decide
between "Xã Sơn Hà" and "Xã Sơn Hạ". Twenty-seven such pairs stand below one parent in the country's lists.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator

# Type words as they stand before a name, on plain words; the abbreviations are those of domain.md 4.3 (6) and, for other
# provinces' districts and islands, of common use ("F.1" is a southern phường).
_TYPES = {
    "tinh": ("tinh", "t"),
    "thanh pho": ("thanh pho", "tp", "t p"),
    "thi xa": ("thi xa", "tx", "t x"),
    "quan": ("quan", "q"),
    "huyen": ("huyen", "h"),
    "phuong": ("phuong", "p", "f"),
    "thi tran": ("thi tran", "tt", "t t"),
    "dac khu": ("dac khu", "dk"),
    "xa": ("xa", "x"),
}
_SPELLINGS = {spelling: kind for kind, spellings in _TYPES.items() for spelling in spellings}
_OFFICES = re.compile(
    r"^(?:(?:(?:uy ban|ub) nhan dan|hdnd|ubnd|ubmttq|(?:phong|ban|so) dan toc(?: va ton giao)?|phong kinh te"
    r"|phong van hoa xa hoi|ban quan li(?: du an)?|bql) )+"
)
# Without vi, which is a syllable as well (Ba Vì), and x, which is xã.
_ROMAN = {"i": "1", "ii": "2", "iii": "3", "iv": "4", "v": "5", "vii": "7", "viii": "8", "ix": "9"}
# "Mĩ" and "Mỹ", "Quí" and "Quý" are one word in two orthographies; "Tây" and "Tai" are two.
_I_OR_Y = re.compile(r"(?:(?<=[bcdghklmnprstvx])|(?<=qu))y$")
_WORD = re.compile(r"(?:[a-z][\u0300-\u036f]*)+|[0-9]+")  # "P1" is two words, as "P.1" is
_STROKE = "\u0335"  # makes đ of d, as a mark like any other; Ð and ð are the Icelandic letters typed for it
_D = str.maketrans(dict.fromkeys("ĐđÐð", "d" + _STROKE))
_LONGEST = 30  # words; a name with all its parents has half as many, and a pasted paragraph is no name

Words = list[tuple[str, str]]
"""Each word of a text: plain, in one spelling, and the diacritics it bore, sorted: hòa and hoà bear the same."""


class UnitNames:
    """The names of the units of one day, by code. Immutable after construction."""

    def __init__(self, units: Iterable[tuple[str, str, str | None]]) -> None:
        """Index units given as code, official name with its type, and the parent's code."""
        self._called: dict[str, list[tuple[str, str, Words]]] = defaultdict(list)
        parents = {}
        for code, name, parent in units:
            kind, proper = next(_readings(_words(name)))
            self._called[_plain(proper)].append((code, kind, proper))
            parents[code] = parent
        self._above = {code: frozenset(_ancestors(code, parents)) for code in parents}

    def meant(self, text: str) -> set[str]:
        """Return the codes of all units that `text` may mean; none where it says nothing, or something else.

        Names of units above may stand behind the name, each level or only some. A code behind a name, as our own mails
        print it ("Xã Long Phú (31669)"), chooses among the units of that name.
        """
        words = _without_office(_words(text))
        if not 0 < len(words) <= _LONGEST:
            return set()
        return self._said(words) or {code for code in self._said(words[:-1]) if _number(code) == words[-1][0]}

    def _said(self, words: Words) -> set[str]:
        """Return what a whole line means, found from its end: what stands last is the unit that is highest up."""
        is_marked = any(marks for _, marks in words)
        behind: list[set[str]] = [set() for _ in range(len(words) + 1)]
        for start in reversed(range(len(words))):
            behind[start] = self._named(words[start:], is_marked=is_marked) or {
                code
                for cut in range(start + 1, len(words))
                if behind[cut]
                for code in self._named(words[start:cut], is_marked=is_marked)
                if self._above[code] & behind[cut]
            }
        return behind[0]

    def _named(self, words: Words, *, is_marked: bool) -> set[str]:
        """Return the units of a name without parents. "Xà Phiên" looks like a xã named Phiên: both readings are tried.

        Where the text has diacritics (`is_marked`), names that agree in them go before names that do not.
        """
        found, agreeing = set(), set()
        for kind, proper in _readings(words):
            for code, official, name in self._called.get(_plain(proper), ()):
                if kind in ("", official):
                    found.add(code)
                    if is_marked and name == proper:
                        agreeing.add(code)
        return agreeing or found


def _readings(words: Words) -> Iterator[tuple[str, Words]]:
    """Yield type and name for each way to read `words`; the type is "" in the last, which takes them all as the name."""
    for length in (2, 1):
        if len(words) > length and (kind := _SPELLINGS.get(_plain(words[:length]))):
            yield kind, words[length:]
    yield "", words


def _words(text: str) -> Words:
    decomposed = unicodedata.normalize("NFKD", text.translate(_D)).casefold()
    return [_word(found) for found in _WORD.findall(decomposed)]


def _word(decomposed: str) -> tuple[str, str]:
    plain = "".join(c for c in decomposed if c.isascii())
    marks = "".join(sorted(c for c in decomposed if not c.isascii()))
    return _I_OR_Y.sub("i", _number(_ROMAN.get(plain, plain))), marks


def _plain(words: Words) -> str:
    return " ".join(plain for plain, _ in words)


def _without_office(words: Words) -> Words:
    office = _OFFICES.match(_plain(words))
    return words[len(office[0].split()) :] if office else words


def _number(word: str) -> str:
    return word.lstrip("0") or word


def _ancestors(code: str, parents: dict[str, str | None]) -> Iterator[str]:
    seen = {code}
    while (above := parents.get(code)) is not None and above not in seen:
        yield above
        seen.add(above)
        code = above
