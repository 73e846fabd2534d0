"""Rules of history that look at whole lines: of a list, and of a matrix."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from benchmarks.by_hand.meaning import FAILURE, Meaning, keys_of
from expectations.history.scale import has_digits
from program.records.history import History

_BEGUN = ["in_progress", "completed", "suspended"]
_TELLING = ["work_name", "work_investment_vnd"]
"""Columns that tell the works of a list apart, beside their code."""
_TEXTS = ["work_status", "work_name", "work_start"]
_HALF_A_YEAR = pd.Timedelta(days=180)
_MATRIX_LINE = ["report", "line"]


def matrix_failures(
    meaning: Meaning, rows: pd.DataFrame, then: pd.DataFrame, period_before: str
) -> pd.DataFrame:
    """Return the lines of a matrix with figures of another line, each at its first such figure."""
    if not meaning.matrix_table:
        return pd.DataFrame(columns=FAILURE)
    now = _matrix_figures(meaning, rows)
    last = _matrix_figures(meaning, then[then["period"] == period_before])
    found = [_shifted(now, last).assign(rule="HIS-14"), _copied(now).assign(rule="HIS-15")]
    return pd.concat(found, ignore_index=True).assign(key="")[FAILURE]


def _matrix_figures(meaning: Meaning, figures: pd.DataFrame) -> pd.DataFrame:
    """Return the figures that somebody typed into lines of a matrix and that are not 0."""
    places = meaning.typed_places
    typed = figures[figures["element"].isin(places) & (figures["value"] != 0)]
    columns = {name: column for name, (column, _) in places.items()}
    lines = {name: line for name, (_, line) in places.items()}
    return typed.assign(column=typed["element"].map(columns), line=typed["element"].map(lines))


def _shifted(now: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with figures that stood on another line in the period before."""
    at = ["unit", "column", "value"]
    is_telling = (now["value"] >= 10) | has_digits(now["value"].to_numpy(), 3)
    changed = now[is_telling & (now["value"] != now["last"])]
    sources = then.drop_duplicates(at, keep=False)[[*at, "line"]]
    matched = changed.merge(sources, on=at, suffixes=("", "_then"))
    matched = matched[matched["line"] != matched["line_then"]]
    figures = matched.groupby([*_MATRIX_LINE, "line_then"])["value"].transform("size")
    most = figures.groupby([matched[name] for name in _MATRIX_LINE]).transform("max")
    lines = matched.assign(figures=figures)[figures == most].drop_duplicates(_MATRIX_LINE)
    return lines[lines.groupby("report")["figures"].transform("sum") >= 3]


def _copied(now: pd.DataFrame) -> pd.DataFrame:
    """Return the lines with the same figures as another line, but not the one that was copied."""
    hashes = pd.util.hash_pandas_object(now[["column", "value"]], index=False)
    marked = now.assign(mark=hashes, is_kept=now["value"] == now["last"])
    by_line = marked.groupby(_MATRIX_LINE, sort=False)
    lines = by_line.agg(
        mark=("mark", "sum"),
        figures=("value", "size"),
        different=("value", "nunique"),
        kept=("is_kept", "sum"),
        element=("element", "first"),
    ).reset_index()
    lines = lines[(lines["figures"] >= 4) & (lines["different"] >= 3)]
    # The line that is as it was in the period before is the one that was copied.
    lines = lines.sort_values("kept", ascending=False, kind="stable")
    return lines[lines.duplicated(["report", "mark", "figures"])]


def list_failures(
    meaning: Meaning, frames: Mapping[str, pd.DataFrame], units: Mapping[int, str], past: History
) -> pd.DataFrame:
    """Return what is odd about a work beside the same work in its unit's last report."""
    now, then = _lines_now(meaning, frames, units), _lines_then(meaning, past)
    both = now.merge(then, on=["unit", "key"], suffixes=("", "_then"))
    status, status_then = both["work_status"], both["work_status_then"]
    start, start_then = both["work_start"], both["work_start_then"]
    invested, invested_then = both["work_investment_vnd"], both["work_investment_vnd_then"]
    is_undone = status.notna() & (status != "completed")
    is_begun = status.isin(_BEGUN) & status_then.isin(_BEGUN)
    has_both = (invested != 0) & (invested_then != 0)
    is_unlike = (invested < 0.5 * invested_then) | (invested > 1.55 * invested_then)
    moved = _moved(meaning, both, then)
    bad = {
        ("WRK-17", "work_status"): (status_then == "completed") & is_undone,
        ("WRK-18", "work_status"): status_then.isin(_BEGUN) & (status == "not_started"),
        ("WRK-20", "work_name"): moved["work_name"],
        ("WRK-21", "work_investment_vnd"): moved["work_investment_vnd"],
        ("WRK-22", meaning.key): moved[meaning.key],
        ("WRK-23", "work_start"): is_begun & (start + _HALF_A_YEAR < start_then),
        ("WRK-24", "work_start"): is_begun & (start_then + _HALF_A_YEAR < start),
        ("WRK-25", "work_investment_vnd"): has_both & is_unlike,
    }
    found = []
    for (rule, column), is_bad in bad.items():
        found.append(both.loc[is_bad, ["report", "key"]].assign(element=column, rule=rule))
    return pd.concat(found, ignore_index=True)[FAILURE]


