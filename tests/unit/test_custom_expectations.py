"""Our own expectations on one frame: what passes, what fails, what an empty cell means, and what Data Docs say of each."""

import html
import re
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from great_expectations.expectations.registry import get_expectation_impl

import expectations.custom as own
from expectations.custom.sums_in_list import _totals
from expectations.rules.rule_set import RuleSet
from expectations.run.gx_runner import GxRunner
from expectations.run.suite import Expected
from program.errors import ConfigurationError
from program.pack.pack import Pack
from program.settings import ROOT

E = float("nan")
DAYS = {
    "first": ["2024-10-07", "2024-10-07", "2024-09-30", None, "2024-10-07", None],
    "last": ["2024-10-09", "2024-10-06", "2024-10-09", "2024-10-09", None, None],
    "start": ["2024-10-01"] * 6,
    "end": ["2024-12-31"] * 6,
}
FRAME = pd.DataFrame(
    {
        "submission_id": [0, 0, 0, 1, 1, 1],
        "row": [1, 2, 3, 1, 2, 3],
        "whole": [10.0, 10.0, 10.0, E, 10.0, 0.0],
        "part": [10.0, 6.0, 11.0, 99.0, E, E],
        "other": [0.0, 5.0, 0.0, 1.0, 10.5, E],
        "printed": [1.0, 1.0, 1.0, 1.0, 1.0, E],
        "third": [0.3, 0.3, 0.25, 0.4, E, 0.3],
        "third_too": [0.3, 0.2, 0.25, 0.4, 0.9, 0.3],
        "third_as_well": [0.3, 0.3, 0.3, 0.4, E, 0.3],
        "money": [100.0, 100_000.0, 1.0, 100.0, E, 0.0],
        "people": [10.0, 10.0, 10.0, 0.0, 10.0, 0.0],
        "line_vnd": [3.5, 4.0, 7.5, 1.0, 2.0, 3.0],
        "line_people": [3.0, 1.0, 4.0, 1.0, 2.0, 4.0],
        "word": ["done", "done", "open", None, "done", "open"],
        "key": ["CT-01", "ct 01", "CT-02", "CT.01", None, "–"],
        "number": [1.0, 1.0, 2.0, 1.0, E, 1.0],
        "project": ["DA5-TDA4", "da5_tda4", "DA11", None, "", "Da5 - TDA4"],
        **{
            name: pd.to_datetime(pd.Series(days)).astype("datetime64[us]")
            for name, days in DAYS.items()
        },
    }
)
ROWS = [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (1, 3)]
DONE = {"type": "comparison", "column": {"name": "word"}, "operator": "==", "parameter": "done"}
SUM, PARTS, RATIO = (
    "expect_column_total_to_equal_sum_of_parts",
    "expect_column_parts_to_not_exceed_whole",
    "expect_column_ratio_to_be_between",
)
AGREE, REQUIRE = (
    "expect_column_pair_values_to_agree",
    "expect_column_pair_values_to_meet_requirement",
)
DATES, KEY = "expect_column_dates_to_be_in_order", "expect_column_key_to_be_unique"
WHOLE, CATALOGUE = "expect_column_values_to_be_whole", "expect_column_values_to_be_in_catalogue"
THIRDS = ["printed", "third", "third_too", "third_as_well"]
PROJECTS = {"column": "project", "catalogue": "projects", "value_set": ["DA5", "DA5-TDA4"]}


class Case(NamedTuple):
    """An expectation on FRAME: what is asked, which of its rows 0 to 5 fail, and a piece of what Data Docs say."""

    name: str
    expect: str
    kwargs: Mapping[str, Any]
    failing: tuple[int, ...]
    said: str = ""


