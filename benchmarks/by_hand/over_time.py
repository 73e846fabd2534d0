"""Rules of history of two forms in vectorised pandas, as a careful programmer writes them by hand.

They rely on what the benchmark gives: a report is final, about a quarter, the newest of its unit
and sent once; no two units share the code of a work. What is already vectorised numpy in a rule of
the pack (`factors_of`, the powers of ten) is called as it is. The deviation among peers costs most:
it is computed only for figures that break all other conditions of their rule.
"""

from collections.abc import Iterable, Mapping, Set

import numpy as np
import pandas as pd

from benchmarks.by_hand.lines import list_failures, lost_lines, matrix_failures
from benchmarks.by_hand.meaning import FAILURE, FIGURE, LINES, Figure, Meaning, keys_of
from expectations.history.scale import ScaleLimits, factors_of
from program.records.history import History

_SIGMA = 1.4826
RULES = {f"HIS-{n:02}" for n in range(1, 18)} | {f"WRK-{n}" for n in range(17, 26)}
"""The rules that compare a report with others.

Some find nothing here: they look at estimates (HIS-10, HIS-11), later reports (HIS-03), other
versions (HIS-12, HIS-17), or what the two forms do not have: opening figures (HIS-04), targets
(HIS-09), cumulative figures in a matrix (HIS-13).
"""
_LINE = r"_(?:province|district|commune)$"
_CRITICAL = ("TRN-01", "CELL-15")
"""The critical rules that the benchmark's reports break, of women and of a work's progress."""
_SCALE = ScaleLimits(factors=(10, 100, 1000, 1_000_000), gap=3, slack=2)


def failing_over_time(
    meaning: Meaning,
    frames: Mapping[str, pd.DataFrame],
    units: Mapping[int, str],
    past: History,
    refused: Set[Figure],
    periods: tuple[str, str],
) -> list[tuple[str, int]]:
    """Return rule and submission of each failure.

    Args:
        meaning: What the figures mean.
        frames: The frames of a batch.
        units: The unit of each submission, in the order of their arrival.
        past: The reports in the warehouse.
        refused: The figures that break a critical rule of their own. Their reports do not load, and
            nothing more is said of them.
        periods: The period of the batch, and the one before.
    """
    now, then = _figures_now(meaning, frames, units), _figures_then(meaning, past)
    order = {number: place for place, number in enumerate(units)}
    now["order"] = now["report"].map(order)
    is_known = ~now["report"].isin({figure[0] for figure in refused})
    known = pd.concat([then.assign(order=-1), now[is_known].assign(period=periods[0])])
    rows = _with_own_past(now, then, meaning, periods[1])
    own = known[(known["period"] != periods[0]) & known["unit"].isin(set(units.values()))]
    peers = known[known["period"] == periods[0]].assign(is_own=False)
    pool = pd.concat([peers, own.assign(is_own=True)], ignore_index=True)
    before = known[known["period"] == periods[1]].assign(is_own=False)
    _add_peers(rows, peers, before, pool)
    _add_rates(rows, pool, meaning.per)
    # Of several failures at one cell the first counts, and none at a cell that is refused.
    at_cells = [_figure_failures(rows, pool), matrix_failures(meaning, rows, then, periods[1])]
    found = _copies(now, known, meaning, periods[0])
    if meaning.key:
        at_cells.append(list_failures(meaning, frames, units, past))
        found += lost_lines(meaning, frames, units, past)
    failed = pd.concat(at_cells, ignore_index=True).drop_duplicates([*FIGURE])
    figures = failed[[*FIGURE]].itertuples(index=False, name=None)
    is_accepted = np.array([figure not in refused for figure in figures], dtype=bool)
    failed = failed[is_accepted]
    return found + list(zip(failed["rule"], failed["report"], strict=True))


def _figures_now(
    meaning: Meaning, frames: Mapping[str, pd.DataFrame], units: Mapping[int, str]
) -> pd.DataFrame:
    parts = []
    if meaning.matrix_table:
        matrix = frames[meaning.matrix_table].rename(columns={"submission_id": "report"})
        long = matrix.melt(["report", "line"], list(meaning.matrix), "column")
        long["element"] = long["column"] + "_" + long["line"]
        parts.append(long)
    summary = frames["submission"].rename(columns={"submission_id": "report"})
    parts.append(summary.melt(["report"], list(meaning.summaries), "element"))
    lines = frames[meaning.list_table].rename(columns={"submission_id": "report"})
    lines = lines.assign(key=keys_of(lines[meaning.key]) if meaning.key else "")
    parts.append(lines.melt(["report", "key"], list(meaning.listed), "element"))
    now = pd.concat(parts, ignore_index=True).dropna(subset="value")
    now = now.assign(key=now["key"].fillna(""), unit=now["report"].map(units))
    return now[["report", "unit", "element", "key", "value"]].reset_index(drop=True)


