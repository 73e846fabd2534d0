"""What the figures of two forms mean over time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product

import pandas as pd

from program.labels import fold

Figure = tuple[int, str, str]
"""A figure by its submission, its element and the key of its line."""
FIGURE = ("report", "element", "key")
FAILURE = [*FIGURE, "rule"]
"""The columns of failures at a cell. The cell of a list's line is its column and its key."""


@dataclass(frozen=True)
class Meaning:
    """What the figures of a form mean over time.

    `matrix` and `listed` are the columns of its matrix and its list, `key` identifies a line. A
    cumulative figure reaches at most `full`, or the figure that it goes `up_to`.
    """

    form: str
    matrix_table: str
    matrix: tuple[str, ...]
    list_table: str
    listed: tuple[str, ...]
    summaries: tuple[str, ...]
    key: str = ""
    cumulative: tuple[str, ...] = ()
    full: Mapping[str, float] = field(default_factory=dict)
    up_to: Mapping[str, str] = field(default_factory=dict)
    per: Mapping[str, str] = field(default_factory=dict)

    @property
    def typed_places(self) -> dict[str, tuple[str, str]]:
        """Column and line of each figure of the matrix that is no total."""
        lines = [line for line in LINES if line != "total"]
        return {f"{c}_{line}": (c, line) for c, line in product(self.matrix, lines)}


MONEY = ("budget_planned_vnd", "budget_spent_vnd")
COUNTS = ("classes", "participants", "women", "ethnic_minority", "officials", "community", "days")
LINES = ("province", "district", "commune", "total")
TRAINING = Meaning(
    form="training",
    matrix_table="levels",
    matrix=(*COUNTS, *MONEY),
    list_table="class_list",
    listed=("class_participants",),
    summaries=(
        "classes_listed",
        "participants_listed",
        "classes_for_officials",
        "classes_for_community",
    ),
    per={f"{money}_{line}": f"participants_{line}" for money in MONEY for line in LINES},
)
WORKS = Meaning(
    form="works",
    matrix_table="",
    matrix=(),
    list_table="work_list",
    listed=("work_investment_vnd", "work_disbursed_vnd", "work_progress_pct"),
    summaries=(
        "works_listed",
        "works_completed",
        "roads_completed",
        "bridges_completed",
        "works_investment_listed_vnd",
        "works_disbursed_listed_vnd",
        "works_infrastructure_disbursed_vnd",
    ),
    key="work_code",
    cumulative=("work_disbursed_vnd", "work_progress_pct"),
    full={"work_progress_pct": 100.0},
    up_to={"work_disbursed_vnd": "work_investment_vnd"},
)


def keys_of(texts: pd.Series) -> pd.Series:
    """Return the folded text of each line's key; "" for none. Each text is folded once."""
    folded = {text: fold(text) for text in texts.dropna().unique()}
    return texts.map(folded).fillna("")