CASES = [
    Case(
        "a line is no sum of two lines above it in both figures",
        "expect_lines_to_be_no_totals",
        {"column_list": ["submission_id", "line_vnd", "line_people"]},
        (2,),
        "No line of a submission_id may be the sum of lines just above or below it in line_vnd",
    ),
    Case(
        "a part agrees where its total does",
        "expect_parts_to_agree_where_totals_do",
        {"column_list": ["whole", "part", "third", "third_as_well"]},
        (1,),
        "Where third equals third_as_well, whole must equal part.",
    ),
    Case(
        "a fraction is not whole",
        WHOLE,
        {"column": "third"},
        (0, 1, 2, 3, 5),
        "third must be a whole number",
    ),
    Case(
        "a sum must be exact",
        SUM,
        {"column_list": ["whole", "part", "other"]},
        (1, 2, 4),
        "whole must equal part + other",
    ),
    Case(
        "a tolerance is forgiven",
        SUM,
        {"column_list": ["whole", "part", "other"], "tolerance": 0.5},
        (1, 2),
        "give or take 0.5",
    ),
    Case(
        "an unknown part excuses a sum that is too small, not one that is too large",
        SUM,
        {"column_list": ["printed", "third", "third_too"], "empty_parts": "unknown"},
        (0, 1, 2, 3),
    ),
    Case("0,3 three times is not 1", SUM, {"column_list": THIRDS}, (0, 1, 2, 3, 4)),
    Case(
        "half a last digit a part is rounding; two digits, or a finer figure, are not",
        SUM,
        {"column_list": THIRDS, "rounded_to": 0.1},
        (1, 2, 3, 4),
        "but for figures rounded to 0.1",
    ),
    Case(
        "a part fits into its whole",
        PARTS,
        {"column_list": ["whole", "part"]},
        (2,),
        "part must not exceed whole",
    ),
    Case(
        "parts fit together, the given ones too",
        PARTS,
        {"column_list": ["whole", "part", "other"]},
        (1, 2, 4),
        "part + other",
    ),
    Case(
        "a part that is too large alone is left to its own rule",
        PARTS,
        {"column_list": ["whole", "part", "other"], "together_only": True},
        (1,),
    ),
    Case(
        "a part may exceed by the tolerance",
        PARTS,
        {"column_list": ["whole", "part"], "tolerance": 1},
        (),
    ),
    Case(
        "a ratio is within its bounds",
        RATIO,
        {"column_A": "money", "column_B": "people", "min_value": 1, "max_value": 100},
        (1, 2),
        "money for each one of people must be at least 1 and at most 100",
    ),
    Case(
        "a ratio has a lower bound alone",
        RATIO,
        {"column_A": "money", "column_B": "people", "min_value": 1},
        (2,),
    ),
    Case(
        "something for none fails where that is asked",
        RATIO,
        {"column_A": "money", "column_B": "people", "max_value": 100, "zero_denominator": "fails"},
        (1, 3),
        "money for each one of people must be at most 100.",
    ),
    Case(
        "two figures agree",
        AGREE,
        {"column_A": "whole", "column_B": "part"},
        (1, 2),
        "whole must agree with part",
    ),
    Case(
        "two figures agree within a share",
        AGREE,
        {"column_A": "whole", "column_B": "part", "share": 0.1},
        (1,),
    ),
    Case(
        "two figures agree within a tolerance",
        AGREE,
        {"column_A": "whole", "column_B": "part", "tolerance": 4},
        (),
    ),
    Case(
        "what is done has a part",
        REQUIRE,
        {"column_A": "word", "where": {"in": ["done"]}, "column_B": "part", "requires": "given"},
        (4,),
        "Where word is one of done, part must be given",
    ),
    Case(
        "what is done has at least 10, if it is known",
        REQUIRE,
        {
            "column_A": "word",
            "where": {"in": ["done"]},
            "column_B": "part",
            "requires": {"min": 10},
        },
        (1,),
        "at least 10",
    ),
    Case(
        "what has people has a word of a list",
        REQUIRE,
        {
            "column_A": "people",
            "where": {"above": 0},
            "column_B": "word",
            "requires": {"in": ["done"]},
        },
        (2,),
    ),
    Case(
        "a given day asks for at most 10",
        REQUIRE,
        {"column_A": "first", "where": "given", "column_B": "part", "requires": {"max": 10}},
        (2,),
    ),
    Case("dates run forward", DATES, {"column_list": ["first", "last"]}, (1,), "first ≤ last"),
    Case(
        "dates lie in the period", DATES, {"column_list": ["start", "first", "last", "end"]}, (1, 2)
    ),
    Case(
        "a date may be a day early",
        DATES,
        {"column_list": ["start", "first", "last", "end"], "days": 1},
        (),
        "give or take 1",
    ),
    Case(
        "a key stands once in a report, however it is written",
        KEY,
        {"column_list": ["submission_id", "key"]},
        (0, 1),
        "key must stand once for each submission_id",
    ),
    Case(
        "a key of two columns, half blank, is none",
        KEY,
        {"column_list": ["submission_id", "key", "number"]},
        (0, 1),
    ),
    Case("a key may be a number", KEY, {"column_list": ["submission_id", "number"]}, (0, 1, 3, 5)),
    Case(
        "a code is the catalogue's, however it is written",
        CATALOGUE,
        PROJECTS,
        (2, 4),
        "the pack's catalogue of projects",
    ),
    Case(
        "rows are chosen by a condition",
        SUM,
        {"column_list": ["whole", "part", "other"], "row_condition": DONE},
        (1, 4),
    ),
    Case(
        "so they are for a pair",
        AGREE,
        {"column_A": "whole", "column_B": "part", "row_condition": DONE},
        (1,),
    ),
    Case("so they are for a column", WHOLE, {"column": "third", "row_condition": DONE}, (0, 1)),
    Case(
        "so they are for a key",
        KEY,
        {"column_list": ["submission_id", "key"], "row_condition": DONE},
        (0, 1),
    ),
]


