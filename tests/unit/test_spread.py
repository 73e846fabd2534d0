"""Spreads over reports: the same for values in one order for all as for each report's own values."""

import numpy as np
import pytest

from expectations.history.spread import Booleans, Floats, OrderedValues, Spread, spread_of

REPORTS, KEYS, ASKERS = 40, 12, 30


def values_of_reports(seed: int) -> Floats:
    """Return figures with gaps, zeros, negative ones and many of the same size, a row a report."""
    random = np.random.default_rng(seed)
    values = np.round(random.normal(3, 4, (REPORTS, KEYS)), seed % 3)
    values[random.random(values.shape) < 0.3] = np.nan
    values[:, 0] = np.nan
    values[:, 1] = 7
    return values


def ordered_of(values: Floats) -> OrderedValues:
    """Return the known values with their reports; a key is the number of its column."""
    reports, keys = np.nonzero(~np.isnan(values))
    return OrderedValues(keys, reports, values[reports, keys])


def spread_by_numpy(values: Floats) -> Spread:
    """Return the spread of each column, one after the other."""
    columns = [column[~np.isnan(column)] for column in values.T]
    rows = [_spread_by_numpy(column) for column in columns]
    return Spread(*np.array(rows, dtype=np.float64).T)


def _spread_by_numpy(known: Floats) -> tuple[float, float, float, float, float]:
    if not len(known):
        return np.nan, np.nan, np.nan, np.nan, 0.0
    median = float(np.median(known))
    deviation = float(np.median(np.abs(known - median)))
    low = float(np.min(known[known > 0], initial=np.inf))
    if np.isinf(low):
        low = np.nan
    return median, deviation, low, float(known.max()), float(len(known))


def assert_same(found: Spread, expected: Spread) -> None:
    """Assert that all measures are the same to the last bit."""
    for found_column, expected_column in zip(found, expected, strict=True):
        np.testing.assert_array_equal(found_column, expected_column)


@pytest.mark.parametrize("seed", range(6))
def test_a_spread_is_that_of_the_known_values_of_each_column(seed: int) -> None:
    values = values_of_reports(seed)
    assert_same(spread_of(values), spread_by_numpy(values))


@pytest.mark.parametrize("seed", range(6))
def test_each_asker_gets_the_spread_of_what_is_shown_to_it(seed: int) -> None:
    values = values_of_reports(seed)
    random = np.random.default_rng(seed)
    is_shown: Booleans = random.random((ASKERS, REPORTS)) < random.random((ASKERS, 1))
    # Nothing is shown to the first asker, everything to the second.
    is_shown[0], is_shown[1] = False, True
    ordered = ordered_of(values)
    for asker in range(ASKERS):
        expected = spread_by_numpy(values[is_shown[asker]])
        askers = np.full(KEYS, asker)
        assert_same(ordered.spread(is_shown, askers, np.arange(KEYS)), expected)


def test_askers_and_keys_may_come_in_any_order_and_number() -> None:
    values = values_of_reports(2)
    is_shown = np.eye(REPORTS, dtype=bool)
    askers, keys = np.array([7, 3, 7, 3]), np.array([5, 5, 2, 1])
    spread = ordered_of(values).spread(is_shown, askers, keys)
    np.testing.assert_array_equal(spread.high, values[askers, keys])


def test_a_key_that_no_report_has_gives_no_points() -> None:
    is_shown = np.ones((1, REPORTS), dtype=bool)
    asker = np.zeros(2, dtype=np.int64)
    spread = ordered_of(values_of_reports(0)).spread(is_shown, asker, np.array([0, KEYS + 5]))
    assert np.isnan(spread.median).all()
    assert not spread.points.any()


def test_nothing_shown_gives_no_points() -> None:
    is_shown = np.zeros((1, REPORTS), dtype=bool)
    asker = np.zeros(KEYS, dtype=np.int64)
    spread = ordered_of(values_of_reports(0)).spread(is_shown, asker, np.arange(KEYS))
    assert np.isnan(spread.median).all()
    assert not spread.points.any()
