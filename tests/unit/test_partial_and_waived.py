"""What keeps a report out, and what does not: forms that load in part, and findings that a named person waived."""

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from program.errors import ConfigurationError
from program.finding import ReaderFinding, Severity
from program.forms.qualifier import Qualifier
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.waiver import WaiverEntry
from program.parsed_report import ParsedReport
from program.settings import ROOT
from program.submission import Submission, Verdict
from tests.shared_rules import rules_of
from tests.unit.test_works_rules import BRIDGE, HOUSE, ROAD, read

OVERSPENT = {**ROAD, "work_disbursed_vnd": 1200.6}
ENTRY = """corrections:
  - rule: {rule}
    form: {form}
    unit: "942"
    period: 2024-Q4
    sheet: "Công trình"
    cell: {cell}
    value: "{value}"
    reason: "Tổng mức đầu tư đã được điều chỉnh theo quyết định của huyện, bản giấy đã kiểm tra."
    by: "Nguyễn Văn Mẫu (tên giả lập), Phòng Nghiệp vụ"
    decided_on: 2025-01-20
    until: {until}
"""


@pytest.fixture(scope="module")
def partial(pack: Pack) -> Pack:
    """The sample pack whose form of works loads in part."""
    return replace(
        pack,
        forms=tuple(
            f.model_copy(update={"partial": True}) if f.code == "works" else f for f in pack.forms
        ),
    )


def judge(pack: Pack, reading: ParsedReport) -> Submission:
    return Checker(pack, rules_of(pack), "test").check([reading])[0]


def lines_of(submission: Submission) -> set[int]:
    return {fact.line for fact in submission.facts if fact.line}


def test_a_bad_line_of_a_form_that_loads_in_part_stays_out_alone(partial: Pack) -> None:
    reading = read(partial, [OVERSPENT, BRIDGE, HOUSE])
    rows = [int(row) for row in reading.tables["work_list"].frame["row"]]
    submission = judge(partial, reading)
    assert submission.verdict is Verdict.ACCEPTED_WITH_WARNINGS
    assert lines_of(submission) == set(rows[1:])
    assert [
        (f.rule, f.severity) for f in submission.findings if f.severity is not Severity.INFO
    ] == [("WRK-13", "critical")]


def test_what_is_counted_over_a_list_with_a_line_out_is_no_exact_figure(partial: Pack) -> None:
    submission = judge(partial, read(partial, [OVERSPENT, BRIDGE, HOUSE]))
    figures = {
        fact.element: (fact.value, fact.qualifier) for fact in submission.facts if fact.line == 0
    }
    assert figures["works_listed"] == (2.0, Qualifier.OVER)
    assert figures["works_investment_listed_vnd"][1] is Qualifier.ABOUT
    whole = judge(partial, read(partial, [ROAD, BRIDGE, HOUSE]))
    assert {fact.qualifier for fact in whole.facts} == {None}


def test_a_form_that_loads_in_whole_is_kept_out_in_whole(pack: Pack) -> None:
    submission = judge(pack, read(pack, [OVERSPENT, BRIDGE, HOUSE]))
    assert (submission.verdict, submission.facts) == (Verdict.QUARANTINED, ())


def test_a_report_whose_every_line_is_bad_is_kept_out(partial: Pack) -> None:
    submission = judge(partial, read(partial, [OVERSPENT]))
    assert (submission.verdict, submission.facts) == (Verdict.QUARANTINED, ())


def test_what_is_wrong_with_the_whole_report_keeps_it_out_although_it_loads_in_part(
    partial: Pack,
) -> None:
    reading = read(partial, [ROAD, BRIDGE, HOUSE])
    strange = replace(
        reading, problems=(ReaderFinding("FORM-12", "Công trình", "C4", "Quý 4 năm 2024"),)
    )
    assert judge(partial, strange).verdict is Verdict.QUARANTINED


def test_a_form_without_a_list_cannot_load_in_part(tmp_path: Path) -> None:
    path = copied(tmp_path) / "forms" / "disbursement" / "v1.yaml"
    path.write_text(path.read_text(encoding="utf-8") + "\npartial: true\n", encoding="utf-8")
    with pytest.raises(
        ConfigurationError, match=r"v1\.yaml.*disbursement: partial is for forms with a list"
    ):
        load_pack(tmp_path / "pack")


