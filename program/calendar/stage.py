"""Stages: a year is reported twice, as an estimate in September and as final figures in January.

Both are kept, each with its own versions, and are compared. Circular 01/2022/TT-UBDT asks for a
report before 10/9 or 15/9, and for an update before 25/1 or 31/1 of the next year (C, S14, S15). A
form without estimates has only final reports.
"""

import re
from enum import StrEnum
from typing import NamedTuple

from program.labels import fold


class Stage(StrEnum):
    """Whether the figures of a report are an estimate or final."""

    ESTIMATE = "estimate"
    FINAL = "final"

    @property
    def label(self) -> str:
        """The stage as a Vietnamese office writes it."""
        return _LABELS[self]


class Staged(NamedTuple):
    """A text that names a period, without the words for a stage.

    `stage` None: the text had no such words.
    """

    text: str
    stage: Stage | None


_LABELS = {Stage.ESTIMATE: "ước thực hiện", Stage.FINAL: "chính thức"}
# On folded text, before or after the words for the period: "Ước thực hiện năm 2024", "Năm 2024 (số
# chính thức)".
_START = r"(?:bao cao )?(?:so(?: lieu)? )?"
_WORDS = {
    Stage.ESTIMATE: _START
    + r"(?:(?:du )?uoc|so bo)(?: (?:thuc hien|th|tinh|dat|ca nam))*(?: den [0-9 ]+)?",
    Stage.FINAL: _START + r"(?:chinh thuc|quyet toan)|thuc hien chinh thuc",
}


def split_stage(text: str) -> Staged:
    """Return `text` without the words for a stage, and that stage.

    A text without such words is returned unchanged.
    """
    folded = fold(text)
    for stage, words in _WORDS.items():
        stage_first = rf"(?:{words}) (?P<rest>.+)"
        stage_last = rf"(?P<rest>.+?) (?:{words})"
        for pattern in (stage_first, stage_last):
            match = re.fullmatch(pattern, folded)
            if match is not None:
                return Staged(match["rest"], stage)
    return Staged(text, None)
