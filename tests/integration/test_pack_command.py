"""`mtqg pack`: what a pack holds and what is open, and the skeleton of another province's."""

import json
import re
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from expectations.rules.rule_set import RuleSet
from mtqg.cli import app
from mtqg.packs import draft
from mtqg.packs.edit_yaml import quoted, read_yaml, without_comments, write_yaml
from program.errors import ConfigurationError, UsageError
from program.pack.catalogue import Tag
from program.pack.completeness import pack_gaps
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT

SAMPLE = ROOT / "config" / "soc-trang"


@pytest.fixture(autouse=True)
def _own_var(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_VAR", str(tmp_path_factory.mktemp("var")))


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SAMPLE, tmp_path / "pack"))


def mtqg(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["pack", *map(str, arguments)], terminal_width=200)


def replace_in(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


# --- pack check
# ---------------------------------------------------------------------------------------------------


def test_the_sample_pack_is_valid_and_reported_with_all_it_holds(pack: Pack) -> None:
    result = mtqg("check")
    assert result.exit_code == 0
    words = re.sub(r"\s+", " ", result.stdout)
    assert "Tỉnh Sóc Trăng, Chương trình MTQG 1719: valid" in words
    assert f" units {len(list(pack.units))} " in words
    assert f" projects {len(pack.projects)} 10 projects, 14 sub-projects" in words
    assert f" indicators {len(pack.indicators)} " in words
    assert f"version {RuleSet(pack).version}" in words
    assert "inbox (folder), portal (portal)" in words
    assert re.search(r"works +│ v1 +│ 2021-01-01", result.stdout)


def test_every_gap_is_reported_and_alike_ones_are_gathered(pack: Pack) -> None:
    result = mtqg("check", "--json")
    found = json.loads(result.stdout)
    assert (result.exit_code, found["valid"], found["province"]) == (0, True, "Tỉnh Sóc Trăng")
    assert [(g["kind"], g["entry"]) for g in found["gaps"]] == [
        (g.kind, g.entry) for g in pack_gaps(pack)
    ]
    assert found["counts"]["units"] == len(list(pack.units))
    assert {f["form"] for f in found["forms"]} == {f.code for f in pack.forms}
    text = mtqg("check").stdout
    for kind in ("Missing", "Unknown", "Unverified"):
        count = sum(gap.kind == kind.casefold() for gap in pack_gaps(pack))
        assert re.search(rf"{kind}: .*\({count}\)", text), kind
    deadlines = [line for line in text.splitlines() if "│ deadline" in line]
    assert len(deadlines) == 1


def test_strict_asks_for_what_is_missing(copy: Path) -> None:
    assert mtqg("check", copy).exit_code == 0
    assert mtqg("check", copy, "--strict").exit_code == 1


def test_a_folder_that_is_no_pack_is_a_sentence(tmp_path: Path) -> None:
    result = mtqg("check", tmp_path)
    assert isinstance(result.exception, ConfigurationError)
    assert "has no program.yaml" in str(result.exception)
    answer = mtqg("check", tmp_path, "--json")
    assert answer.exit_code == 1
    assert json.loads(answer.stdout)["valid"] is False


def test_the_pack_of_the_environment_is_the_default(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MTQG_PACK", str(copy))
    assert json.loads(mtqg("check", "--json").stdout)["folder"] == str(copy)


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (("column: classes", "column: clases"), r"training\.yaml: OWN-01: kwargs: .*clases"),
        (("expect_column_values", "expect_colum_values"), r"OWN-01: expect_colum_values"),
        (
            ("max_value", "maximum_value"),
            r"OWN-01: expect_column_values_to_be_between: .*maximum_value",
        ),
    ],
)
def test_a_packs_own_rule_that_could_not_run_is_refused_by_day(
    copy: Path, change: tuple[str, str], complaint: str
) -> None:
    (copy / "suites").mkdir()
    suite = copy / "suites" / "training.yaml"
    suite.write_text(
        "form: training\nrules:\n  - {id: OWN-01, level: table, table: levels, expect: expect_column_values_to_be_between, severity: warning,\n"
        "     kwargs: {column: classes, max_value: 1}, at: classes, message: m, expected: e, fix: f, source: s}\n",
        encoding="utf-8",
    )
    assert mtqg("check", copy).exit_code == 0
    replace_in(suite, *change)
    result = mtqg("check", copy)
    assert isinstance(result.exception, ConfigurationError)
    assert re.search(complaint, str(result.exception), re.DOTALL)


def test_boundaries_that_are_none_are_refused_by_day(copy: Path) -> None:
    (copy / "boundaries.geojson").write_text("{}", encoding="utf-8")
    checked = mtqg("check", copy)
    assert isinstance(checked.exception, ConfigurationError)
    assert "boundaries.geojson: expected a FeatureCollection" in str(checked.exception)


SQUARE = [[105.9, 9.5], [106.0, 9.5], [106.0, 9.6], [105.9, 9.5]]


