"""Rules of the list of works.

The benchmark asserts that they find the same rows as those of the pack.
"""

import pandas as pd

from benchmarks.by_hand.asking import Rules, repeated
from program.forms.measure import LARGEST_EXACT

REQUIRED = [f"work_{name}" for name in ("code", "name", "commune", "project", "kind", "status")]
FIGURES = ["work_investment_vnd", "work_disbursed_vnd", "work_progress_pct"]
MONEY, DATES = FIGURES[:2], ["work_start", "work_planned_end", "work_actual_end"]
BEGUN = ["in_progress", "completed", "suspended"]
PROJECTS = {f"da{n}" for n in range(1, 11)}
_SUB_PROJECTS = {3: 3, 4: 2, 5: 4, 9: 2, 10: 3}
"""How many sub-projects a project has."""
for _project, _count in _SUB_PROJECTS.items():
    PROJECTS |= {f"da{_project}_tda{n}" for n in range(1, _count + 1)}
KINDS = {
    "road",
    "bridge",
    "school",
    "health_station",
    "water",
    "electricity",
    "community_house",
    "market",
    "irrigation",
    "other",
}
WORDS = {"work_project": PROJECTS, "work_kind": KINDS, "work_status": {"not_started", *BEGUN}}


def _is_total(frame: pd.DataFrame) -> pd.Series:
    """Return the rows that are the sum of two or more rows beside them, in both sums of money.

    The benchmark's money is in no one proportion, so that two sums are no coincidence.
    """
    return _is_sum_above(frame) | _is_sum_above(frame[::-1])[::-1]


def _is_sum_above(frame: pd.DataFrame) -> pd.Series:
    """Return the rows that are the sum of two or more rows just above them.

    Or half the sum of all rows above, where totals of groups are among these. A list of more than
    60 lines would need a limit for the rows added up; the benchmark has none.
    """
    report = frame["submission_id"]
    place = frame.groupby(report).cumcount()
    figures = frame[MONEY]
    above = figures.fillna(0).groupby(report).cumsum() - figures.fillna(0)
    is_total = pd.Series(data=False, index=frame.index)
    for length in range(2, int(place.max()) + 1):
        block = above - above.shift(length)
        is_total |= (place >= length) & _equal(block, figures)
    has_group = is_total.groupby(report).cumsum() - is_total > 0
    return is_total | (has_group & _equal(above / 2, figures))


def _equal(sums: pd.DataFrame, figures: pd.DataFrame) -> pd.Series:
    is_equal = (sums - figures).abs() <= 1e-9 * figures
    return (is_equal & (figures > 0)).all(axis=1)


WORK_LIST: Rules = {
    "CELL-01": [lambda f, c=c: f[c].isna() for c in (*REQUIRED, *FIGURES)],
    "CELL-02": [lambda f, c=c: f[c].isna() for c in DATES],
    "CELL-04": [lambda f, c=c: f[c] < 0 for c in FIGURES],
    "CELL-05": [lambda f, c=c: f[c].notna() & ~f[c].isin(WORDS[c]) for c in WORDS],
    "CELL-06": [lambda f, c=c: f[c] > LARGEST_EXACT for c in FIGURES],
    "CELL-14": [lambda f, c=c: f[c] % 1 > 0 for c in MONEY],
    "CELL-15": [lambda f: f["work_progress_pct"] > 100],
    "CELL-36": [lambda f: f["work_disbursed_vnd"] > 800e9],
    "WRK-01": [repeated("work_code")],
    "WRK-02": [lambda f: f["work_planned_end"] < f["work_start"]],
    "WRK-03": [lambda f: f["work_actual_end"] < f["work_start"]],
    "WRK-04": [lambda f: f["work_actual_end"] > f["period_end"]],
    "WRK-05": [lambda f: (f["work_status"] == "completed") & f["work_actual_end"].isna()],
    "WRK-06": [lambda f: (f["work_status"] == "completed") & (f["work_progress_pct"] < 100)],
    "WRK-07": [
        lambda f: (
            (f["work_progress_pct"] >= 100)
            & f["work_status"].notna()
            & (f["work_status"] != "completed")
        )
    ],
    "WRK-08": [
        lambda f: (
            f["work_actual_end"].notna()
            & f["work_status"].notna()
            & (f["work_status"] != "completed")
        )
    ],
    "WRK-09": [lambda f: (f["work_status"] == "not_started") & (f["work_progress_pct"] > 0)],
    "WRK-10": [lambda f: f["work_status"].isin(BEGUN) & f["work_start"].isna()],
    "WRK-11": [lambda f: f["work_status"].isin(BEGUN) & (f["work_start"] > f["period_end"])],
    "WRK-12": [lambda f: (f["work_status"] == "not_started") & (f["work_start"] < f["period_end"])],
    "WRK-13": [lambda f: f["work_disbursed_vnd"] > f["work_investment_vnd"]],
    "WRK-15": [lambda f: (f["work_investment_vnd"] < 10e6) | (f["work_investment_vnd"] > 500e9)],
    "WRK-16": [
        lambda f: (
            (f["work_disbursed_vnd"] > 0)
            & (f["work_disbursed_vnd"] < f["work_investment_vnd"] / 1000)
        )
    ],
    "WRK-26": [repeated("work_name", "work_commune", "work_investment_vnd")],
    "WRK-27": [_is_total],
}

FRAMES: dict[str, Rules] = {"work_list": WORK_LIST, "submission": {}}
