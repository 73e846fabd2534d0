"""The rules' words in English, a pack's own rules, and rule files that name what is not there."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from connectors.reader.open import signatures, workbook
from expectations.checking import Checker
from expectations.findings import placeholders
from expectations.findings.message import finding_of_problem
from expectations.rules import validate
from expectations.rules.rule_set import SUITES, RuleSet
from expectations.rules.texts import RuleText
from program.delivery import Delivery
from program.errors import ConfigurationError
from program.finding import ReaderFinding
from program.limits import DEFAULT_LIMITS
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.submission import Verdict
from tests.conftest import Fill, delivery

FILES = sorted(path.name for path in SUITES.glob("*.yaml"))


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """A copy of the shipped suites that a test may change."""
    return Path(shutil.copytree(SUITES, tmp_path / "suites"))


def all_rules(rules: RuleSet, pack: Pack) -> dict[str, RuleText]:
    of_forms = [rule for form in pack.forms for rule in rules.of_form(form.code)]
    return {rule.id: rule for rule in (*rules.reading.values(), *rules.cells, *of_forms)}


def put(folder: Path, name: str, *rules: dict[str, object]) -> Path:
    path = folder / "suites" / f"{name}.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        yaml.safe_dump({"form": path.stem, "rules": list(rules)}, allow_unicode=True),
        encoding="utf-8",
    )
    return path


def rule(number: int = 1, **changes: object) -> dict[str, object]:
    return {
        "id": f"OWN-{number:02d}",
        "level": "table",
        "table": "levels",
        "expect": "expect_column_values_to_be_between",
        "kwargs": {"column": "classes", "max_value": 1},
        "severity": "warning",
        "at": "classes",
        "message": "Có {classes} lớp.",
        "expected": "Không quá 1",
        "fix": "Kiểm tra lại.",
        "source": "a test",
        **changes,
    }


# --- English words
# ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FILES)
def test_every_rule_of_every_file_has_english_words(name: str) -> None:
    said, translated = (
        {
            entry["id"]: entry
            for entry in yaml.safe_load((folder / name).read_text(encoding="utf-8"))["rules"]
        }
        for folder in (SUITES, SUITES / "en")
    )
    assert list(translated) == list(said), "the same ids in the same order"
    for key, entry in translated.items():
        assert entry["message"], key
        assert entry["fix"], key
        assert bool(entry["expected"]) is bool(said[key]["expected"]), key


def test_there_are_no_english_words_without_rules() -> None:
    assert sorted(path.name for path in (SUITES / "en").glob("*.yaml")) == FILES


def test_english_words_have_the_placeholders_and_cases_of_the_vietnamese(pack: Pack) -> None:
    vietnamese, english = (all_rules(RuleSet(pack, lang=lang), pack) for lang in ("vi", "en"))
    assert vietnamese.keys() == english.keys()
    for name, words in english.items():
        assert words.placeholders() == vietnamese[name].placeholders(), name
        assert words.cases.keys() == vietnamese[name].cases.keys(), name
        assert words.message != vietnamese[name].message, name
        assert words.severity is vietnamese[name].severity, name


def test_the_version_does_not_depend_on_the_language(pack: Pack, suites: Path) -> None:
    before = RuleSet(pack, suites).version
    assert RuleSet(pack, suites, lang="en").version == before
    words = suites / "en" / "training.yaml"
    words.write_text(
        words.read_text(encoding="utf-8").replace("At most", "Not above"), encoding="utf-8"
    )
    assert RuleSet(pack, suites, lang="en").version == before


def test_a_finding_in_english_points_at_the_same_cell_and_keeps_the_numbers_as_printed(
    pack: Pack, fill: Fill
) -> None:
    from connectors.reader.reader import read_parts

    line = {"classes": 1, "participants": 1000, "women": 1200}
    levels = {"district": line, "total": line}
    (reading,) = read_parts(fill("942", "2024-Q4", levels=levels), delivery(), pack)
    found = {}
    for lang in ("vi", "en"):
        submission = Checker(pack, RuleSet(pack, lang=lang), "test").check([reading])[0]
        found[lang] = next(f for f in submission.findings if f.rule == "TRN-01")
    assert (found["en"].sheet, found["en"].cell, found["en"].value) == (
        found["vi"].sheet,
        found["vi"].cell,
        found["vi"].value,
    )
    assert found["en"].message == "There are more women (1.200) than participants (1.000)."


@pytest.mark.parametrize(
    "kind",
    [
        *(kind for _, kind in signatures.SIGNATURES),
        *signatures._OPEN_TEXTS.values(),
        *(p.values["kind"] for p in workbook._NO_ROWS.values() if p.rule == "FILE-02"),
        *(signatures.WORD, signatures.SLIDES, "trang web HTML", "tệp ảnh HEIC", "thư Outlook"),
        "tệp nén zip, bảng tính nằm bên trong",
    ],
)
def test_what_the_reader_fills_in_is_english_too(pack: Pack, kind: str) -> None:
    finding = finding_of_problem(
        ReaderFinding("FILE-02", values={"kind": kind}), RuleSet(pack, lang="en").reading["FILE-02"]
    )
    assert finding.message.isascii(), finding.message


@pytest.mark.parametrize(
    "problem",
    [
        workbook._too_many_cells(DEFAULT_LIMITS),
        workbook._BROKEN,
        workbook._STRANGE,
        *workbook._NO_ROWS.values(),
    ],
)
def test_why_a_workbook_does_not_open_is_english_too(pack: Pack, problem: ReaderFinding) -> None:
    assert finding_of_problem(
        problem, RuleSet(pack, lang="en").reading[problem.rule]
    ).message.isascii()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            ("({women})", "({wimen})"),
            r"training\.yaml: TRN-01: expected the placeholders participants, women; found participants",
        ),
        (
            ("      below:", "      beneath:"),
            r"training\.yaml: TRN-05: cases: expected above, below; found above, beneath",
        ),
        (("TRN-02", "TRN-99"), r"training\.yaml: TRN-99: .*training\.yaml has no such rule"),
        (("TRN-02", "TRN-01"), r"training\.yaml: TRN-01: stands twice"),
    ],
)
def test_english_words_that_do_not_fit_their_rule_are_refused(
    pack: Pack, suites: Path, change: tuple[str, str], complaint: str
) -> None:
    words = suites / "en" / "training.yaml"
    words.write_text(words.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    assert RuleSet(pack, suites).language == "vi"
    with pytest.raises(ConfigurationError, match=complaint):
        RuleSet(pack, suites, lang="en")


# --- a pack's own rules
# -------------------------------------------------------------------------------------------


def test_a_packs_own_suite_takes_the_place_of_the_shipped_one(own_pack: Path) -> None:
    shipped = RuleSet(load_pack(own_pack))
    put(own_pack, "training", rule())
    rules = RuleSet(load_pack(own_pack))
    assert [r.id for r in rules.of_form("training")] == ["OWN-01"]
    assert rules.of_form("works") == shipped.of_form("works")
    assert rules.version != shipped.version


def test_the_version_changes_with_a_packs_own_rule(own_pack: Path) -> None:
    put(own_pack, "training", rule())
    before = RuleSet(load_pack(own_pack)).version
    put(own_pack, "training", rule(severity="critical"))
    assert RuleSet(load_pack(own_pack)).version != before


def test_a_packs_own_rules_have_their_own_english_words_or_stay_vietnamese(own_pack: Path) -> None:
    put(own_pack, "training", rule(1), rule(2))
    words = own_pack / "suites" / "en" / "training.yaml"
    words.parent.mkdir()
    words.write_text(
        'rules:\n  - {id: OWN-01, message: "{classes} classes.", expected: one, fix: Check.}\n',
        encoding="utf-8",
    )
    messages = [r.message for r in RuleSet(load_pack(own_pack), lang="en").of_form("training")]
    assert messages == ["{classes} classes.", "Có {classes} lớp."]


def test_a_form_without_a_suite_is_checked_by_its_layout_alone(
    pack: Pack, suites: Path, fill: Fill
) -> None:
    from connectors.reader.reader import read_parts

    before = RuleSet(pack, suites).unruled
    (suites / "training.yaml").unlink()
    rules = RuleSet(pack, suites)
    assert set(rules.unruled) - set(before) == {"training"}
    assert rules.of_form("training") == ()
    levels = {"total": {"classes": 1, "participants": None, "women": 1200}}
    (reading,) = read_parts(fill("942", "2024-Q4", levels=levels), delivery(), pack)
    submission = Checker(pack, rules, "test").check([reading])[0]
    assert {f.rule for f in submission.findings if f.severity.value == "critical"} == {"CELL-01"}


def test_an_own_rule_is_run(own_pack: Path, fill: Fill) -> None:
    from connectors.reader.reader import read_parts

    put(own_pack, "training", rule())
    mine = load_pack(own_pack)
    (reading,) = read_parts(fill("942", "2024-Q4"), delivery(), mine)
    findings = Checker(mine, RuleSet(mine), "test").check([reading])[0].findings
    assert [f.message for f in findings if f.rule == "OWN-01"] == ["Có 2 lớp."]


# --- rules that name what is not there
# ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        (
            {"kwargs": {"column": "clases"}},
            r"OWN-01: kwargs: no version of the form has the column clases in levels; it has: .*classes",
        ),
        ({"at": "clases"}, r"OWN-01: at: no version of the form has the column clases in levels"),
        (
            {"table": "submission"},
            r"OWN-01: kwargs: no version of the form has the column classes in submission; it has: .*classes_total",
        ),
        (
            {"table": "lists"},
            r"OWN-01: table: expected one of .*class_list, figures, .*levels, .*submission, .*found lists",
        ),
        (
            {"message": "Có {clases} lớp."},
            r"OWN-01: words: nothing fills the placeholder \{clases\}",
        ),
        (
            {"kwargs": {"column_A": "classes", "column_B": "class_place"}},
            r"OWN-01: kwargs: .* column class_place in levels",
        ),
        (
            {
                "kwargs": {
                    "column": "classes",
                    "row_condition": {
                        "type": "nullity",
                        "column": {"name": "clases"},
                        "is_null": True,
                    },
                }
            },
            r"OWN-01: kwargs: .* column clases",
        ),
    ],
)
def test_a_rule_about_a_column_that_no_version_has_is_refused(
    own_pack: Path, changes: dict, complaint: str
) -> None:
    path = put(own_pack, "training", rule(**changes))
    with pytest.raises(ConfigurationError, match=f"{path}: {complaint}"):
        RuleSet(load_pack(own_pack))


@pytest.mark.parametrize(
    "column", ["period_start", "period_end", "submission_id", "row", "sheet", "line"]
)
def test_a_rule_may_name_what_every_table_has(own_pack: Path, column: str) -> None:
    put(own_pack, "training", rule(kwargs={"column_list": ["classes", column]}))
    assert len(RuleSet(load_pack(own_pack)).of_form("training")) == 1


def test_a_column_of_one_version_only_is_known(pack: Pack) -> None:
    versions = [form for form in pack.forms if form.code == "works"]
    assert len(versions) > 1
    new = set(validate.frame_columns(versions[-1], "work_list")) ^ set(
        validate.frame_columns(versions[0], "work_list")
    )
    assert new, "the versions differ"
    for rule in RuleSet(pack).of_form("works"):
        names = {name for form in versions for name in validate.frame_columns(form, rule.table)}
        assert {*rule.columns, rule.at} <= names, rule.id


@pytest.mark.parametrize("name", ["trainning", "en/trainning", "en/training", "reading"])
def test_a_file_that_no_form_would_ever_read_is_refused(own_pack: Path, name: str) -> None:
    path = put(own_pack, name)
    with pytest.raises(ConfigurationError, match=f"{path}: no form reads this file"):
        RuleSet(load_pack(own_pack))


def test_an_id_that_a_pack_uses_again_is_refused(own_pack: Path) -> None:
    put(own_pack, "training", rule(id="CELL-01"))
    with pytest.raises(
        ConfigurationError,
        match=r"training\.yaml: CELL-01: the rule id stands twice, the other time in .*cells\.yaml",
    ):
        RuleSet(load_pack(own_pack))


@pytest.mark.parametrize(
    ("level", "complaint"),
    [
        ("cell", r"rules\.0\.level: .*cell"),
        ("lines", r"rules\.0\.level: .*lines"),
        ("history", r"OWN-01: level: expected table for a rule of levels, found history"),
    ],
)
def test_a_level_that_the_rule_cannot_have_is_refused(
    own_pack: Path, level: str, complaint: str
) -> None:
    put(own_pack, "training", rule(level=level))
    with pytest.raises(ConfigurationError, match=complaint):
        RuleSet(load_pack(own_pack))


def test_a_level_is_what_the_checker_goes_by_whatever_the_id_begins_with(
    pack: Pack, suites: Path
) -> None:
    reading = suites / "reading.yaml"
    text = reading.read_text(encoding="utf-8")
    of_file = "  - id: FILE-01\n    level: file\n"
    assert of_file in text
    reading.write_text(text.replace(of_file, of_file.replace("file", "form")), encoding="utf-8")
    delivery = Delivery(1, "inbox", "folder", "a.xlsx", datetime.now(UTC), "0" * 64, None)
    read = ParsedReport(delivery, problems=(ReaderFinding("FILE-01"),))
    verdicts = [
        Checker(pack, RuleSet(pack, folder), "levels").check([read])[0].verdict
        for folder in (SUITES, suites)
    ]
    assert verdicts == [Verdict.UNREADABLE, Verdict.QUARANTINED]


def test_a_wrong_key_in_a_packs_suite_names_file_and_line(own_pack: Path) -> None:
    path = put(own_pack, "training", rule())
    path.write_text(
        path.read_text(encoding="utf-8").replace("severity: warning", "severity: deadly"),
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError, match=rf"{path}:\d+: rules\.0\.severity: .*deadly"):
        RuleSet(load_pack(own_pack))


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"message": "Có {classes lớp."}, r"rules\.0: .*expected '}' before end of string"),
        ({"kwargs": {"column": 5}}, r"rules\.0\.kwargs: .*are names of columns"),
        ({"kwargs": {"column_list": "classes"}}, r"rules\.0\.kwargs: .*a list of such names"),
    ],
)
def test_what_would_fail_in_a_run_is_a_sentence_by_day(
    own_pack: Path, changes: dict, complaint: str
) -> None:
    path = put(own_pack, "training", rule(**changes))
    with pytest.raises(ConfigurationError, match=rf"{path}:\d+: {complaint}"):
        RuleSet(load_pack(own_pack))


def test_an_id_that_stands_twice_in_one_file_is_refused(pack: Pack, suites: Path) -> None:
    reading = suites / "reading.yaml"
    reading.write_text(
        reading.read_text(encoding="utf-8").replace("FILE-02", "FILE-01"), encoding="utf-8"
    )
    with pytest.raises(
        ConfigurationError, match=r"reading\.yaml: FILE-01: the rule id stands twice"
    ):
        RuleSet(pack, suites)


def test_the_explained_placeholders_are_those_that_wording_fills(pack: Pack) -> None:
    assert validate.EXPLAINED.keys() == placeholders.EXPLAIN.keys()
    training = pack.forms[[f.code for f in pack.forms].index("training")]
    form_tables = ("levels", "class_list", "narrative_part", "submission")
    history_frames = ("figures", "reports", "versions", "indicators", "lines")
    assert validate.frame_names(training) == form_tables + history_frames