def _figures_then(meaning: Meaning, past: History) -> pd.DataFrame:
    reports = past.reports[past.reports["form"] == meaning.form]
    facts = past.facts.merge(reports[["report", "unit", "period"]], on="report")
    is_listed = facts["line"] > 0
    is_figure = facts["value"].notna() & (~is_listed | facts["element"].isin(meaning.listed))
    figures = facts[is_figure].assign(key="")
    if meaning.key:
        codes = facts.loc[facts["element"] == meaning.key, ["report", "line", "text"]]
        figures = facts[is_figure].merge(codes, on=["report", "line"], how="left")
        figures = figures.assign(key=keys_of(figures["text_y"]))
    return figures[["report", "unit", "period", "element", "key", "value"]]


def _with_own_past(
    now: pd.DataFrame, then: pd.DataFrame, meaning: Meaning, period_before: str
) -> pd.DataFrame:
    """Return the figures with what their unit reported before."""
    is_listed = now["element"].isin(meaning.listed)
    is_summary = now["element"].isin(meaning.summaries)
    rows = now.assign(is_listed=is_listed, is_summary=is_summary, n=np.arange(len(now)))
    comparable = rows[~is_listed | (rows["key"] != "")]
    both = comparable.merge(then, on=["unit", "element", "key"], suffixes=("", "_then"))
    wide = both.pivot(index="n", columns="period", values="value_then").reindex(rows["n"])
    median = wide.median(axis=1)
    is_cumulative = rows["element"].isin(meaning.cumulative)
    earlier, later = wide.iloc[:, :-1].to_numpy(), wide.iloc[:, 1:].to_numpy()
    compared = (~np.isnan(earlier + later)).sum(axis=1)
    rows["before"] = wide.ffill(axis=1).iloc[:, -1]
    rows["last"] = wide.get(period_before, np.nan)
    rows["cumulative_before"] = rows["before"].where(is_cumulative)
    rows["own_median"] = median
    rows["own_mad"] = wide.sub(median, axis=0).abs().median(axis=1)
    rows["own_low"] = wide.where(wide > 0).min(axis=1)
    rows["own_high"] = rows["own_ceiling"] = wide.max(axis=1)
    rows["own_points"] = wide.count(axis=1)
    with np.errstate(invalid="ignore"):
        rows["own_kept"] = (earlier == later).sum(axis=1) / np.where(compared, compared, np.nan)
    rows["shift"] = _shift(rows)
    rows["shifted_median"] = median * rows["shift"]
    rows["whole"] = _whole(rows, meaning)
    limit = np.fmax(rows["element"].map(meaning.full), rows["whole"])
    rows["limit"] = limit.where(is_cumulative)
    is_plan = (rows["own_kept"] >= 0.5) & ~is_cumulative & ~(rows["shift"] >= 1.5)
    rows["plan_before"] = rows["last"].where(is_plan)
    return rows


def _whole(rows: pd.DataFrame, meaning: Meaning) -> np.ndarray:
    """Return the figure that each figure goes up to."""
    at = ["report", "element", "key"]
    is_whole = rows["element"].isin(meaning.up_to.values()) & (rows["key"] != "")
    wholes = rows[is_whole].set_index(at)["value"]
    partners = rows.assign(element=rows["element"].map(meaning.up_to))[at]
    return wholes.reindex(pd.MultiIndex.from_frame(partners)).to_numpy()


def _shift(rows: pd.DataFrame) -> pd.Series:
    """Return how many times its usual value the median figure of a line, or of a report, is."""
    usual = rows["own_median"].fillna(rows["before"])
    times = (rows["value"] / usual).where((usual > 0) & (rows["value"] > 0))
    # A line of nothing but totals has a median of its own; for the report totals do not count.
    is_typed = ~rows["element"].str.endswith("_total") & ~rows["is_summary"]
    of_report = times.where(is_typed).groupby(rows["report"]).transform("median")
    line = rows["element"].str.rsplit("_", n=1).str[-1].where(~rows["is_listed"], "")
    by_line = times.groupby([rows["report"], line])
    of_line = by_line.transform("median").where(by_line.transform("count") >= 4)
    return of_line.where(line.isin(LINES)).fillna(of_report)


def _add_peers(
    rows: pd.DataFrame, peers: pd.DataFrame, before: pd.DataFrame, pool: pd.DataFrame
) -> None:
    """Add the spread among peers, and the usual share of them."""
    is_listed = rows["is_listed"]
    figures = rows[~is_listed]
    then, now = _spread(figures, before), _spread(figures, peers)
    for name, column in pd.concat([now, _spread(rows[is_listed], pool)]).items():
        rows[f"peer_{name}"] = column
    is_enough = (now["points"] >= 3) & (then["points"] >= 3)
    share = figures["last"] / then["median"].where(then["median"] > 0)
    expected = (share * now["median"]).where(is_enough)
    rows["expected_share"] = expected.where(expected > 0)


