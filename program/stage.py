"""Stages: a year is reported twice, as an estimate in September and as final figures in January.

Both stay, each with its own versions, and are compared (Circular 01/2022/TT-UBDT: report before 10/9 or 15/9, update
before 25/1 or 31/1 of the next year; C, S14, S15). A report that knows no estimate is final.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from program.labels import fold


class Stage(StrEnum):
    """How firm a report's figures are."""

    ESTIMATE = "estimate"
    FINAL = "final"

    @property
    def label(self) -> str:
        """The stage as a Vietnamese office writes it."""
        return _LABELS[self]


class Staged(NamedTuple):
    """A text that names a period, without the words for its stage; `stage` None where none is written."""

    text: str
    stage: Stage | None


_LABELS = {Stage.ESTIMATE: "ước thực hiện", Stage.FINAL: "chính thức"}
# On folded text, before the period's own words or after them: "Ước thực hiện năm 2024", "Năm 2024 (số chính thức)".
_START = r"(?:bao cao )?(?:so(?: lieu)? )?"
_WORDS = {
    Stage.ESTIMATE: _START + r"(?:(?:du )?uoc|so bo)(?: (?:thuc hien|th|tinh|dat|ca nam))*(?: den [0-9 ]+)?",
    Stage.FINAL: _START + r"(?:chinh thuc|quyet toan)|thuc hien chinh thuc",
}


def split_stage(text: str) -> Staged:
    """Return `text` without the words that name a stage, and that stage; the text as it is where none is named."""
    folded = fold(text)
    for stage, words in _WORDS.items():
        for pattern in (rf"(?:{words}) (?P<rest>.+)", rf"(?P<rest>.+?) (?:{words})"):
            match = re.fullmatch(pattern, folded)
            if match is not None:
                return Staged(match["rest"], stage)
    return Staged(text, None)
