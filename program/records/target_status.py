"""How a figure stands beside its target, in the words that leaders read."""

from enum import StrEnum


class TargetStatus(StrEnum):
    """The statuses of `mart_progress` (docs/marts.md), in the order in which pages list them."""

    ACHIEVED = "achieved"
    ON_TRACK = "on_track"
    AT_RISK = "at_risk"
    BEHIND = "behind"
    NOT_REACHED = "not_reached"
    NOT_YET = "not_yet"
    ESTIMATED_MET = "estimated_met"
    ESTIMATED_UNMET = "estimated_unmet"
    PARTIAL = "partial"
    """No figure is complete enough yet."""
    NO_DATA = "no_data"
    NO_TARGET = "no_target"

    @property
    def label(self) -> str:
        """The status as a Vietnamese office writes it."""
        return _LABELS[self]


_LABELS = {
    TargetStatus.ACHIEVED: "đã đạt",
    TargetStatus.ON_TRACK: "đúng tiến độ",
    TargetStatus.AT_RISK: "có nguy cơ chậm",
    TargetStatus.BEHIND: "chậm",
    TargetStatus.NOT_REACHED: "không đạt",
    TargetStatus.NOT_YET: "chưa đạt",
    TargetStatus.ESTIMATED_MET: "ước đạt",
    TargetStatus.ESTIMATED_UNMET: "ước chưa đạt",
    TargetStatus.PARTIAL: "chưa đủ báo cáo",
    TargetStatus.NO_DATA: "chưa có số liệu",
    TargetStatus.NO_TARGET: "chưa có mục tiêu",
}

URGENT = (
    TargetStatus.NOT_REACHED,
    TargetStatus.BEHIND,
    TargetStatus.AT_RISK,
    TargetStatus.NOT_YET,
    TargetStatus.ESTIMATED_UNMET,
)
"""The statuses that leaders must know of, the most urgent first."""
