"""The sample pack against the fact sheet, and packs that are wrong."""

import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from program.calendar.schedule import obligations
from program.errors import ConfigurationError
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from program.units.unit import UnitKind
from tests.unit.test_units import OFFICIAL

PROJECTS = {f"DA{number}" for number in range(1, 11)}
Change = Callable[[Path], object]


def test_the_province_has_the_eleven_districts_of_the_official_list(pack: Pack) -> None:
    units = {
        unit.code: unit
        for unit in pack.units
        if unit.kind is not UnitKind.COMMUNE and unit.code != "92"
    }
    assert {code: unit.name for code, unit in units.items()} == OFFICIAL
    districts = [unit for unit in units.values() if unit.kind is UnitKind.DISTRICT]
    assert [unit.code for unit in districts] == [str(code) for code in range(941, 952)]
    assert {unit.parent for unit in districts} == {pack.province.code} == {"94"}
    assert {unit.valid_to for unit in units.values()} == {date(2025, 6, 30)}
    assert all(unit.source for unit in units.values())


def test_the_program_has_ten_projects_and_says_where_each_name_comes_from(pack: Pack) -> None:
    assert {project.code for project in pack.projects if project.parent is None} == PROJECTS
    assert {project.parent for project in pack.projects if project.parent} <= PROJECTS
    assert all(project.source and project.name for project in pack.projects)
    assert {project.tag for project in pack.projects if project.parent is None} == {"C"}


def test_no_address_of_the_sample_can_be_anyones(pack: Pack) -> None:
    contacts = [
        pack.correspondence.office,
        pack.correspondence.engineer,
        *pack.correspondence.units.values(),
    ]
    assert all(contact.email.endswith(".example") for contact in contacts)
    owing = {owed.unit_code for owed in obligations(pack.calendar, pack.units, date(2026, 3, 1))}
    assert pack.correspondence.units.keys() == owing
    assert pack.contact_of("none") == pack.contact_of(None) == pack.correspondence.office


