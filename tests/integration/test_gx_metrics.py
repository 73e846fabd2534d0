"""What we compute of an expectation is what a checkpoint of Great Expectations gives.

`expectations.run.gx_metrics` calls what Great Expectations does not promise to keep. Where an upgrade
changes what that returns, these tests fail and name the expectation.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.core import ExpectationValidationResult
from great_expectations.data_context.types.base import (
    DataContextConfig,
    InMemoryStoreBackendDefaults,
)

from expectations.docs.check_examples import check_examples
from expectations.rules.rule_set import RuleSet
from expectations.run.frames import INDEX
from expectations.run.gx_metrics import RESULT_FORMAT, SHOWN, Batch
from expectations.run.gx_runner import Failure, GxRunner
from expectations.run.suite import Expected
from program.errors import MtqgError
from program.pack.pack import Pack

DONE = {"type": "comparison", "column": {"name": "word"}, "operator": "==", "parameter": "done"}
E = float("nan")
ROWS = 60
FRAME = pd.DataFrame(
    {
        "submission_id": [1] * 30 + [2] * 30,
        "row": [*range(30), *range(30)],
        "figure": [1.0, 2.0, 2.5, E, -4.0, 600.0] * 10,
        "larger": [1.0, 3.0, E, E, -5.0, 700.0] * 10,
        "empty": [E] * ROWS,
        "word": ["done", "open", None, "done", "gone", "open"] * 10,
        "key": [f"CT-{number % 50}" for number in range(ROWS)],
        "day": pd.to_datetime(pd.Series(["2024-10-07", None, "2024-09-30"] * 20)),
    }
)
PAIR, SEVERAL = (
    {"column_A": "figure", "column_B": "larger"},
    {"column_list": ["figure", "larger", "empty"]},
)


class Case(NamedTuple):
    """An expectation of Great Expectations' own with its arguments."""

    expect: str
    kwargs: dict[str, Any]


CASES = [
    Case("expect_column_values_to_not_be_null", {"column": "figure"}),
    Case("expect_column_values_to_not_be_null", {"column": "figure", "mostly": 0.5}),
    Case("expect_column_values_to_not_be_null", {"column": "figure", "row_condition": DONE}),
    Case("expect_column_values_to_be_null", {"column": "figure"}),
    Case("expect_column_values_to_be_null", {"column": "empty"}),
    Case(
        "expect_column_values_to_be_between", {"column": "figure", "min_value": 0, "max_value": 500}
    ),
    Case("expect_column_values_to_be_between", {"column": "figure", "min_value": -10}),
    Case("expect_column_values_to_be_between", {"column": "figure", "max_value": 0, "mostly": 0.9}),
    Case(
        "expect_column_values_to_be_between",
        {"column": "figure", "min_value": 2, "row_condition": DONE},
    ),
    Case("expect_column_values_to_be_between", {"column": "empty", "min_value": 2}),
    Case("expect_column_values_to_be_in_set", {"column": "word", "value_set": ["done", "open"]}),
    Case("expect_column_values_to_match_regex", {"column": "word", "regex": "^do"}),
    Case("expect_column_values_to_be_unique", {"column": "key"}),
    Case(
        "expect_column_value_z_scores_to_be_less_than",
        {"column": "figure", "threshold": 2, "double_sided": True},
    ),
    Case("expect_column_values_to_be_of_type", {"column": "word", "type_": "str"}),
    Case("expect_column_values_to_be_of_type", {"column": "figure", "type_": "float64"}),
    Case("expect_column_pair_values_a_to_be_greater_than_b", PAIR),
    Case(
        "expect_column_pair_values_a_to_be_greater_than_b",
        {**PAIR, "ignore_row_if": "either_value_is_missing"},
    ),
    Case(
        "expect_column_pair_values_a_to_be_greater_than_b",
        {**PAIR, "or_equal": True, "row_condition": DONE},
    ),
    Case("expect_column_pair_values_to_be_equal", {**PAIR, "ignore_row_if": "neither"}),
    Case("expect_compound_columns_to_be_unique", SEVERAL),
    Case(
        "expect_select_column_values_to_be_unique_within_record",
        {**SEVERAL, "ignore_row_if": "any_value_is_missing"},
    ),
    Case(
        "expect_multicolumn_sum_to_equal",
        {"column_list": ["figure", "larger"], "sum_total": 2, "row_condition": DONE},
    ),
    Case("expect_column_total_to_equal_sum_of_parts", {"column_list": ["figure", "larger"]}),
    Case("expect_column_values_to_be_whole", {"column": "figure", "row_condition": DONE}),
    Case("expect_column_mean_to_be_between", {"column": "figure", "min_value": 0}),
    Case(
        "expect_column_distinct_values_to_be_in_set",
        {"column": "word", "value_set": ["done", "open", "gone"]},
    ),
    Case(
        "expect_column_proportion_of_unique_values_to_be_between",
        {"column": "key", "min_value": 0.1},
    ),
    Case("expect_table_row_count_to_equal", {"value": ROWS}),
    Case("expect_table_columns_to_match_set", {"column_set": list(FRAME.columns)}),
]