@pytest.fixture(scope="module")
def validation() -> GxRunner:
    return GxRunner("test", "test")


@pytest.fixture(scope="module")
def found(pack: Pack, validation: GxRunner) -> dict[str, list[tuple[int, int]]]:
    """The failing rows of each case, all checked in one batch as in a run."""
    words = RuleSet(pack).reading["FILE-01"]
    expected = [
        Expected(words, case.expect, case.kwargs, "whole", {"case": case.name}) for case in CASES
    ]
    failures = validation.failures("frame", FRAME, expected)
    return {
        case.name: [(n, row) for rule, n, row in failures if rule.extra["case"] == case.name]
        for case in CASES
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_exactly_the_bad_rows_come_back_with_their_submission(
    case: Case, found: dict[str, list[tuple[int, int]]]
) -> None:
    assert found[case.name] == [ROWS[number] for number in case.failing]


def test_data_docs_say_in_a_sentence_what_each_expects(
    validation: GxRunner, found: dict[str, list[tuple[int, int]]], tmp_path: Path
) -> None:
    assert found
    validation.publish_docs(tmp_path)
    page = next((tmp_path / "validations").glob("*.html")).read_text(encoding="utf-8")
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page)))
    assert [case.said for case in CASES if case.said not in text] == []
    assert "bogus" not in text


