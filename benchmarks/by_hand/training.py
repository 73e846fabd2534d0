"""Rules of the training form: its summary by level, its list of classes, and both together."""

import pandas as pd

from benchmarks.by_hand.asking import Ask, Rules, repeated, unequal_sum
from program.forms.measure import LARGEST_EXACT

COUNTS = ("classes", "participants", "women", "ethnic_minority", "officials", "community")
MONEY = ("budget_planned_vnd", "budget_spent_vnd")
FIGURES = (*COUNTS, "days", *MONEY)
NEEDED, OPTIONAL = FIGURES[:2], FIGURES[2:]
LEVELS_OF_A_CLASS = {"province", "district", "commune"}
CLASS_NEEDED = ("title", "level", "first_day", "last_day", "participants")
CLASS_OPTIONAL = ("topic", "place", "organiser", "group", "units")

LEVELS: Rules = {
    "CELL-01": [lambda f, c=c: f[c].isna() for c in NEEDED],
    "CELL-02": [lambda f, c=c: f[c].isna() for c in OPTIONAL],
    "CELL-03": [lambda f, c=c: f[c] % 1 > 0 for c in COUNTS],
    "CELL-14": [lambda f, c=c: f[c] % 1 > 0 for c in MONEY],
    "CELL-04": [lambda f, c=c: f[c] < 0 for c in FIGURES],
    "CELL-06": [lambda f, c=c: f[c] > LARGEST_EXACT for c in FIGURES],
    "CELL-36": [lambda f, c=c: f[c] > 800e9 for c in MONEY],
    "CELL-52": [lambda f, c=c: f[c] > 1.32e6 for c in COUNTS[1:]],
    "TRN-01": [lambda f: f["women"] > f["participants"]],
    "TRN-02": [lambda f: f["ethnic_minority"] > f["participants"]],
    "TRN-03": [unequal_sum("participants", "officials", "community")],
    "TRN-04": [lambda f: f["budget_spent_vnd"] > f["budget_planned_vnd"]],
    "TRN-12": [
        lambda f: (
            (f["budget_spent_vnd"] != 0)
            & (
                (f["budget_spent_vnd"] < 20e3 * f["participants"])
                | (f["budget_spent_vnd"] > 50e6 * f["participants"])
                | (f["budget_spent_vnd"].notna() & (f["participants"] == 0))
            )
        )
    ],
    "TRN-13": [
        lambda f: (
            (f["participants"] != 0)
            & (f["classes"] != 0)
            & ((f["participants"] < 3 * f["classes"]) | (f["participants"] > 600 * f["classes"]))
        )
    ],
    "TRN-30": [lambda f: (f["classes"] > 0) & (f["days"] > 60 * f["classes"])],
    "TRN-14": [
        lambda f: (
            (f["budget_spent_vnd"] != 0)
            & (f["budget_planned_vnd"] != 0)
            & (f["budget_spent_vnd"] < 0.002 * f["budget_planned_vnd"])
        )
    ],
}
_CLASS_KEY = [
    f"class_{name}"
    for name in ("title", "topic", "level", "place", "first_day", "last_day", "participants")
]
CLASSES: Rules = {
    "CELL-01": [lambda f, c=c: f[f"class_{c}"].isna() for c in CLASS_NEEDED],
    "CELL-02": [lambda f, c=c: f[f"class_{c}"].isna() for c in CLASS_OPTIONAL],
    "CELL-03": [lambda f: f["class_participants"] % 1 > 0],
    "CELL-04": [lambda f: f["class_participants"] < 0],
    "CELL-05": [lambda f: f["class_level"].notna() & ~f["class_level"].isin(LEVELS_OF_A_CLASS)],
    "CELL-06": [lambda f: f["class_participants"] > LARGEST_EXACT],
    "TRN-09": [lambda f: f["class_last_day"] < f["class_first_day"]],
    "TRN-10": [lambda f: f["class_first_day"] < f["period_start"]],
    "TRN-11": [lambda f: f["class_last_day"] > f["period_end"]],
    "TRN-15": [repeated(*_CLASS_KEY, needed=["class_title"])],
    "TRN-16": [lambda f: f["class_participants"] < 1],
    "CELL-52": [lambda f: f["class_participants"] > 1.32e6],
    "TRN-31": [lambda f: f["class_last_day"] > f["class_first_day"] + pd.Timedelta(days=60)],
    "TRN-32": [lambda f: f["class_participants"] > 600],
}


def _split_otherwise(figure: str, level: str, *agreeing: str) -> Ask:
    """Return a check that summary and list agree at a level, where the `agreeing` figures agree."""

    def ask(frame: pd.DataFrame) -> pd.Series:
        summary, listed = frame[f"{figure}_{level}"], frame[f"{figure}_listed_{level}"]
        is_odd = summary.notna() & listed.notna() & (summary != listed)
        for name in agreeing:
            stem, _, place = name.rpartition("_")
            of_list = f"{stem}_listed" if place == "total" else f"{stem}_listed_{place}"
            is_odd &= frame[name] == frame[of_list]
        return is_odd

    return ask


_LINES = ("province", "district", "commune")
SUBMISSION: Rules = {
    "CELL-16": [
        unequal_sum(f"{c}_total", *(f"{c}_{line}" for line in _LINES))
        for c in FIGURES
        if c not in NEEDED
    ],
    "TRN-05": [
        unequal_sum(
            "classes_total", *(f"classes_{line}" for line in _LINES), empty_is_unknown=False
        )
    ],
    "TRN-06": [
        unequal_sum(
            "participants_total",
            *(f"participants_{line}" for line in _LINES),
            empty_is_unknown=False,
        )
    ],
    "TRN-07": [lambda f: (f["classes_total"] - f["classes_listed"]).abs() > 0],
    "TRN-08": [lambda f: (f["participants_total"] - f["participants_listed"]).abs() > 0],
    "TRN-17": [_split_otherwise("classes", "province", "classes_total")],
    "TRN-18": [_split_otherwise("classes", "district", "classes_total")],
    "TRN-19": [_split_otherwise("classes", "commune", "classes_total")],
    "TRN-20": [
        _split_otherwise("participants", "province", "participants_total", "classes_province")
    ],
    "TRN-21": [
        _split_otherwise("participants", "district", "participants_total", "classes_district")
    ],
    "TRN-22": [lambda f: f["arranged_people_certificates"] > f["participants_total"]],
}

FRAMES: dict[str, Rules] = {"levels": LEVELS, "class_list": CLASSES, "submission": SUBMISSION}
