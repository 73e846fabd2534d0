"""`mtqg template`: one workbook or all of a period, and nothing written over that somebody may have filled in."""

from pathlib import Path

import openpyxl
import pytest
from typer.testing import CliRunner, Result

from mtqg.cli import app
from mtqg.templates.orders import due_orders
from program.calendar.period import Period
from program.calendar.schedule import obligations
from program.calendar.stage import Stage
from program.errors import ConfigurationError, UsageError
from program.pack.pack import Pack
from program.units.unit import UnitKind
from tests.workbooks import read

QUARTER, YEAR, AFTER = Period.parse("2024-Q4"), Period.parse("2024"), Period.parse("2025-Q3")


@pytest.fixture(autouse=True)
def _own_var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_VAR", str(tmp_path / "var"))


def template(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["template", *map(str, arguments)], terminal_width=200)


def refusal(*arguments: str | Path) -> str:
    result = template(*arguments)
    assert isinstance(result.exception, UsageError), result.output
    return str(result.exception)


def blank(path: Path, *more: str) -> Result:
    return template("training", "--unit", "942", "--period", "2024-Q4", "-o", path, *more)


def test_one_workbook_is_written_and_named(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "new" / "bao-cao.xlsx"
    result = blank(path)
    assert result.exit_code == 0
    assert (
        result.stdout == f"{path}: Báo cáo đào tạo, tập huấn – Huyện Châu Thành – Quý IV năm 2024\n"
    )
    reading = read(path.read_bytes(), pack)
    assert (reading.unit_code, reading.period) == ("942", QUARTER)


def test_a_stage_is_written_where_the_form_has_two(tmp_path: Path, pack: Pack) -> None:
    path = tmp_path / "a.xlsx"
    result = template(
        "outcomes", "--unit", "942", "--period", "2024", "--stage", "estimate", "-o", path
    )
    assert "Năm 2024 (ước thực hiện)" in result.stdout
    assert read(path.read_bytes(), pack).stage is Stage.ESTIMATE
    assert (
        template("outcomes", "--unit", "942", "--period", "2024", "-o", path, "--force").exit_code
        == 0
    )
    assert read(path.read_bytes(), pack).stage is Stage.FINAL


def test_a_workbook_that_was_filled_in_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    blank(path)
    written = path.read_bytes()
    assert blank(path).exit_code == 0  # the same bytes: nothing is lost
    book = openpyxl.load_workbook(path)
    book["Tổng hợp"]["B10"] = 3
    book.save(path)
    filled = path.read_bytes()
    assert "--force" in str(blank(path).exception)
    assert path.read_bytes() == filled
    assert blank(path, "--force").exit_code == 0
    assert path.read_bytes() == written


def test_all_that_a_period_asks_for_is_written_in_a_folder_for_each_unit(
    tmp_path: Path, pack: Pack
) -> None:
    result = template("--all", "--period", "2024-Q4", "-o", tmp_path / "out")
    assert result.exit_code == 0
    paths = sorted(
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.xlsx")
    )
    owed = [o for o in obligations(pack.calendar, pack.units, QUARTER.end) if o.period == QUARTER]
    assert len(paths) == len(owed) > 0
    assert (
        f"{len(owed)} workbooks, Quý IV năm 2024, {len({o.unit_code for o in owed})} units"
        in result.stdout
    )
    assert "942-chau-thanh/942-2024-Q4-bao-cao-dao-tao-tap-huan.xlsx" in paths
    assert all(path.isascii() for path in paths)
    readings = [
        read((tmp_path / "out" / path).read_bytes(), pack)
        for path in paths
        if path.startswith("942-")
    ]
    assert {(r.unit_code, r.period) for r in readings} == {("942", QUARTER)}
    assert sorted(r.form.code for r in readings if r.form) == sorted(
        o.form_code for o in owed if o.unit_code == "942"
    )


def test_what_is_there_is_kept_the_rest_is_written_and_exit_1_says_so(tmp_path: Path) -> None:
    mine = tmp_path / "94-soc-trang" / "94-2024-bao-cao-dao-tao-tap-huan.xlsx"
    mine.parent.mkdir()
    mine.write_bytes(b"mine")
    result = template("--all", "--period", "2024", "-o", tmp_path)
    assert result.exit_code == 1
    assert mine.name in result.stderr
    assert mine.read_bytes() == b"mine"
    assert len(list(tmp_path.rglob("*.xlsx"))) > 1
    again = template("--all", "--period", "2024", "-o", tmp_path, "--force")
    assert (again.exit_code, again.stderr) == (0, "")
    assert mine.read_bytes().startswith(b"PK")


def test_both_stages_of_a_year_are_written_unless_one_is_named(pack: Pack) -> None:
    assert {o.stage for o in due_orders(pack, YEAR, None)} == set(Stage)
    assert {o.stage for o in due_orders(pack, YEAR, Stage.ESTIMATE)} == {Stage.ESTIMATE}
    paths = [order.path.name for order in due_orders(pack, YEAR, None) if order.unit.code == "942"]
    assert paths == [
        "942-2024-uoc-thuc-hien-bao-cao-muc-tieu.xlsx",
        "942-2024-chinh-thuc-bao-cao-muc-tieu.xlsx",
    ]


def test_only_units_that_exist_then_are_asked(pack: Pack) -> None:
    assert {order.unit.kind for order in due_orders(pack, QUARTER, None)} == {UnitKind.DISTRICT}
    assert {order.unit.kind for order in due_orders(pack, AFTER, None)} == {UnitKind.COMMUNE}


def test_a_district_may_choose_among_its_communes_and_a_commune_is_its_own(pack: Pack) -> None:
    district = next(order for order in due_orders(pack, QUARTER, None) if order.unit.code == "942")
    assert "Xã Hồ Đắc Kiện" in [commune.name for commune in district.communes]
    commune = due_orders(pack, AFTER, None)[0]
    assert commune.communes == (commune.unit,)


def test_two_forms_that_would_be_one_file_are_refused(pack: Pack) -> None:
    from dataclasses import replace

    alike = tuple(form.model_copy(update={"short_title": "Báo cáo"}) for form in pack.forms)
    with pytest.raises(ConfigurationError, match="942-2024-Q4-bao-cao.xlsx"):
        due_orders(replace(pack, forms=alike), QUARTER, None)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["training", "--all", "--period", "2024-Q4", "-o", "x"], "leave out the form"),
        (
            ["--all", "--unit", "942", "--period", "2024-Q4", "-o", "x"],
            "leave out the form and --unit",
        ),
        (["--period", "2024-Q4", "-o", "x.xlsx"], "expected a form and --unit, or --all"),
        (
            ["training", "--period", "2024-Q4", "-o", "x.xlsx"],
            "expected a form and --unit, or --all",
        ),
        (["training", "--unit", "942", "--period", "2024-Q4"], "expected -o and a workbook"),
        (["--all", "--period", "2024-Q4"], "expected -o and a folder"),
        (
            ["training", "--unit", "942", "--period", "2024-Q4", "-o", "x.pdf"],
            "ends in .xlsx; found x.pdf",
        ),
        (["training", "--unit", "942", "--period", "2024-Q5", "-o", "x.xlsx"], "2024-Q4"),
        (
            ["training", "--unit", "942", "--period", "2024-12", "-o", "x.xlsx"],
            "periods of kind: year, half, quarter",
        ),
        (
            ["training", "--unit", "999", "--period", "2024-Q4", "-o", "x.xlsx"],
            "942 Huyện Châu Thành",
        ),
        (["training", "--unit", "942", "--period", "2025-Q4", "-o", "x.xlsx"], "31569 Xã Phú Tâm"),
        (
            ["nothing", "--unit", "942", "--period", "2024-Q4", "-o", "x.xlsx"],
            "the pack has: disbursement",
        ),
        (
            [
                "training",
                "--unit",
                "942",
                "--period",
                "2024-Q4",
                "--stage",
                "draft",
                "-o",
                "x.xlsx",
            ],
            "estimate or final",
        ),
        (
            [
                "training",
                "--unit",
                "942",
                "--period",
                "2024-Q4",
                "--stage",
                "estimate",
                "-o",
                "x.xlsx",
            ],
            "it has: final",
        ),
        (
            ["--all", "--period", "2027", "-o", "x"],
            "no report is due for 2027; calendar.yaml asks for: ",
        ),
    ],
)
def test_a_wrong_argument_is_answered_with_what_there_is(arguments: list[str], words: str) -> None:
    assert words in refusal(*arguments)


def test_all_workbooks_are_not_written_into_a_file(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("")
    assert "expected a folder" in refusal("--all", "--period", "2024-Q4", "-o", tmp_path / "a")