def _moved(meaning: Meaning, both: pd.DataFrame, then: pd.DataFrame) -> pd.DataFrame:
    """Tell which values stood on another line of the last report, by column.

    Where all of a line's columns come from one other line, its key has moved.
    """
    sources = pd.DataFrame({name: _source(both, then, name) for name in _TELLING})
    is_of_one = sources.notna().all(axis=1) & (sources.nunique(axis=1) == 1)
    moved = sources.notna() & ~is_of_one.to_numpy()[:, None]
    moved[meaning.key] = is_of_one
    # One line with another's value is a coincidence.
    return moved & (moved.groupby(both["report"]).transform("sum") >= 2)


def _source(both: pd.DataFrame, then: pd.DataFrame, column: str) -> np.ndarray:
    """Return the key of the other line that had the value of each line before."""
    values, values_then, last = both[column], both[f"{column}_then"], then[column]
    if column == "work_name":
        values, values_then, last = keys_of(values), keys_of(values_then), keys_of(last)
        values, last = values.replace("", None), last.replace("", None)
    known = then.assign(value=last).dropna(subset="value")
    known = known.drop_duplicates(["unit", "value"], keep=False)[["unit", "value", "key"]]
    asked = pd.DataFrame({"unit": both["unit"], "value": values})
    found = asked.merge(known, on=["unit", "value"], how="left")["key"]
    found.index = both.index
    return found.where(values.notna() & (values != values_then) & (found != both["key"])).to_numpy()


def lost_lines(
    meaning: Meaning, frames: Mapping[str, pd.DataFrame], units: Mapping[int, str], past: History
) -> list[tuple[str, int]]:
    """Return WRK-19 for each open work of the unit's last report that is missing now."""
    now, then = _lines_now(meaning, frames, units), _lines_then(meaning, past)
    asked = now.drop_duplicates("report")[["report", "unit"]]
    expected = asked.merge(then, on="unit", suffixes=("", "_then"))
    lost = expected.merge(now[["report", "key"]], on=["report", "key"], how="left", indicator=True)
    is_open = lost["work_status"].notna() & (lost["work_status"] != "completed")
    lost = lost[(lost["_merge"] == "left_only") & is_open]
    return [("WRK-19", int(n)) for n in lost["report"]]


def _lines_now(
    meaning: Meaning, frames: Mapping[str, pd.DataFrame], units: Mapping[int, str]
) -> pd.DataFrame:
    """Return the works of a batch that have a key."""
    lines = frames[meaning.list_table].rename(columns={"submission_id": "report"})
    lines = lines.assign(key=keys_of(lines[meaning.key]), unit=lines["report"].map(units))
    columns = ["report", "unit", "key", *_TEXTS, "work_investment_vnd"]
    return lines.loc[lines["key"] != "", columns]


def _lines_then(meaning: Meaning, past: History) -> pd.DataFrame:
    """Return the works of the last report of each unit."""
    reports = past.reports[past.reports["form"] == meaning.form]
    reports = reports[reports["period"] == reports.groupby("unit")["period"].transform("max")]
    facts = past.facts[(past.facts["line"] > 0) & past.facts["report"].isin(reports["report"])]
    at = ["report", "line"]
    texts = facts[facts["element"].isin([meaning.key, *_TEXTS])]
    lines = texts.pivot(index=at, columns="element", values="text")
    amounts = facts[facts["element"] == "work_investment_vnd"].set_index(at)["value"]
    lines = lines.join(amounts.rename("work_investment_vnd")).reset_index()
    lines = lines.merge(reports[["report", "unit"]], on="report")
    lines = lines.assign(
        key=keys_of(lines[meaning.key]), work_start=pd.to_datetime(lines["work_start"])
    )
    return lines[["unit", "key", *_TEXTS, "work_investment_vnd"]]
