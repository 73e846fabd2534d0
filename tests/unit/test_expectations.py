"""Our own expectations as Great Expectations runs them, and the rule files as a reviewer meets them."""

import re
from collections.abc import Sequence
from pathlib import Path

import great_expectations as gx
import pandas as pd
import pytest
from great_expectations.expectations.registry import get_expectation_impl

import expectations.custom as own
from expectations.rules.rule_models import FormRule
from expectations.rules.rule_set import SUITES, RuleSet
from expectations.rules.validate import frame_columns, frame_names
from expectations.run.gx_runner import GxRunner
from expectations.run.suite import Expected
from program.errors import ConfigurationError, MtqgError
from program.finding import Severity
from program.forms.form import Form
from program.pack.pack import Pack

INDEX = {"submission_id": [0, 0, 1, 1], "row": [1, 2, 1, 2]}


def failing(
    frame: pd.DataFrame, expect: str, pack: Pack, **kwargs: object
) -> list[tuple[int, int]]:
    words = RuleSet(pack).reading["FILE-01"]
    found = GxRunner("test", "test").failures(
        "frame", frame, [Expected(words, expect, kwargs, "a")]
    )
    return [(number, row) for _, number, row in found]


def test_whole_numbers_pass_and_fractions_fail(pack: Pack) -> None:
    frame = pd.DataFrame({**INDEX, "a": [3.0, 2.208, float("nan"), -1.5]})
    assert failing(frame, "expect_column_values_to_be_whole", pack, column="a") == [(0, 2), (1, 2)]


@pytest.mark.parametrize(
    ("empty_parts", "expected"),
    [("zero", [(0, 2), (1, 1)]), ("unknown", [(0, 2)])],
)
def test_a_total_equals_the_sum_of_its_parts(
    pack: Pack, empty_parts: str, expected: list[tuple[int, int]]
) -> None:
    nothing = float("nan")
    frame = pd.DataFrame(
        {
            **INDEX,
            "a": [11.0, 12.0, 5.0, nothing],
            "b": [3.0, 3.0, 3.0, 3.0],
            "c": [8.0, 8.0, nothing, 1.0],
        }
    )
    kwargs = {"column_list": ["a", "b", "c"], "empty_parts": empty_parts, "ignore_row_if": "never"}
    assert failing(frame, "expect_column_total_to_equal_sum_of_parts", pack, **kwargs) == expected


def test_a_tolerance_forgives_rounding(pack: Pack) -> None:
    frame = pd.DataFrame({**INDEX, "a": [1.0, 1.2, 1.0, 1.0], "b": [1.0, 1.0, 1.0, 1.0]})
    kwargs = {"column_list": ["a", "b"], "tolerance": 0.1, "ignore_row_if": "never"}
    assert failing(frame, "expect_column_total_to_equal_sum_of_parts", pack, **kwargs) == [(0, 2)]


def test_a_rule_that_cannot_be_run_raises_instead_of_passing(pack: Pack) -> None:
    frame = pd.DataFrame({**INDEX, "a": ["x", "y", "z", "w"]})
    with pytest.raises(MtqgError, match="FILE-01"):
        failing(frame, "expect_column_values_to_be_whole", pack, column="a")


def test_a_misspelt_expectation_names_the_rule(pack: Pack) -> None:
    frame = pd.DataFrame({**INDEX, "a": [1.0, 1.0, 1.0, 1.0]})
    with pytest.raises(ConfigurationError, match="FILE-01: expect_colum_values"):
        failing(frame, "expect_colum_values", pack, column="a")


@pytest.mark.parametrize("name", own.__all__)
def test_each_of_our_expectations_is_registered_and_explains_itself(name: str) -> None:
    kind = getattr(own, name)
    snake = re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()
    assert get_expectation_impl(snake) is kind
    assert kind.__doc__


def test_every_rule_of_a_form_is_written_out_and_has_a_source(pack: Pack) -> None:
    rules = RuleSet(pack)
    for form in pack.forms:
        versions = [each for each in pack.forms if each.code == form.code]
        for rule in rules.of_form(form.code):
            assert runs_in(rule, versions), rule.id
        for rule in rules.history:
            assert runs_in(rule, [form]), rule.id
        for rule in (*rules.of_form(form.code), *rules.history):
            assert rule.message
            assert rule.fix
            assert rule.source