def _add_rates(rows: pd.DataFrame, pool: pd.DataFrame, per: Mapping[str, str]) -> None:
    asked = _rates(rows, per)
    rows["rate"] = asked["value"]
    for name, column in _spread(asked, _rates(pool, per)).items():
        rows[f"rate_{name}"] = column
    rows["rate_points"] = rows["rate_points"].fillna(0)


def _rates(figures: pd.DataFrame, per: Mapping[str, str]) -> pd.DataFrame:
    """Return the figures that have a rate, with the rate as their value."""
    divided = figures[figures["element"].isin(per)]
    is_divisor = figures["element"].isin(per.values())
    divisors = figures[is_divisor].set_index(["report", "element"])["value"]
    wanted = pd.MultiIndex.from_arrays([divided["report"], divided["element"].map(per)])
    divisor = divisors.reindex(wanted).to_numpy()
    rates = divided.assign(value=divided["value"] / np.where(divisor > 0, divisor, np.nan))
    return rates.dropna(subset="value")


def _seen(asked: pd.DataFrame, pool: pd.DataFrame) -> np.ndarray:
    """Tell which figures of a pool (columns) each figure (row) is compared with.

    They are those of other units that came before, and the earlier ones of its own unit.
    """
    is_unit = asked["unit"].to_numpy()[:, None] == pool["unit"].to_numpy()
    is_before = pool["order"].to_numpy() < asked["order"].to_numpy()[:, None]
    return np.where(pool["is_own"].to_numpy(), is_unit, ~is_unit & is_before)


def _spread(asked: pd.DataFrame, pool: pd.DataFrame) -> pd.DataFrame:
    """Return median, low, high and points among the pool, by the index of the figures asked."""
    units, codes = pd.factorize(pd.concat([asked["unit"], pool["unit"]]))[0], len(asked)
    asked = asked.assign(unit=units[:codes])
    pool = pool.assign(unit=units[codes:]).sort_values("value")
    pools = dict(list(pool.groupby("element")))
    spreads = [pd.DataFrame(columns=["median", "low", "high", "points"], dtype="float64")]
    for element, figures in asked.groupby("element"):
        if element in pools:
            spreads.append(_spread_of_element(figures, pools[element]))
    return pd.concat(spreads).reindex(asked.index).fillna({"points": 0})