def copied(tmp_path: Path) -> Path:
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "config" / "soc-trang", folder)
    return folder


def with_correction(tmp_path: Path, **values: str) -> Pack:
    folder = copied(tmp_path)
    (folder / "corrections").mkdir()
    given = {
        "rule": "WRK-13",
        "form": "works",
        "cell": "K9",
        "value": "1.200,6",
        "until": "null",
        **values,
    }
    (folder / "corrections" / "2025-01.yaml").write_text(ENTRY.format(**given), encoding="utf-8")
    return load_pack(folder)


def overspent(pack: Pack) -> ParsedReport:
    """A report with one critical finding; its cell is found, not assumed."""
    return read(pack, [OVERSPENT, BRIDGE, HOUSE])


@pytest.fixture(scope="module")
def cell(pack: Pack) -> str:
    finding = next(f for f in judge(pack, overspent(pack)).findings if f.rule == "WRK-13")
    assert (finding.sheet, finding.value) == ("Công trình", "1.200,6")
    return finding.cell or ""


def test_a_waived_finding_stays_on_record_and_keeps_nothing_out(tmp_path: Path, cell: str) -> None:
    pack = with_correction(tmp_path, cell=cell)
    submission = judge(pack, overspent(pack))
    assert submission.verdict is Verdict.ACCEPTED
    finding = next(f for f in submission.findings if f.rule == "WRK-13")
    assert finding.severity is Severity.INFO
    assert finding.waived_by.startswith(
        "Nguyễn Văn Mẫu (tên giả lập), Phòng Nghiệp vụ (20/01/2025): Tổng mức đầu tư"
    )
    assert lines_of(submission) == {
        int(row) for row in overspent(pack).tables["work_list"].frame["row"]
    }


@pytest.mark.parametrize(
    "change",
    [
        {"value": "1.200,5"},
        {"until": "2025-01-31"},  # the report of the test came in January 2026
    ],
    ids=["another value stands there now", "the report came later"],
)
def test_a_correction_reaches_no_further_than_what_it_was_written_about(
    tmp_path: Path, cell: str, change: dict[str, str]
) -> None:
    pack = with_correction(tmp_path, cell=cell, **change)
    assert judge(pack, overspent(pack)).verdict is Verdict.QUARANTINED


def test_a_correction_is_for_one_report(tmp_path: Path, cell: str) -> None:
    pack = with_correction(tmp_path, cell=cell)
    assert (
        judge(pack, read(pack, [OVERSPENT, BRIDGE, HOUSE], period="2025-Q1")).verdict
        is Verdict.QUARANTINED
    )


def test_a_correction_changes_the_version_of_the_rules(
    tmp_path: Path, pack: Pack, cell: str
) -> None:
    assert RuleSet(with_correction(tmp_path, cell=cell)).version != RuleSet(pack).version


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"form": "worms"},
            r"2025-01\.yaml:3: corrections\.0\.form: no form worms is in force for 2024-Q4; the pack has",
        ),
        (
            {"until": "2025-01-02"},
            r"2025-01\.yaml:2: corrections\.0: Value error, until 2025-01-02 is before decided_on",
        ),
        ({"cell": "K0"}, r"2025-01\.yaml:7: corrections\.0\.cell: String should match"),
        ({"rule": "WRK-99"}, r"2025-01\.yaml:2: corrections\.0\.rule: no rule has the id WRK-99"),
        (
            {"rule": "CELL-11"},
            "CELL-11 leaves nothing that could be loaded; the report has to be sent again",
        ),
        ({"rule": "CELL-09"}, "CELL-09 is only a note and keeps nothing out"),
    ],
)
def test_a_correction_of_nothing_is_refused_with_its_place(
    tmp_path: Path, change: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigurationError, match=said):
        RuleSet(with_correction(tmp_path, **change))


def test_a_correction_knows_until_when_it_holds(tmp_path: Path, cell: str) -> None:
    correction: WaiverEntry = with_correction(tmp_path, cell=cell, until="2025-03-31").corrections[
        0
    ]
    assert (correction.is_for(date(2025, 3, 31)), correction.is_for(date(2025, 4, 1))) == (
        True,
        False,
    )
    assert "đến ngày 31/03/2025" in correction.note
