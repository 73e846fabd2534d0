"""Rule, example and page of docs/rules are tied together: each example is judged by the real check, each page is what it says."""

import pytest

from expectations.examples import load_examples
from expectations.history.columns import history_columns
from expectations.pages import Court, Judged, page_of
from expectations.reading_pages import reading_page, rows_of
from expectations.rules import RuleSet
from program.finding import Finding, Severity
from program.pack import Pack
from program.settings import ROOT

PAGES = ROOT / "docs" / "rules"
FORMS = ("training", "disbursement", "works", "livelihoods", "outcomes")
RULES = [(form, rule) for form in FORMS for rule in load_examples(form).rules]


@pytest.fixture(scope="module")
def judged(pack: Pack) -> dict[str, dict[str, Judged]]:
    """The examples of every form by their rule, judged in one batch a form."""
    court = Court(pack)
    return {form: {example.expected.words.id: example for example in court.judge(load_examples(form))} for form in FORMS}


def asked(findings: tuple[Finding, ...]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is not Severity.INFO]


def test_every_rule_within_a_report_and_of_the_layout_has_an_example(pack: Pack) -> None:
    """A rule against earlier reports needs more than one report: tests/unit has those of history."""
    rules = RuleSet(pack)
    assert {form.code for form in pack.forms} == set(FORMS)
    for form in pack.forms:
        within = {rule.id for rule in rules.of_form(form.code) if rule.table not in history_columns(form)}
        assert within <= load_examples(form.code).rules.keys()
    assert {rule.id for rule in rules.cells} <= {rule for _, rule in RULES}


@pytest.mark.parametrize(("form", "rule"), RULES, ids=[rule for _, rule in RULES])
def test_a_bad_example_breaks_its_rule_alone_and_at_its_cell(judged: dict[str, dict[str, Judged]], form: str, rule: str) -> None:
    example = judged[form][rule]
    severity = example.expected.words.severity
    found = [finding for finding in example.found["vi"] if finding.severity is not Severity.INFO or finding.rule == rule]
    assert {finding.rule for finding in found} == {rule}
    assert example.place in [(finding.sheet, finding.cell) for finding in found]
    assert {finding.severity for finding in found} == {severity}


@pytest.mark.parametrize("form", FORMS)
def test_a_good_report_breaks_no_rule(judged: dict[str, dict[str, Judged]], form: str) -> None:
    first = next(iter(judged[form].values()))
    assert asked(first.in_good) == []


@pytest.mark.parametrize("form", FORMS)
def test_the_page_is_what_the_rules_and_their_examples_give(judged: dict[str, dict[str, Judged]], form: str) -> None:
    written = (PAGES / f"{form}.md").read_text(encoding="utf-8")
    assert written == page_of(list(judged[form].values())), "run `make rules` and read what changed"


def test_there_is_no_page_without_rules() -> None:
    assert sorted(path.name for path in PAGES.glob("*.md")) == sorted(
        ["README.md", "reading.md", *(f"{form}.md" for form in FORMS)]
    )


def test_the_readers_page_has_every_rule_with_the_rows_that_its_own_tests_read(pack: Pack) -> None:
    rules = {lang: RuleSet(pack, lang=lang) for lang in ("vi", "en")}
    rows = rows_of(ROOT / "docs" / "reading.md")
    assert (PAGES / "reading.md").read_text(encoding="utf-8") == reading_page(rules, rows), "run `make rules`"
    named = {rule for row in rows for rule in row.rules}
    refused = {rule for row in rows if row.becomes.startswith("refused") for rule in row.rules if row.heading.startswith("Whom")}
    assert {rules["vi"].reading[rule].severity for rule in refused} == {Severity.CRITICAL}
    assert rules["vi"].reading.keys() <= named <= {*rules["vi"].reading, *(rule.id for rule in rules["vi"].cells)}
