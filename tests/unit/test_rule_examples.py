"""The pages of the rules, the examples and the rules together: each example is checked_reports by the real check, each page is what it says."""

from collections import Counter
from dataclasses import replace

import pytest

from expectations.docs.check_examples import (
    ACROSS,
    HISTORY,
    ExampleResult,
    ExampleResults,
    ScenarioResults,
    check_examples,
)
from expectations.docs.examples import load_examples
from expectations.docs.pages import form_page
from expectations.docs.reader_rule_pages import reading_page, rows_of
from expectations.docs.scenario_pages import page_of_reports
from expectations.docs.scenarios import load_scenarios
from expectations.rules.rule_set import RuleSet
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import ROOT

PAGES = ROOT / "docs" / "rules"
FORMS = ("training", "training_plan", "disbursement", "works", "livelihoods", "outcomes")
RULES = [(form, rule) for form in FORMS for rule in load_examples(form).rules]
RULES_OF_REPORTS = [
    (name, rule) for name in (HISTORY, ACROSS) for rule in load_scenarios(name).rules
]


@pytest.fixture(scope="module")
def hearing(pack: Pack) -> ExampleResults:
    """All examples, checked_reports in one batch a form."""
    return check_examples(pack)


def checked_reports(hearing: ExampleResults, form: str, rule: str) -> ExampleResult:
    return next(example for example in hearing.of_forms[form] if example.expected.words.id == rule)


def of_reports(hearing: ExampleResults, name: str, rule: str) -> ScenarioResults:
    return next(example for example in hearing.of_reports[name] if example.rule.id == rule)


def asked(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def test_every_rule_of_every_suite_has_an_example_and_is_on_a_page(pack: Pack) -> None:
    rules = RuleSet(pack)
    assert {form.code for form in pack.forms} == set(FORMS)
    written = "".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.md"))
    assert [rule for rule in rules.words if f"\n## {rule}\n" not in written] == []
    assert rules.words.keys() - rules.reading.keys() == {
        rule for _, rule in (*RULES, *RULES_OF_REPORTS)
    }


def test_a_rule_without_example_or_english_words_is_named(hearing: ExampleResults) -> None:
    assert (hearing.unshown, hearing.untranslated) == ([], [])
    works = tuple(e for e in hearing.of_forms["works"] if e.expected.words.id != "WRK-13")
    fewer = replace(
        hearing,
        of_forms={**hearing.of_forms, "works": works},
        rules={**hearing.rules, "en": hearing.rules["vi"]},
    )
    assert fewer.unshown == ["WRK-13"]
    assert fewer.untranslated == list(hearing.rules["vi"].words)


@pytest.mark.parametrize(("form", "rule"), RULES, ids=[rule for _, rule in RULES])
def test_a_bad_example_breaks_its_rule_alone_and_at_its_cell(
    hearing: ExampleResults, form: str, rule: str
) -> None:
    example = checked_reports(hearing, form, rule)
    severity = example.expected.words.severity
    found = [
        finding
        for finding in example.found["vi"]
        if finding.severity is not Severity.INFO or finding.rule == rule
    ]
    assert {finding.rule for finding in found} == {rule}
    assert example.place in [(finding.sheet, finding.cell) for finding in found]
    assert {finding.severity for finding in found} == {severity}


@pytest.mark.parametrize("form", FORMS)
def test_a_good_report_breaks_no_rule(hearing: ExampleResults, form: str) -> None:
    assert asked(hearing.of_forms[form][0].in_good) == []


@pytest.mark.parametrize(
    ("name", "rule"), RULES_OF_REPORTS, ids=[rule for _, rule in RULES_OF_REPORTS]
)
def test_a_bad_report_among_others_breaks_its_rule_alone_and_at_its_cell(
    hearing: ExampleResults, name: str, rule: str
) -> None:
    example = of_reports(hearing, name, rule)
    found = asked(example.found["vi"])
    # What such a report cannot but break too, its example counts: nothing else may speak.
    expected = Counter({rule: 1}) + Counter(example.example.also)
    assert Counter(finding.rule for finding in found) == expected
    assert [
        finding.rule for finding in found if (finding.sheet, finding.cell) == example.place
    ] == [rule]
    # What a rule across submissions finds is reported, or put on record, at the others too.
    assert {finding.rule for finding in asked(example.beside)} <= (
        {rule} if name == ACROSS else set()
    )


@pytest.mark.parametrize(
    ("name", "rule"), RULES_OF_REPORTS, ids=[rule for _, rule in RULES_OF_REPORTS]
)
def test_a_good_report_among_the_same_others_breaks_no_rule(
    hearing: ExampleResults, name: str, rule: str
) -> None:
    example = of_reports(hearing, name, rule)
    assert asked(example.in_good) == []
    assert rule not in {finding.rule for finding in example.in_good}


@pytest.mark.parametrize("form", FORMS)
def test_the_page_is_what_the_rules_and_their_examples_give(
    hearing: ExampleResults, pack: Pack, form: str
) -> None:
    written = (PAGES / f"{form}.md").read_text(encoding="utf-8")
    assert written == form_page(hearing, form, pack), "run `make rules` and read what changed"


@pytest.mark.parametrize("name", [HISTORY, ACROSS])
def test_the_page_of_rules_against_other_reports_is_too(
    hearing: ExampleResults, pack: Pack, name: str
) -> None:
    written = (PAGES / f"{name}.md").read_text(encoding="utf-8")
    assert written == page_of_reports(hearing, name, pack), "run `make rules` and read what changed"


def test_there_is_no_page_without_rules_and_the_list_has_them_all() -> None:
    pages = {"reading.md", f"{HISTORY}.md", f"{ACROSS}.md", *(f"{form}.md" for form in FORMS)}
    assert {path.name for path in PAGES.glob("*.md")} == pages | {"README.md"}
    listed = (PAGES / "README.md").read_text(encoding="utf-8")
    assert [page for page in sorted(pages) if f"]({page})" not in listed] == []


def test_the_readers_page_has_every_rule_with_the_rows_that_its_own_tests_read(
    hearing: ExampleResults,
) -> None:
    rules = hearing.rules
    rows = rows_of(ROOT / "docs" / "reading.md")
    assert (PAGES / "reading.md").read_text(encoding="utf-8") == reading_page(rules, rows), (
        "run `make rules`"
    )
    named = {rule for row in rows for rule in row.rules}
    refused = {
        rule
        for row in rows
        if row.becomes.startswith("refused")
        for rule in row.rules
        if row.heading.startswith("Unit, period")
    }
    assert {rules["vi"].reading[rule].severity for rule in refused} == {Severity.CRITICAL}
    assert (
        rules["vi"].reading.keys()
        <= named
        <= {*rules["vi"].reading, *(rule.id for rule in rules["vi"].cells)}
    )