def edit(file: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert old in text
        (folder / file).write_text(text.replace(old, new, 1), encoding="utf-8")

    return change


def second_version(folder: Path) -> None:
    text = (folder / "forms/outcomes/v1.yaml").read_text(encoding="utf-8")
    (folder / "forms/outcomes/v2.yaml").write_text(
        text.replace("version: v1", "version: v2"), encoding="utf-8"
    )


WRONG = [
    (
        edit("program.yaml", 'province: "94"', 'province: "95"'),
        "program.yaml:2: province: units.csv has no unit 95",
    ),
    (
        edit("program.yaml", 'province: "94"', "province: 94"),
        "program.yaml:2: province: Input should be a valid string; found 94",
    ),
    (
        edit("program.yaml", "office:", "ofice:"),
        "program.yaml:5: ofice: Extra inputs are not permitted",
    ),
    (
        edit("program.yaml", "short_name:", "name:"),
        "program.yaml: not valid YAML: the key 'name' stands twice",
    ),
    (
        edit("projects.yaml", "parent: DA5", "parent: DA55"),
        "projects.yaml:[0-9]+: projects.[0-9]+.parent: DA5-TDA1: unknown parent DA55",
    ),
    (
        edit("projects.yaml", "code: DA2", "code: DA1"),
        "projects.yaml:[0-9]+: projects.1: DA1 stands twice",
    ),
    (
        edit("projects.yaml", "    tag: C\n", "    tag: X\n"),
        "projects.yaml:11: projects.0.tag: Input should be 'C'",
    ),
    (
        edit("indicators.yaml", "numerator: classes_total", "numerator: classes_all"),
        "indicators.0.numerator: TRN-CLASSES: form training has no figure classes_all; did you mean classes_",
    ),
    (
        edit("indicators.yaml", "form: training", "form: visits"),
        "indicators.yaml:[0-9]+: indicators.0.form: TRN-CLASSES: unknown form visits; the pack has disbursement",
    ),
    (
        edit("indicators.yaml", "project: DA5-TDA4", "project: DA11"),
        "indicators.0.project: TRN-CLASSES: unknown project DA11",
    ),
    (
        edit("indicators.yaml", 'period: "2025"', 'period: "2025-Q5"'),
        "indicators.yaml:[0-9]+: indicators.5.targets.0.period: .*not a period: '2025-Q5'",
    ),
    (
        edit("indicators.yaml", 'tag: C, source: "Quyết', 'tag: C, sorce: "Quyết'),
        "targets.0.source: Field required",
    ),
    (
        edit("indicators.yaml", "    denominator: participants_total\n", ""),
        "a share or ratio, and nothing else, has a denominator",
    ),
    (
        edit("indicators.yaml", "    numerator: classes_total\n", ""),
        "TRN-CLASSES: form and numerator go together",
    ),
    (
        edit("calendar.yaml", "form: training", "form: visits"),
        "calendar.yaml:[0-9]+: duties.0.form: unknown form visits",
    ),
    (
        edit("calendar.yaml", "every: quarter", "every: month"),
        "calendar.yaml:[0-9]+: duties.0.every: training: no version of the form takes a month",
    ),
    (
        edit("calendar.yaml", "first: 2024-01-01", "first: soon"),
        "calendar.yaml:[0-9]+: duties.0.first",
    ),
    (edit("contacts.yaml", '"951"', '"952"'), "contacts.yaml:[0-9]+: units.952: unknown unit 952"),
    (
        edit("contacts.yaml", "dan-toc@my-tu.example", "dan-toc my-tu"),
        "contacts.yaml:[0-9]+: units.944.email",
    ),
    (
        edit("sources.yaml", "name: portal", "name: inbox"),
        "sources.yaml:[0-9]+: sources.1: inbox stands twice",
    ),
    (edit("sources.yaml", "(?P<unit>", "("), "the pattern needs a group"),
    (
        edit("sources.yaml", "kind: portal", "kind: fax"),
        "sources.yaml:[0-9]+: sources.1: .*'folder', 'portal'",
    ),
    (
        edit("forms/training/v1.yaml", "project: DA5-TDA4", "project: DA12"),
        "forms/training/v1.yaml:[0-9]+: project: unknown project DA12",
    ),
    (
        edit("forms/training/v1.yaml", "type: money", "type: cash"),
        "v1.yaml:[0-9]+: tables.0.columns.7.type: Input should be",
    ),
    (
        edit("forms/training/v1.yaml", "  - name: levels", "  - name: levels\n   x"),
        "v1.yaml: not valid YAML",
    ),
    # What a table's validator refuses is named by its own key, not by that of the table.
    (
        edit("forms/disbursement/v1.yaml", "[da4_tda1, da4_tda2]", "[da4_tda1, da4_tda9]"),
        "v1.yaml:65: tables.0.lines.[0-9]+.parts: .*expected lines; found da4_tda1, da4_tda9",
    ),
    (
        edit("forms/disbursement/v1.yaml", "[da4_tda1, da4_tda2]", "[da4_tda1, da4]"),
        "v1.yaml:65: tables.0.lines.[0-9]+.parts: .*da4 is a part of itself",
    ),
    (
        edit(
            "forms/training/v1.yaml",
            "minimum: 0, share_of: participants}",
            "minimum: 0, share_of: nobody}",
        ),
        "v1.yaml:53: tables.0.columns.[0-9]+.share_of: .*expected another figure of its type",
    ),
    (
        edit("forms/training/v1.yaml", "where: {class_level: province}", "where: {class_level: x}"),
        "v1.yaml:86: tables.1.summaries.classes_listed_province.where.class_level: ",
    ),
    (
        second_version,
        "forms/outcomes/v1.yaml:[0-9]+: valid_from: v1 and v2 are in force on the same day; give the older one a valid_to",
    ),
    (
        edit("forms/training_plan/v1.yaml", "plan_of: training", "plan_of: trainings"),
        "forms/training_plan/v1.yaml:[0-9]+: plan_of: unknown form trainings",
    ),
    (
        edit("forms/training_plan/v1.yaml", "plans: participants}", "plans: participant}"),
        "training_plan/v1.yaml:[0-9]+: tables: .*no figure participant; did you mean participants",
    ),
    (
        edit("forms/narrative.yaml", "optional: true", "optional: false"),
        "narrative.yaml: expected an optional matrix with one column narrative of text",
    ),
    (lambda folder: (folder / "calendar.yaml").unlink(), "calendar.yaml: the file is missing"),
    (lambda folder: (folder / "units.csv").unlink(), "units.csv: the file is missing"),
    (
        lambda folder: (folder / "projects.yaml").write_bytes(b"projects: [\xff]"),
        "projects.yaml: not UTF-8",
    ),
    (
        lambda folder: (folder / "program.yaml").unlink(),
        "MTQG_PACK: .* is no pack: it has no program.yaml",
    ),
]


@pytest.mark.parametrize(
    ("change", "complaint"), WRONG, ids=[complaint[:50] for _, complaint in WRONG]
)
def test_a_wrong_pack_is_refused_by_file_and_key(
    tmp_path: Path, change: Change, complaint: str
) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "config" / "soc-trang", folder)
    change(folder)
    with pytest.raises(ConfigurationError, match=complaint):
        load_pack(folder)


def test_the_fingerprint_changes_with_a_form_and_with_nothing_else(
    tmp_path: Path, pack: Pack
) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(ROOT / "config" / "soc-trang", folder)
    edit("program.yaml", "Trang mẫu", "Trang thử")(folder)
    assert load_pack(folder).fingerprint == pack.fingerprint
    edit("forms/training/v1.yaml", "Số lớp", "Số các lớp")(folder)
    changed = load_pack(folder).fingerprint
    assert changed != pack.fingerprint
    edit("forms/narrative.yaml", "Kiến nghị", "Đề nghị")(folder)
    assert load_pack(folder).fingerprint != changed