def with_boundaries(copy: Path, *areas: tuple[str, str | None, list[list[float]]]) -> Path:
    features = []
    for code, name, ring in areas:
        properties = {"code": code, "name": name}
        geometry = {"type": "Polygon", "coordinates": [ring]}
        features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    content = {"type": "FeatureCollection", "features": features}
    (copy / "boundaries.geojson").write_text(json.dumps(content), encoding="utf-8")
    return copy


def test_right_boundaries_are_accepted(copy: Path) -> None:
    shown = with_boundaries(copy, ("942", None, SQUARE), ("943", "Huyện Kế Sách", SQUARE))
    assert mtqg("check", shown).exit_code == 0


@pytest.mark.parametrize(
    ("area", "complaint"),
    [
        (("777777", None, SQUARE), "777777: expected the code of a unit of units.csv"),
        (("943", "Huyện Khác", SQUARE), "943 Huyện Khác: expected the name .* Huyện Kế Sách"),
        (("942", None, SQUARE[:3]), "942: expected a closed ring"),
        (
            ("942", None, [[9.5, 105.9], [9.6, 105.9], [9.6, 106.0], [9.5, 105.9]]),
            r"942: expected longitude 102 to 118 .* in this order; found 9\.5, 105\.9",
        ),
        (
            ("942", None, [[548000, 1056000], [548100, 1056000], [0, 0], [548000, 1056000]]),
            r"942: expected longitude .*\(WGS 84\); found 548000",
        ),
    ],
)
def test_wrong_boundaries_are_named_with_their_unit(
    copy: Path, area: tuple[str, str | None, list[list[float]]], complaint: str
) -> None:
    checked = mtqg("check", with_boundaries(copy, ("944", None, SQUARE), area))
    assert isinstance(checked.exception, ConfigurationError)
    assert re.search(complaint, str(checked.exception))
    assert "944" not in str(checked.exception)


def test_a_second_area_of_a_unit_is_refused(copy: Path) -> None:
    checked = mtqg("check", with_boundaries(copy, ("942", None, SQUARE), ("942", None, SQUARE)))
    assert isinstance(checked.exception, ConfigurationError)
    assert "feature 1: a second area of 942" in str(checked.exception)


def test_a_form_without_rules_of_its_own_is_named_and_no_error(copy: Path) -> None:
    form = (copy / "forms" / "training" / "v1.yaml").read_text(encoding="utf-8")
    (copy / "forms" / "census").mkdir()
    (copy / "forms" / "census" / "v1.yaml").write_text(
        form.replace("code: training", "code: census"), encoding="utf-8"
    )
    unruled = RuleSet(load_pack(copy)).unruled
    assert "census" in unruled
    result = mtqg("check", copy)
    assert result.exit_code == 0
    words = re.sub(r"\s+", " ", result.stdout)
    assert (
        f"Forms without rules of their own, checked by their layout alone: {', '.join(unruled)}"
        in words
    )
    assert json.loads(mtqg("check", copy, "--json").stdout)["forms_without_rules"] == list(unruled)
    assert mtqg("check", copy, "--strict").exit_code == 1


# --- pack new
# -----------------------------------------------------------------------------------------------------


@pytest.fixture(params=["01", "02", "31"])
def new(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Path, Pack]:
    folder = tmp_path / "new"
    result = mtqg("new", "--province", request.param, "-o", folder)
    assert result.exit_code == 0, result.output
    return folder, load_pack(folder)


def test_a_new_pack_loads_at_once_with_its_rules(new: tuple[Path, Pack], pack: Pack) -> None:
    folder, made = new
    assert RuleSet(made).unruled == RuleSet(pack).unruled
    assert made.province.name in ("Thành phố Hà Nội", "Tỉnh Hà Giang", "Thành phố Hải Phòng")
    assert {(f.code, f.version) for f in made.forms} == {(f.code, f.version) for f in pack.forms}
    assert [p.code for p in made.projects] == [p.code for p in pack.projects]
    assert [(d.form, d.from_kind, d.every) for d in made.calendar.duties] == [
        (d.form, d.from_kind, d.every) for d in pack.calendar.duties
    ]
    assert not any(duty.due.is_known for duty in made.calendar.duties)
    assert (folder / "inbox").is_dir()
    assert mtqg("check", folder).exit_code == 0


def test_nothing_in_a_new_pack_is_the_samples_own(new: tuple[Path, Pack], pack: Pack) -> None:
    folder, made = new
    communes = {unit.name for unit in pack.units} - {unit.name for unit in made.units}
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(?i)s[oó]c[ -]?tr[aă]ng", text), path
        assert path.name == "units.csv" or not [name for name in communes if name in text], path
    assert made.program.notice == ""
    assert made.correspondence.units == {}
    posts = (made.correspondence.office, made.correspondence.leader, made.correspondence.engineer)
    assert all(post.email.endswith(".example") for post in posts)