def _spread_of_element(asked: pd.DataFrame, pool: pd.DataFrame) -> pd.DataFrame:
    # All figures of a report see the same: one row a report.
    reports = asked.drop_duplicates("report")
    is_seen = _seen(reports, pool)
    seen = np.broadcast_to(pool["value"].to_numpy(), is_seen.shape)[is_seen]
    points = is_seen.sum(axis=1)
    not_positive = is_seen[:, (pool["value"] <= 0).to_numpy()].sum(axis=1)
    last = points.cumsum() - 1
    first = last - points + 1
    has_any = points > 0
    seen = np.append(seen, np.nan)
    lower, upper = seen[first + (points - 1) // 2], seen[first + points // 2]
    spread = pd.DataFrame(
        {
            "median": np.where(has_any, (lower + upper) / 2, np.nan),
            "low": np.where(not_positive < points, seen[first + not_positive], np.nan),
            "high": np.where(has_any, seen[last], np.nan),
            "points": points,
        },
        index=reports["report"],
    )
    return spread.loc[asked["report"]].set_index(asked.index)


def _figure_failures(rows: pd.DataFrame, pool: pd.DataFrame) -> pd.DataFrame:
    """Return the failures of the rules that look at single figures: one a figure at most."""
    # The lines of a list are compared one by one, and not their sum.
    rows = rows[~rows["is_summary"]]
    value = rows["value"]
    bad = pd.DataFrame(index=rows.index)
    bad["HIS-01"] = ~np.isnan(factors_of(rows.assign(replaced=np.nan), _SCALE))
    plan = rows["plan_before"].where(rows["plan_before"] >= 20)
    bad["HIS-16"] = value > 2.5 * plan
    bad["HIS-02"] = value < rows["cumulative_before"]
    own_allowed = np.fmax(8 * _SIGMA * rows["own_mad"], 3 * rows["own_median"])
    excuses = rows[["expected_share", "own_high", "shifted_median", "limit", "whole"]]
    is_excused = excuses.mul(3).ge(value, axis=0).any(axis=1)
    is_comparable = (value >= 20) & (rows["own_median"] > 0) & (rows["own_points"] >= 4)
    is_far = (value - rows["own_median"]).abs() > own_allowed
    bad["HIS-05"] = is_comparable & is_far & ~is_excused
    bad["HIS-06"] = _is_peer_outlier(rows, pool)
    is_bad = bad.any(axis=1)
    failed = rows.loc[is_bad, [*FIGURE]].assign(rule=bad[is_bad].idxmax(axis=1))
    # Of a total that fails with one of its parts, only the part is reported.
    whole = failed["element"].str.replace(_LINE, "_total", regex=True)
    with_parts = set(zip(failed["report"], whole.where(whole != failed["element"]), strict=True))
    keys = zip(failed["report"], failed["element"], strict=True)
    is_part = [key not in with_parts for key in keys]
    return failed.loc[np.array(is_part, dtype=bool), FAILURE]


def _is_peer_outlier(rows: pd.DataFrame, pool: pd.DataFrame) -> pd.Series:
    value, median = rows["value"], rows["peer_median"]
    excuses = rows[["own_high", "peer_high", "limit", "whole"]]
    is_excused = excuses.mul(6).ge(value, axis=0).any(axis=1)
    is_comparable = (value >= 20) & (median > 0) & (rows["peer_points"] >= 6)
    is_outlier = is_comparable & ((value - median).abs() > 9 * median) & ~is_excused
    pools = dict(list(pool.groupby("element")))
    for index, row in rows[is_outlier].iterrows():
        of_element = pools[row["element"]]
        if not row["is_listed"]:
            of_element = of_element[~of_element["is_own"]]
        seen = of_element["value"].to_numpy()[_seen(rows.loc[[index]], of_element)[0]]
        deviation = np.median(np.abs(seen - row["peer_median"]))
        distance = abs(row["value"] - row["peer_median"])
        is_outlier[index] = distance > 12 * _SIGMA * deviation
    return is_outlier


def _copies(
    now: pd.DataFrame, known: pd.DataFrame, meaning: Meaning, period: str
) -> list[tuple[str, int]]:
    """Return the reports with the same figures as another one of the unit, or of a peer."""
    marks, changing = _fingerprints(now, meaning)
    reports = known.drop_duplicates("report")[["report", "unit", "period", "order"]]
    others = reports.assign(mark=reports["report"].map(_fingerprints(known, meaning)[0]))
    asked = now.drop_duplicates("report")[["report", "unit", "order"]]
    asked = asked.assign(mark=asked["report"].map(marks), changing=asked["report"].map(changing))
    same = asked.dropna().merge(others, on="mark", suffixes=("", "_other"))
    is_own = (same["unit"] == same["unit_other"]) & (same["period"] != period)
    is_before = same["order_other"] < same["order"]
    is_peer = (same["unit"] != same["unit_other"]) & (same["period"] == period) & is_before
    own = same.loc[is_own & (same["changing"] > 3), "report"].unique()
    peer = same.loc[is_peer & (same["changing"] > 4), "report"].unique()
    return [("HIS-07", int(n)) for n in own] + [("HIS-08", int(n)) for n in peer]


def _fingerprints(figures: pd.DataFrame, meaning: Meaning) -> tuple[pd.Series, pd.Series]:
    """Return a sum of hashes for each report, and how many of its figures should change."""
    element = figures["element"]
    is_typed = ~element.str.endswith("_total") & ~element.isin(meaning.summaries)
    typed = figures[is_typed & (figures["value"] != 0)]
    hashes = pd.util.hash_pandas_object(typed[["element", "key", "value"]], index=False)
    changes = typed
    if meaning.cumulative:
        is_full = (typed["element"] == "work_progress_pct") & (typed["value"] >= 100)
        lines = pd.MultiIndex.from_frame(typed[["report", "key"]])
        is_finished = lines.isin(lines[is_full]) & (typed["key"] != "")
        changes = typed[typed["element"].isin(meaning.cumulative) & ~is_finished]
    return hashes.groupby(typed["report"]).sum(), changes.groupby("report").size()


def refused_figures(
    meaning: Meaning, frames: Mapping[str, pd.DataFrame], found: Iterable[tuple[str, int, int]]
) -> set[Figure]:
    """Return the figures that the critical rules found: those that the benchmark's errors break."""
    rows = {(number, row) for rule, number, row in found if rule in _CRITICAL}
    frame = frames[meaning.matrix_table or meaning.list_table]
    bad = frame[pd.MultiIndex.from_frame(frame[["submission_id", "row"]]).isin(rows)]
    if meaning.key:
        figures = bad.assign(element="work_progress_pct", key=keys_of(bad[meaning.key]))
    else:
        figures = bad.assign(element="women_" + bad["line"], key="")
    return set(figures[["submission_id", "element", "key"]].itertuples(index=False, name=None))
