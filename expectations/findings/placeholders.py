"""What findings say beyond the row's own figures: an expected sum, a ratio, a unit mistaken.

An explanation is a function of the rule, the failing row and the form. It gives placeholders for
the words, and which of the rule's `cases` adds its sentence.
"""

import difflib
from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from expectations.findings.format import (
    format_estimate,
    format_ratio,
    format_value,
    with_measure,
)
from expectations.history.scale import ScaleLimits, factors_of
from expectations.run.suite import SUM, Expected
from program.forms.form import Form
from program.forms.table import ColumnType, Table

Row = Mapping[Any, Any]
Explanation = tuple[dict[str, str], str | None]
"""Placeholders with their texts, and the case; None: no case."""

_ABOVE = "above"
_BELOW = "below"
_MONEY_FACTORS = {"thousandth": 1 / 1_000, "millionth": 1 / 1_000_000, "thousandfold": 1_000}


def explain(rule: Expected, row: Row, form: Form) -> Explanation:
    """Return extra placeholders for a rule's words, and the case that is met.

    There are none for an expectation that needs none.
    """
    explanation = EXPLAIN.get(rule.expect)
    if explanation is None:
        return {}, None
    return explanation(rule, row, form)


def _sum_of_parts(rule: Expected, row: Row, form: Form) -> Explanation:
    """`parts` reads "3 + 8 = 11", `parts_sum` is the 11; the case is `above` for a larger total."""
    total, *names = rule.kwargs["column_list"]
    given: list[float] = []
    for name in names:
        part = row[name]
        # A 0 in the addition would only make it longer.
        if not pd.isna(part) and part != 0:
            given.append(float(part))
    added = float(sum(given))
    difference = float(row[total]) - added
    case = _ABOVE if difference > 0 else _BELOW
    measure = form.measure_of(total)
    parts_sum = format_value(added, measure)
    parts = parts_sum
    if len(given) > 1:
        addition = " + ".join(format_value(part, measure) for part in given)
        parts = f"{addition} = {parts_sum}"
    values = {
        "parts": parts,
        "parts_sum": parts_sum,
        "difference": format_value(abs(difference), measure),
    }
    return values, case


def _whole(rule: Expected, row: Row, _form: Form) -> Explanation:
    """`thousandfold` is the whole number that a value with at most three decimals may stand for.

    Its thousands dot was taken for a decimal point.
    """
    # Rounded, because 1.001 * 1000 is 1000.9999999999999.
    thousandfold = round(float(row[rule.at]) * 1000, 6)
    case = None
    if thousandfold.is_integer():
        case = "thousandfold"
    values = {"thousandfold": format_value(thousandfold, "")}
    return values, case


def _ratio(rule: Expected, row: Row, form: Form) -> Explanation:
    """`ratio`, `minimum` and `maximum` of column_A for each one of column_B.

    They are in column_A's measure. The case is `none` where column_B is 0.
    """
    column_a = rule.kwargs["column_A"]
    column_b = rule.kwargs["column_B"]
    above = float(row[column_a])
    below = float(row[column_b])
    low = rule.kwargs.get("min_value")
    high = rule.kwargs.get("max_value")
    measure = form.measure_of(column_a)
    # triệu đồng of triệu đồng is a bare number.
    if measure == form.measure_of(column_b):
        measure = ""
    bounds = _bounds(low, high, measure)
    if not below:
        return {"ratio": "", **bounds}, "none"
    ratio = format_ratio(above / below, measure)
    is_too_large = high is not None and above > high * below
    case = _ABOVE if is_too_large else _BELOW
    return {"ratio": ratio, **bounds}, case


def _between(rule: Expected, row: Row, form: Form) -> Explanation:
    """What the value would be in another unit of money, and the case.

    `thousandth` is what nghìn đồng under triệu đồng means, `millionth` what đồng does, and
    `thousandfold` what tỷ đồng does. The case is `below` or `above` the bounds; it is `dong` where
    only the millionth is within them.
    """
    column = rule.kwargs["column"]
    value = float(row[column])
    low = rule.kwargs.get("min_value")
    high = rule.kwargs.get("max_value")
    measure = form.measure_of(column)
    # The words may have these placeholders for a column of people too: they are then empty.
    values = dict.fromkeys(_MONEY_FACTORS, "")
    if _is_money(form, column):
        for name, factor in _MONEY_FACTORS.items():
            values[name] = format_value(value * factor, measure)
    values |= _bounds(low, high, measure)
    if high is None or value <= high:
        return values, _BELOW
    if value <= high * 1_000:
        return values, _ABOVE
    return values, "dong"


def _agreement(rule: Expected, row: Row, form: Form) -> Explanation:
    """`difference`, in the measure of column_A; the case is `above` where column_A is larger."""
    column_a = rule.kwargs["column_A"]
    column_b = rule.kwargs["column_B"]
    one = float(row[column_a])
    other = float(row[column_b])
    difference = format_value(abs(one - other), form.measure_of(column_a))
    case = _ABOVE if one > other else _BELOW
    return {"difference": difference}, case


def _catalogue(rule: Expected, row: Row, _form: Form) -> Explanation:
    """`nearest` is the entry most like the value; it is also the case, where there is one."""
    value = str(row[rule.kwargs["column"]])
    nearest = difflib.get_close_matches(value, rule.kwargs["value_set"], n=1)
    if not nearest:
        return {"nearest": ""}, None
    return {"nearest": nearest[0]}, "nearest"


def _scale(rule: Expected, row: Row, _form: Form) -> Explanation:
    """`factor` reads "1.000", `likely` is the probable figure; the case is `above` or `below`."""
    limits = dict(rule.kwargs)
    limits.pop("column_list", None)
    limits.pop("ignore_row_if", None)
    # The expectation found the factor too, but a failure has only the rule and the row.
    factors = factors_of(pd.DataFrame([row]), ScaleLimits(**limits))
    factor = float(factors[0])
    case = _ABOVE if factor > 1 else _BELOW
    # "1.000 times too small" reads better than a factor of 0,001.
    times = round(max(factor, 1 / factor))
    measure = str(row["measure"])
    likely = format_estimate(float(row["value"]) / factor, measure)
    values = {
        "factor": format_value(float(times), ""),
        "likely": with_measure(likely, measure),
    }
    return values, case


def _bounds(low: float | None, high: float | None, measure: str) -> dict[str, str]:
    return {
        "minimum": format_value(low, measure),
        "maximum": format_value(high, measure),
    }


def _is_money(form: Form, name: str) -> bool:
    """Tell whether a column, an element or a summary is kept in đồng."""
    for table in form.tables:
        column_name = _column_behind(table, name)
        for column in table.columns:
            if column.name == column_name and column.type is ColumnType.MONEY:
                return True
    return False


def _column_behind(table: Table, name: str) -> str | None:
    """Return the column that an element or a sum comes from; None for a count of lines."""
    if name in table.elements:
        column, _ = table.elements[name]
        return column.name
    if name in table.summaries:
        return table.summaries[name].sum
    return name


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