def test_a_new_pack_has_the_national_facts_and_no_other(new: tuple[Path, Pack], pack: Pack) -> None:
    _, made = new
    national = {c.code: [a for a in c.amounts if a.scope == "national"] for c in pack.capital}
    assert {c.code: list(c.amounts) for c in made.capital} == national
    samples = {i.code: i for i in pack.indicators}
    assert {code for code, i in samples.items() if i.form} <= {i.code for i in made.indicators}
    for indicator in made.indicators:
        sample = samples[indicator.code]
        assert list(indicator.targets) == [t for t in sample.targets if t.scope == "national"], (
            indicator.code
        )
        assert indicator.baseline is None or indicator.baseline.scope == "national", indicator.code
        assert (indicator.name, indicator.form, indicator.numerator) == (
            sample.name,
            sample.form,
            sample.numerator,
        )
        if "Sóc Trăng" in sample.source:
            assert indicator.tag is Tag.BACKGROUND, indicator.code
        else:
            assert (indicator.tag, indicator.source) == (sample.tag, sample.source)


def test_the_next_steps_are_numbered_and_lead_to_the_documentation(tmp_path: Path) -> None:
    result = mtqg("new", "--province", "02", "-o", tmp_path / "hà giang")
    assert re.findall(r"^  (\d)\. ", result.stdout, re.MULTILINE) == list("12345678")
    assert "docs/new-province.md" in result.stdout
    reviewed = sum("review:" in unit.source for unit in load_pack(tmp_path / "hà giang").units)
    assert f'{reviewed} of its rows say "review"' in result.stdout


def test_the_sample_province_itself_can_be_begun_again(tmp_path: Path) -> None:
    assert mtqg("new", "--province", "94", "-o", tmp_path / "94").exit_code == 0
    assert load_pack(tmp_path / "94").province.name == "Tỉnh Sóc Trăng"


@pytest.mark.parametrize(
    "make", [lambda p: (p.mkdir(), (p / "x").write_text("kept")), lambda p: p.write_text("kept")]
)
def test_a_folder_that_is_not_empty_is_left_as_it_is(tmp_path: Path, make: object) -> None:
    folder = tmp_path / "pack"
    make(folder)
    result = mtqg("new", "--province", "02", "-o", folder)
    assert isinstance(result.exception, UsageError)
    assert "nothing was written" in str(result.exception)
    assert [p.name for p in tmp_path.rglob("*")] in (["pack"], ["pack", "x"])


def test_an_unknown_province_writes_nothing(tmp_path: Path) -> None:
    result = mtqg("new", "--province", "99", "-o", tmp_path / "pack")
    assert isinstance(result.exception, UsageError)
    assert "94 Tỉnh Sóc Trăng" in str(result.exception)
    assert not (tmp_path / "pack").exists()


def test_where_there_is_no_sample_pack_it_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mtqg.packs.pack.SAMPLE", tmp_path / "nowhere")
    result = mtqg("new", "--province", "02", "-o", tmp_path / "pack")
    assert isinstance(result.exception, UsageError)
    assert "from the project's own folder" in str(result.exception)


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a file", encoding="utf-8")
    result = mtqg("new", "--province", "02", "-o", tmp_path / "file" / "pack")
    assert isinstance(result.exception, UsageError)
    assert "cannot write" in str(result.exception)


@pytest.mark.parametrize("command", ["check", "new"])
def test_both_commands_explain_themselves(command: str) -> None:
    result = mtqg(command, "--help")
    assert result.exit_code == 0
    assert len(result.stdout) > 300


# --- changing YAML and keeping its looks
# ----------------------------------------------------------------------------------------

TEXT = """\
# about the list
list:
  # about one
  - {name: one, vnd: 769_000_000}
  - name: two      # the second
    note: >-
      a long
      note
    size: "2"

  # about three
  - name: three
    size: unknown
last: 'end'
"""


def test_what_is_not_touched_stays_as_it_was() -> None:
    assert write_yaml(read_yaml(TEXT)) == TEXT


def test_what_is_changed_leaves_the_rest_with_its_quotes_and_comments() -> None:
    content = read_yaml(TEXT)
    content["list"][1]["note"] = quoted("short")
    content["last"] = quoted("the end")
    changed = TEXT.replace(">-\n      a long\n      note", '"short"')
    assert write_yaml(content) == changed.replace("'end'", '"the end"')


def test_comments_go_block_by_block() -> None:
    assert without_comments(TEXT, lambda block: block if "three" in block else "").count("#") == 2


def test_the_sections_of_a_new_packs_indicators_keep_their_headings(new: tuple[Path, Pack]) -> None:
    folder, _ = new
    written = (folder / "indicators.yaml").read_text(encoding="utf-8")
    sample = (SAMPLE / "indicators.yaml").read_text(encoding="utf-8")
    headings = re.findall(r"^  # (---- .*)$", written, re.MULTILINE)
    assert len(headings) >= 4
    assert headings == [
        h for h in re.findall(r"^  # (---- .*)$", sample, re.MULTILINE) if h in headings
    ]


@pytest.mark.parametrize("package", ["ruamel.yaml", "vietnamadminunits.database"])
def test_without_a_package_of_the_extra_one_sentence_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    draft._country.cache_clear()
    result = mtqg("new", "--province", "02", "-o", tmp_path / "pack")
    assert isinstance(result.exception, UsageError)
    name = package.removesuffix(".database")
    assert str(result.exception) == (
        f"this command needs the package {name}: pip install 'mtqg-monitor[draft]'"
    )
    assert not (tmp_path / "pack").exists()