def checkpoint_results(
    frame: pd.DataFrame, expected: Sequence[Expected]
) -> list[ExpectationValidationResult]:
    """Return what a checkpoint says of each expectation, in their order."""
    stores = InMemoryStoreBackendDefaults(init_temp_docs_sites=False)
    context = gx.get_context(
        mode="ephemeral", project_config=DataContextConfig(store_backend_defaults=stores)
    )
    context.variables.progress_bars = {"globally": False}  # type: ignore[assignment]
    asset = context.data_sources.add_pandas("contract").add_dataframe_asset("frame")
    batches = asset.add_batch_definition_whole_dataframe("whole")
    expectations = [rule.expectation() for rule in expected]
    for number, expectation in enumerate(expectations):
        expectation.meta = {"number": number}
    suite = context.suites.add(gx.ExpectationSuite("contract", expectations=expectations))
    definition = gx.ValidationDefinition(name="contract", data=batches, suite=suite)
    checkpoint = gx.Checkpoint(
        name="contract",
        validation_definitions=[context.validation_definitions.add(definition)],
        result_format={**RESULT_FORMAT, "result_format": "COMPLETE"},
    )
    (run,) = checkpoint.run(batch_parameters={"dataframe": frame}).run_results.values()
    results = {result.expectation_config.meta["number"]: result for result in run.results}
    return [results[number] for number in range(len(expected))]


def assert_same_as_checkpoint(frame: pd.DataFrame, expected: Sequence[Expected]) -> int:
    """Compare all results, and the places of all failing rows.

    Return how many expectations failed.
    """
    batch = Batch(frame)
    mine = [rule.plan.evaluate(batch) for rule in expected]
    theirs = checkpoint_results(frame, expected)
    for rule, (outcome, rows), complete in zip(expected, mine, theirs, strict=True):
        name = f"{rule.words.id} {rule.expect} {dict(rule.kwargs)}"
        whole = dict(complete.result)
        places = [
            (place["submission_id"], place["row"])
            for place in whole.pop("unexpected_index_list", ())
        ]
        at = frame.iloc[rows]
        assert (name, list(zip(at["submission_id"], at["row"], strict=True))) == (name, places)
        for of_all_rows in ("unexpected_list", "unexpected_index_query"):
            whole.pop(of_all_rows, None)
        said = dict(outcome.result)
        if len(rows) > SHOWN:  # the values that are counted are then those of other rows
            assert whole.pop("partial_unexpected_counts")
            assert said.pop("partial_unexpected_counts")
        # Compared as text: what is missing is NaN, and no NaN is like another.
        assert (name, outcome.success, said.keys()) == (name, complete.success, whole.keys())
        assert (name, *map(repr, said.items())) == (
            name,
            *(repr((key, whole[key])) for key in said),
        )
    return sum(not outcome.success for outcome, _ in mine)


def test_an_expectation_says_what_it_says_in_a_checkpoint(pack: Pack) -> None:
    words = RuleSet(pack).reading["FILE-01"]
    rules = [Expected(words, case.expect, case.kwargs, "figure") for case in CASES]
    assert assert_same_as_checkpoint(FRAME, rules) > 10
    # A plan is kept: of the next batch it must say what is so there.
    assert assert_same_as_checkpoint(FRAME.iloc[7:12], rules) > 0


@pytest.mark.slow
def test_each_rule_of_each_form_says_what_it_says_in_a_checkpoint(
    pack: Pack, monkeypatch: pytest.MonkeyPatch
) -> None:
    batches: dict[str, tuple[pd.DataFrame, Sequence[Expected]]] = {}
    whole = GxRunner.failures

    def remember(
        self: GxRunner, name: str, frame: pd.DataFrame, expected: Sequence[Expected]
    ) -> list[Failure]:
        batches.setdefault(name, (frame, expected))
        return whole(self, name, frame, expected)

    monkeypatch.setattr(GxRunner, "failures", remember)
    check_examples(pack)
    failed = sum(assert_same_as_checkpoint(frame, expected) for frame, expected in batches.values())
    results = {rule.words.id for _, expected in batches.values() for rule in expected}
    rules = RuleSet(pack)
    assert results == rules.words.keys() - rules.reading.keys()
    # The bad examples: nearly every rule has one.
    assert failed >= len(results)


def test_a_result_holds_few_failing_rows_and_counts_them_all(pack: Pack) -> None:
    rule = Expected(
        RuleSet(pack).reading["FILE-01"],
        "expect_column_values_to_be_null",
        {"column": "key"},
        "key",
    )
    outcome, rows = rule.plan.evaluate(Batch(FRAME))
    assert len(rows) == outcome.result["unexpected_count"] == ROWS
    assert {len(each) for each in outcome.result.values() if isinstance(each, list)} <= {
        len(INDEX),
        SHOWN,
    }


@pytest.mark.parametrize(
    "case",
    [
        Case("expect_column_mean_to_be_between", {"column": "figure", "max_value": 0}),
        Case("expect_column_values_to_be_between", {"column": "word", "max_value": 0}),
        Case(
            "expect_column_values_to_be_whole",
            {"column": "figure", "row_condition": {**DONE, "column": {"name": "none"}}},
        ),
    ],
    ids=lambda case: case.expect,
)
def test_a_rule_that_names_no_row_or_cannot_run_is_an_error_and_never_passes(
    pack: Pack, case: Case
) -> None:
    rule = Expected(RuleSet(pack).reading["FILE-01"], case.expect, case.kwargs, "figure")
    with pytest.raises(MtqgError, match=f"rule FILE-01 .{case.expect}. could not be run"):
        GxRunner("test", "test").failures("frame", FRAME, [rule])