@pytest.mark.parametrize(
    ("expect", "kwargs", "complaint"),
    [
        (SUM, {"column_list": ["whole"]}, "at least two columns"),
        (SUM, {"column_list": ["whole", "part"], "rounded_to": -1}, "rounded_to"),
        (PARTS, {"column_list": ["whole", "whole"]}, "each column once"),
        (PARTS, {"column_list": ["whole", "part"], "tollerance": 1}, "tollerance"),
        (RATIO, {"column_A": "money", "column_B": "people"}, "needs min_value, max_value, or both"),
        (
            RATIO,
            {"column_A": "money", "column_B": "people", "min_value": 2, "max_value": 1},
            "min_value 2 is above max_value 1",
        ),
        (AGREE, {"column_A": "whole", "column_B": "part", "share": 1}, "share"),
        (AGREE, {"column_A": "whole"}, "column_B"),
        (
            REQUIRE,
            {"column_A": "word", "where": "gone", "column_B": "part", "requires": "given"},
            "where\n.*found 'gone'",
        ),
        (
            REQUIRE,
            {"column_A": "word", "where": {"in": "done"}, "column_B": "part", "requires": "given"},
            "expected given",
        ),
        (
            REQUIRE,
            {
                "column_A": "word",
                "where": "given",
                "column_B": "part",
                "requires": {"min": 1, "max": 2},
            },
            "requires",
        ),
        (REQUIRE, {"column_A": "word", "column_B": "part", "requires": "given"}, "where"),
        (DATES, {"column_list": ["first", "last"], "days": -1}, "days"),
        (KEY, {"column_list": ["key"]}, "at least two columns"),
        (CATALOGUE, {"column": "project", "catalogue": "projects"}, "value_set"),
        (CATALOGUE, {"column": "project", "catalogue": "projects", "value_set": []}, "value_set"),
    ],
)
def test_wrong_arguments_are_refused_before_any_run(
    pack: Pack, expect: str, kwargs: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(ConfigurationError, match=rf"(?s)FILE-01: {expect}: .*{complaint}"):
        Expected(RuleSet(pack).reading["FILE-01"], expect, kwargs, "whole").expectation()


OF_HISTORY = {"ExpectFiguresToBeNoOutliers", "ExpectFiguresToKeepTheirScale"}
"""These check a frame of earlier figures; tests/unit/test_history.py has their cases."""


@pytest.mark.parametrize("name", sorted(set(own.__all__) - OF_HISTORY))
def test_each_is_registered_explains_itself_and_has_its_cases_here(name: str) -> None:
    kind, snake = getattr(own, name), re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    assert get_expectation_impl(snake) is kind
    assert kind.__doc__.startswith("Expect ")
    mine = [case for case in CASES if case.expect == snake]
    assert any(case.failing for case in mine)
    assert any(case.said for case in mine)


def test_the_example_of_the_guide_works_as_it_stands_there(
    pack: Pack, validation: GxRunner
) -> None:
    guide = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    snippet = re.search(
        r"```python\n(.*?)```", guide.partition("## Write a custom expectation")[2], re.DOTALL
    )
    assert snippet
    exec(
        compile(textwrap.dedent(snippet[1]), "docs/rules.md", "exec"),
        {"__name__": "expectations.custom.in_steps"},
    )
    words, kwargs = RuleSet(pack).reading["FILE-01"], {"column": "money", "step": 50}
    rule = Expected(words, "expect_column_values_to_be_in_steps", kwargs, "money")
    assert [(n, row) for _, n, row in validation.failures("guide", FRAME, [rule])] == [ROWS[2]]


def test_a_frame_without_rows_breaks_nothing(pack: Pack, validation: GxRunner) -> None:
    words = RuleSet(pack).reading["FILE-01"]
    expected = [Expected(words, case.expect, case.kwargs, "whole") for case in CASES]
    assert validation.failures("empty", FRAME.head(0), expected) == []


@pytest.mark.parametrize(
    ("households", "totals"),
    [
        # Three models by one norm: 10 = 5 + 5 is a coincidence, and the money follows from it.
        ((10, 5, 5), [False, False, False]),
        ((5, 5, 10), [False, False, False]),
        ((14, 11, 7, 32), [False, False, False, True]),
    ],
)
def test_a_list_by_one_norm_has_a_total_only_where_it_is_the_sum_of_three_lines(
    households: tuple[int, ...], totals: list[bool]
) -> None:
    figures = np.array([(each, 26.24 * each) for each in households])
    assert (_totals(figures) | _totals(figures[::-1])[::-1]).tolist() == totals
