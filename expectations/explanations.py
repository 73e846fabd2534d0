"""What our findings say beyond the row's own figures: the sum that was expected, the ratio, what a slip of unit would mean.

An explanation is a function of the rule, the failing row and the form; it gives placeholders for the words, and which of the
rule's `cases` adds its sentence.
"""

import difflib
import math
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from expectations.history.scale import Limits, factors_of
from expectations.printing import show
from expectations.suite import SUM, Expected
from program.form import Form
from program.table import ColumnType

Row = Mapping[Any, Any]
Explanation = tuple[dict[str, str], str | None]


def explain(rule: Expected, row: Row, form: Form, texts: Mapping[str, str]) -> Explanation:
    """Return extra placeholders for a rule's words and the case that is met; none for an expectation that needs none.

    `texts` are the cells of the row's columns that hold a figure as text. Where a total is right but for those, `texts` is also
    a placeholder, "H11, H12", and the case.
    """
    said = EXPLAIN.get(rule.expect)
    values, case = said(rule, row, form) if said else ({}, None)
    if texts and "texts" in rule.words.cases and rule.expect == SUM and _passes_over(rule, row, texts):
        return values | {"texts": ", ".join(texts.values())}, "texts"
    return values, case


def _passes_over(rule: Expected, row: Row, texts: Mapping[str, str]) -> bool:
    """Tell whether a spreadsheet added up a total's parts, but for those that are text; a total typed as text was not."""
    total, *parts = rule.kwargs["column_list"]
    added = sum(float(row[part]) for part in parts if part not in texts and not pd.isna(row[part]))
    return total not in texts and math.isclose(float(row[total]), added, rel_tol=1e-9)


def _sum_of_parts(rule: Expected, row: Row, form: Form) -> Explanation:
    """`parts` reads "3 + 8 = 11", `parts_sum` is the 11; the case is `above` where the total exceeds it."""
    total, *names = rule.kwargs["column_list"]
    given = [float(row[name]) for name in names if row[name] != 0 and not pd.isna(row[name])]
    difference = float(row[total]) - sum(given)
    measure = form.measure_of(total)
    parts_sum = show(float(sum(given)), measure)
    addition = " + ".join(show(part, measure) for part in given)
    values = {
        "parts": f"{addition} = {parts_sum}" if len(given) > 1 else parts_sum,
        "parts_sum": parts_sum,
        "difference": show(abs(difference), measure),
    }
    return values, "above" if difference > 0 else "below"


def _whole(rule: Expected, row: Row, _form: Form) -> Explanation:
    """A value with at most three decimals may be a whole number whose thousands dot was taken for a decimal point."""
    thousandfold = round(float(row[rule.at]) * 1000, 6)
    return {"thousandfold": show(thousandfold, "")}, "thousandfold" if thousandfold.is_integer() else None


def _ratio(rule: Expected, row: Row, form: Form) -> Explanation:
    """`ratio`, `minimum` and `maximum` for each one of column_B, in column_A's measure; the case is `none` where that is 0."""
    above, below = (float(row[rule.kwargs[key]]) for key in ("column_A", "column_B"))
    low, high = rule.kwargs.get("min_value"), rule.kwargs.get("max_value")
    measure, other = (form.measure_of(rule.kwargs[key]) for key in ("column_A", "column_B"))
    measure = "" if measure == other else measure  # triệu đồng of triệu đồng is a bare number
    values = {"ratio": show(above / below, measure) if below else "", **_bounds(low, high, measure)}
    return values, "none" if not below else "above" if high is not None and above > high * below else "below"


def _between(rule: Expected, row: Row, form: Form) -> Explanation:
    """What the value would be in another unit of money, and the case: `above` or `below` its bounds.

    `thousandth` is what nghìn đồng under triệu đồng means, `millionth` what đồng does, `thousandfold` what tỷ đồng does. The
    case is `dong` where only the millionth is within the bounds.
    """
    column, value = rule.kwargs["column"], float(row[rule.kwargs["column"]])
    low, high, measure = rule.kwargs.get("min_value"), rule.kwargs.get("max_value"), form.measure_of(rule.kwargs["column"])
    factors = {"thousandth": 1 / 1_000, "millionth": 1 / 1_000_000, "thousandfold": 1_000}
    said = {name: show(value * factor, measure) for name, factor in factors.items()} if _is_money(form, column) else {}
    case = "below" if high is None or value <= high else "above" if value <= high * 1_000 else "dong"
    return {**dict.fromkeys(factors, ""), **said, **_bounds(low, high, measure)}, case


def _agreement(rule: Expected, row: Row, form: Form) -> Explanation:
    """`difference`, in the measure of column_A; the case is `above` where column_A is the larger."""
    one, other = (float(row[rule.kwargs[key]]) for key in ("column_A", "column_B"))
    difference = show(abs(one - other), form.measure_of(rule.kwargs["column_A"]))
    return {"difference": difference}, "above" if one > other else "below"


def _catalogue(rule: Expected, row: Row, _form: Form) -> Explanation:
    """`nearest` is the entry that is written most like the value; the case of that name where there is one."""
    nearest = difflib.get_close_matches(str(row[rule.kwargs["column"]]), rule.kwargs["value_set"], n=1)
    return {"nearest": nearest[0] if nearest else ""}, "nearest" if nearest else None


def _bounds(low: float | None, high: float | None, measure: str) -> dict[str, str]:
    return {"minimum": show(low, measure), "maximum": show(high, measure)}


def _is_money(form: Form, name: str) -> bool:
    """Tell whether a column, an element or a summary is kept in đồng."""
    for table in form.tables:
        summary = table.summaries.get(name)
        column = table.elements[name][0].name if name in table.elements else summary.sum if summary else name
        if any(c.name == column and c.type is ColumnType.MONEY for c in table.columns):
            return True
    return False


def _scale(rule: Expected, row: Row, _form: Form) -> Explanation:
    """`factor` reads "1.000", `likely` is what the figure would be; the case is `above` or `below`."""
    kwargs = {name: value for name, value in rule.kwargs.items() if name not in ("column_list", "ignore_row_if")}
    factor = float(factors_of(pd.DataFrame([row]), Limits(**kwargs))[0])
    measure = str(row["measure"])
    likely = f"{show(float(row['value']) / factor, measure)} {measure}".strip()
    return {"factor": show(float(round(max(factor, 1 / factor))), ""), "likely": likely}, "above" if factor > 1 else "below"


EXPLAIN: dict[str, Callable[[Expected, Row, Form], Explanation]] = {
    SUM: _sum_of_parts,
    "expect_column_parts_to_not_exceed_whole": _sum_of_parts,
    "expect_column_values_to_be_whole": _whole,
    "expect_column_values_to_be_between": _between,
    "expect_column_ratio_to_be_between": _ratio,
    "expect_column_pair_values_to_agree": _agreement,
    "expect_column_values_to_be_in_catalogue": _catalogue,
    "expect_figures_to_keep_their_scale": _scale,
}