def runs_in(rule: FormRule, versions: Sequence[Form]) -> bool:
    """Return whether one of the versions of a form has all that a rule is about."""
    needed = {*rule.columns, rule.at}
    having = [form for form in versions if rule.table in frame_names(form)]
    return any(needed <= frame_columns(form, rule.table) for form in having)


def test_severities_are_the_three_words_of_great_expectations() -> None:
    from great_expectations.expectations.metadata_types import FailureSeverity

    assert {s.value for s in Severity} == {s.value for s in FailureSeverity}


def test_the_version_changes_with_a_rule(pack: Pack, tmp_path: Path) -> None:
    for path in SUITES.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    before = RuleSet(pack, tmp_path).version
    suite = tmp_path / "training.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8").replace("severity: warning", "severity: critical", 1),
        encoding="utf-8",
    )
    assert RuleSet(pack, tmp_path).version != before


def test_a_rule_file_that_is_wrong_names_file_and_key(pack: Pack, tmp_path: Path) -> None:
    for path in SUITES.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    suite = tmp_path / "training.yaml"
    suite.write_text(
        suite.read_text(encoding="utf-8").replace("severity: critical", "severity: deadly", 1),
        encoding="utf-8",
    )
    with pytest.raises(
        ConfigurationError, match=r"training\.yaml:12: rules\.0\.severity: .*deadly"
    ):
        RuleSet(pack, tmp_path)


def test_data_docs_are_written_where_asked(pack: Pack, tmp_path: Path) -> None:
    validation = GxRunner("test", "test")
    words = RuleSet(pack).reading["FILE-01"]
    rule = Expected(words, "expect_column_values_to_be_whole", {"column": "a"}, "a")
    validation.failures("frame", pd.DataFrame({**INDEX, "a": [1.0, 2.5, 3.0, 4.0]}), [rule])
    page = validation.publish_docs(tmp_path / "docs")
    assert page.exists()
    assert any(
        "a = 2,5" in p.read_text(encoding="utf-8")
        for p in (tmp_path / "docs" / "validations").rglob("*.html")
    )
    assert gx.__version__.startswith("1.")


def test_data_docs_run_no_text_of_a_sender_and_ask_no_other_host(
    pack: Pack, tmp_path: Path
) -> None:
    hostile = "<img src=x onerror=alert(1)>{{ 7 * 7 }}"
    validation = GxRunner("test", "test")
    words = RuleSet(pack).reading["FILE-01"]
    rule = Expected(
        words, "expect_column_values_to_be_in_set", {"column": "a", "value_set": ["b"]}, "a"
    )
    validation.failures("frame", pd.DataFrame({**INDEX, "a": ["b", hostile, "b", "b"]}), [rule])
    validation.publish_docs(tmp_path)
    pages = [page.read_text(encoding="utf-8") for page in tmp_path.rglob("*.html")]
    assert len(pages) == 2
    assert any("&lt;img src=x onerror=alert(1)&gt;{{ 7 * 7 }}" in page for page in pages)
    assert not any("<img" in page for page in pages)
    assert not any(re.search(r"(src|href)=.?(https?:)?//", page) for page in pages)


def test_data_docs_show_every_batch_of_a_run(pack: Pack, tmp_path: Path) -> None:
    validation = GxRunner("test", "test")
    words = RuleSet(pack).reading["FILE-01"]
    rule = Expected(words, "expect_column_values_to_be_whole", {"column": "a"}, "a")
    for chunk in range(3):
        frame = pd.DataFrame({"submission_id": [chunk + 7], "row": [1], "a": [chunk + 0.25]})
        validation.failures("frame", frame, [rule])
    index = validation.publish_docs(tmp_path).read_text(encoding="utf-8")
    pages = list((tmp_path / "validations").rglob("*.html"))
    texts = [page.read_text(encoding="utf-8") for page in pages]
    assert [
        sum(f"a = {value}<" in text for text in texts) for value in ("0,25", "1,25", "2,25")
    ] == [
        1,
        1,
        1,
    ]
    assert [page.name for page in pages if page.name not in index] == []
    assert all(
        sum(f"báo cáo số {number}, dòng 1" in text for text in texts) == 1 for number in (7, 8, 9)
    )
