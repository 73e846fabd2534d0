"""The country's figures: sums by hand, refusals by name, and partitions that a reader never sees half."""

import hashlib
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import fsspec
import pytest
from typer.testing import CliRunner

from connectors.shared_folder import SharedFolder
from mtqg.cli import app
from mtqg.national.printed import print_status
from program.calendar.stage import Stage
from program.errors import ConfigurationError, WarehouseError
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.settings import ROOT
from publish.national import partition
from tests.provinces import DAY, NATION, SendingProvince, commune, national_pack, province_pack
from warehouse.database.duckdb_file import COLUMN_TYPES
from warehouse.national.build import NationalBuild, ProvinceState, build_national
from warehouse.national.manifest import read_manifest
from warehouse.queries.marts import declared_marts

CODES = ("01", "02", "03", "04")
ODD = Finding("LND-1", Severity.WARNING, "Lạ", "Xem lại", sheet="Đất và nhà", cell="C5")
Province = Callable[..., SendingProvince]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder that all provinces send to."""
    return tmp_path / "national"


@pytest.fixture
def province(tmp_path: Path) -> Province:
    """province("01"): a province of three communes with an empty warehouse."""

    def province(code: str, **how: Any) -> SendingProvince:
        home = tmp_path / f"province-{code}"
        home.mkdir()
        day = how.pop("day", DAY)
        return SendingProvince(province_pack(home / "pack", code, **how), home, day=day)

    return province


@pytest.fixture
def nation(tmp_path: Path) -> Pack:
    """The national pack: a country of four provinces."""
    return national_pack(tmp_path / "nation", CODES)


@pytest.fixture
def two(province: Province, folder: Path) -> tuple[SendingProvince, SendingProvince]:
    """Two provinces that have sent: all communes of 01 and one of 02, for both halves of 2024."""
    first, second = province("01"), province("02")
    for period, met in (("2024-H1", 0), ("2024-H2", 10)):
        first.land(1, period, 100, 40 + met, 1_000_000)
        first.land(2, period, 300, 240 + met, 2_000_000)
        first.land(3, period, 20, 5, 500_000)
        second.land(1, period, 80, 80, 4_000_000)
    first.send(str(folder), site="https://tinh-01.example/")
    second.send(str(folder))
    return first, second


def build(nation: Pack, folder: Path | str, file: Path, days_later: int = 0) -> NationalBuild:
    day = DAY + timedelta(days=days_later)
    return build_national(nation, SharedFolder(str(folder)), file, day, stale_days=3)


def ask(file: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(file), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def states(built: NationalBuild) -> dict[str, str]:
    return {row["code"]: row["state"].value for row in built.provinces}


def test_a_share_of_the_country_is_a_quotient_of_sums_and_says_of_how_many(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    rows = ask(
        file,
        "SELECT period, numerator, denominator, actual, reported, expected, unit_reported, unit_expected, units_below "
        "FROM mart_rollups WHERE indicator_code = 'LAND-SHARE' ORDER BY period",
    )
    met_first, met_second = 40 + 240 + 5 + 80, 50 + 250 + 5 + 80
    needed = 100 + 300 + 20 + 80
    assert rows == [
        ("2024-H1", met_first, needed, 100 * met_first / needed, 2, 4, 4, 6, 6),
        ("2024-H2", met_second, needed, 100 * met_second / needed, 2, 4, 4, 6, 6),
    ]


def test_a_flow_is_added_up_over_the_year_and_a_stock_is_not(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    rows = ask(
        file,
        f"SELECT indicator_code, over_time, since_january, target, target_scope, status FROM mart_progress "
        f"WHERE unit_code = '{NATION}' AND period = '2024-H2' ORDER BY indicator_code",
    )
    a_half = 1_000_000 + 2_000_000 + 500_000 + 4_000_000
    # Two of four provinces: no conclusion, whatever the figure is.
    assert rows == [
        ("LAND-MONEY", "flow", 2 * a_half, 1000, "national", "partial"),
        ("LAND-SHARE", "stock", None, 60, "national", "partial"),
    ]


def test_the_target_of_the_country_is_compared_once_enough_provinces_are_complete(
    province: Province, folder: Path, tmp_path: Path
) -> None:
    nation = national_pack(tmp_path / "small", ("01", "02"))
    for code, met in (("01", 70), ("02", 45)):
        sender = province(code)
        for number in (1, 2, 3):
            for period in ("2024-H1", "2024-H2"):
                sender.land(number, period, 100, met, 200)
        sender.send(str(folder))
    file = tmp_path / "n.duckdb"
    built = build(nation, folder, file)
    assert built.is_complete
    rows = ask(
        file,
        f"SELECT indicator_code, measured, status, is_headline FROM mart_progress "
        f"WHERE unit_code = '{NATION}' AND period = '2024-H2' ORDER BY indicator_code",
    )
    # 57.5 % of at least 60 %; 2 × 3 × 2 × 200 đồng of at least 1,000 in 2024.
    assert rows == [("LAND-MONEY", 2400, "achieved", True), ("LAND-SHARE", 57.5, rows[1][2], True)]
    assert rows[1][2] not in ("achieved", "partial", "no_target")
    ranked = ask(
        file,
        "SELECT unit_code, place, provinces FROM ranking WHERE indicator_code = 'LAND-SHARE' AND period = '2024-H2' ORDER BY place",
    )
    assert ranked == [("01", 1, 2), ("02", 2, 2)]


def test_the_own_report_of_a_province_comes_before_the_sum_of_its_units(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    first, _ = two
    first.load(
        "land", "01", "2024-H2", {"needed_total": 500, "met_total": 200, "land_spent_vnd_total": 9}
    )
    first.send(str(folder))
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    rows = ask(
        file,
        "SELECT numerator, denominator, reported, own_reports, unit_reported, units_below FROM mart_rollups "
        "WHERE indicator_code = 'LAND-SHARE' AND period = '2024-H2'",
    )
    # Of the units only those of 02 are in the figure.
    assert rows == [(200 + 80, 500 + 80, 2, 1, 1, 3)]


@pytest.mark.parametrize(
    ("own", "of_units", "chosen"), [("final", "estimate", "own"), ("estimate", "final", "units")]
)
def test_a_province_has_one_place_where_its_own_report_and_its_units_are_of_two_stages(
    two: Any, nation: Pack, folder: Path, tmp_path: Path, own: str, of_units: str, chosen: str
) -> None:
    first, _ = two
    for number in (1, 2, 3):
        first.load(
            "land",
            commune("01", number),
            "2025-H1",
            {"needed_total": 100, "met_total": 10},
            stage=Stage(of_units),
        )
    first.load("land", "01", "2025-H1", {"needed_total": 100, "met_total": 90}, stage=Stage(own))
    first.send(str(folder))
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    rows = ask(
        file,
        "SELECT unit_code, actual, place, provinces FROM ranking "
        "WHERE indicator_code = 'LAND-SHARE' AND period = '2025-H1'",
    )
    assert rows == [("01", {"own": 90, "units": 10}[chosen], 1, 1)]


def test_doubts_of_the_units_reach_the_country(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    _, second = two
    second.land(2, "2024-H2", 10, 1, 1, ODD)
    second.send(str(folder))
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    rows = ask(
        file,
        f"SELECT period, doubtful, is_flagged FROM mart_progress WHERE unit_code = '{NATION}' "
        "AND indicator_code = 'LAND-SHARE' ORDER BY period",
    )
    assert rows == [("2024-H1", 0, False), ("2024-H2", 1, True)]


def test_money_of_the_country_is_a_quotient_of_sums_of_reports_that_give_both(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    first, second = two
    plan, paid = "plan_total_vnd_total", "disbursed_total_vnd_total"
    for period, share in (("2023-Q4", 0.25), ("2024-Q4", 0.5)):
        # The province itself, beside one of its communes, whose money is a part of it.
        first.load("disbursement", "01", period, {plan: 1000, paid: 1000 * share})
        first.load("disbursement", commune("01", 1), period, {plan: 600, paid: 1})
        second.load("disbursement", commune("02", 1), period, {plan: 3000, paid: 3000 * share / 2})
        # A plan alone is no part of the rate.
        second.load("disbursement", commune("02", 2), period, {plan: 9000})
    first.send(str(folder))
    second.send(str(folder))
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    rows = ask(
        file,
        f"SELECT period, plan_vnd, disbursed_vnd, rate, reported, expected, rate_year_before FROM mart_disbursement "
        f"WHERE unit_code = '{NATION}' AND project_code = 'total' AND source = 'total' ORDER BY period",
    )
    before, now = 100 * (250 + 375) / 4000, 100 * (500 + 750) / 4000
    assert rows == [
        ("2023-Q4", 13_000, 625, before, 2, 4, None),
        ("2024-Q4", 13_000, 1250, now, 2, 4, before),
    ]


@pytest.mark.parametrize(
    ("changed", "part", "national", "own"),
    [
        ({"direction": "down"}, "direction", "up", "down"),
        ({"unit": "phần trăm"}, "unit", "%", "phần trăm"),
        ({"frequency": "year"}, "frequency", "half", "year"),
        (
            {"numerator": "met_land"},
            "formula",
            "land: met_total / needed_total",
            "land: met_land / needed_total",
        ),
    ],
)
def test_an_indicator_that_a_province_defines_otherwise_is_refused_by_name_and_not_added(
    two: Any, province: Province, nation: Pack, folder: Path, tmp_path: Path,
    changed: dict[str, str], part: str, national: str, own: str,
) -> None:  # fmt: skip
    third = province("03", changed=changed)
    third.land(1, "2024-H2", 1000, 1000, 5_000_000)
    third.send(str(folder))
    file = tmp_path / "n.duckdb"
    built = build(nation, folder, file)
    found = {(d["province"], d["indicator_code"], d["part"]): d for d in built.differences}
    named = found["03", "LAND-SHARE", part]
    assert (named["national_definition"], named["province_definition"]) == (national, own)
    assert {key[:2] for key in found} == {("03", "LAND-SHARE")}
    share, money = ask(
        file,
        "SELECT reported, numerator FROM mart_rollups WHERE period = '2024-H2' ORDER BY indicator_code DESC",
    )
    assert (share, money) == ((2, 385), (3, 12_500_000))
    assert not ask(
        file, "SELECT 1 FROM mart_progress WHERE unit_code = '03' AND indicator_code = 'LAND-SHARE'"
    )


def test_a_broken_a_missing_and_a_stale_partition_are_named_and_stop_no_other(
    two: Any, province: Province, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    third = province("03")
    third.land(1, "2024-H2", 7, 7, 7)
    sent = third.send(str(folder))
    damaged = next(sent.rglob("mart_rollups.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"x")
    file = tmp_path / "n.duckdb"
    built = build(nation, folder, file)
    assert states(built) == {"01": "current", "02": "current", "03": "broken", "04": "missing"}
    reason = built.provinces[2]["reason"]
    assert reason.startswith("mart_rollups: damaged: its sha256 is ")
    assert ask(file, "SELECT DISTINCT reported, expected FROM mart_rollups") == [(2, 4)]
    # What is due from the provinces that sent is missing from the others too.
    missing = ask(
        file, "SELECT DISTINCT unit_code FROM mart_reporting WHERE missing IS NULL ORDER BY 1"
    )
    assert missing == [("03",), ("04",)]
    later = build(nation, folder, file, days_later=4)
    assert states(later) == {"01": "stale", "02": "stale", "03": "broken", "04": "missing"}
    assert later.provinces[0]["days_old"] == 4
    assert ask(file, "SELECT DISTINCT reported FROM mart_rollups") == [(2,)]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("province.json", b"{", "province.json is no JSON"),
        ("province.json", b'{"format": 9}', "province.json has format 9, this program reads 2"),
        ("province.json", b'{"format": 2}', "province.json: province: Field required"),
    ],
)
def test_a_manifest_that_cannot_be_read_breaks_its_province_only(
    two: Any, nation: Pack, folder: Path, tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (folder / "mart" / "province=02" / name).write_bytes(content)
    built = build(nation, folder, tmp_path / "n.duckdb")
    assert states(built)["02"] == "broken"
    assert built.provinces[1]["reason"].startswith(reason)
    assert states(built)["01"] == "current"


def test_a_mart_with_other_columns_is_refused_alone(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    sent = folder / "mart" / "province=02"
    path = next(sent.rglob("mart_findings.parquet"))
    written = ask_parquet(f"SELECT * REPLACE (run_id::VARCHAR AS run_id) FROM '{path}'", path)
    resign(sent, "mart_findings", written)
    built = build(nation, folder, tmp_path / "n.duckdb")
    assert [(row["province"], row["mart"], row["reason"]) for row in built.problems] == [
        ("02", "mart_findings", "column run_id is VARCHAR, expected BIGINT")
    ]
    assert ask(tmp_path / "n.duckdb", "SELECT DISTINCT reported FROM mart_rollups") == [(2,)]


def test_rows_that_cannot_be_read_break_their_mart_only(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    sent = folder / "mart" / "province=02"
    path = next(sent.rglob("mart_progress.parquet"))
    content = bytearray(path.read_bytes())
    # Pages of rows come first, what describes them last: its columns are still declared.
    content[4:400] = bytes(396)
    resign(sent, "mart_progress", bytes(content))
    built = build(nation, folder, tmp_path / "n.duckdb")
    assert [(row["province"], row["mart"]) for row in built.problems] == [("02", "mart_progress")]
    assert ask(tmp_path / "n.duckdb", "SELECT DISTINCT province FROM detail.mart_progress") == [
        ("01",)
    ]


def ask_parquet(query: str, path: Path) -> bytes:
    changed = path.with_suffix(".changed")
    duckdb.sql(f"COPY ({query}) TO '{changed}' (FORMAT parquet)")
    content = changed.read_bytes()
    changed.unlink()
    return content


def resign(sent: Path, mart: str, content: bytes) -> None:
    """Put another file into a partition, with a manifest that names its sha256."""
    manifest = read_manifest((sent / "province.json").read_bytes())
    (sent / manifest.files[mart].path).write_bytes(content)
    text = (sent / "province.json").read_text(encoding="utf-8")
    text = text.replace(manifest.files[mart].sha256, hashlib.sha256(content).hexdigest())
    (sent / "province.json").write_text(text, encoding="utf-8")


def test_codes_stay_texts_and_columns_without_a_value_keep_their_types(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    units = ask(file, "SELECT DISTINCT province, unit_code FROM detail.mart_figures ORDER BY ALL")
    assert units == [
        ("01", commune("01", 1)),
        ("01", commune("01", 2)),
        ("01", commune("01", 3)),
        ("02", "02101"),
    ]
    for mart in declared_marts():
        types = dict(
            ask(file, f"SELECT column_name, column_type FROM (DESCRIBE detail.{mart.name})")
        )
        declared = {column.name: COLUMN_TYPES[column.type] for column in mart.handed_on}
        assert types == {"province": "VARCHAR", **declared}, mart.name
    # Nothing was reported on disbursement: no row, and all types.
    assert ask(file, "SELECT COUNT(*) FROM detail.mart_disbursement") == [(0,)]


def test_the_same_partitions_give_the_same_tables_row_by_row(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    dumps = []
    for name in ("a", "b"):
        file = tmp_path / f"{name}.duckdb"
        build(nation, folder, file)
        with duckdb.connect(str(file), read_only=True) as connection:
            connection.execute("SET threads = 1")
            connection.execute(f"EXPORT DATABASE '{tmp_path / name}' (FORMAT parquet)")
        dumps.append({path.name: path.read_bytes() for path in (tmp_path / name).glob("*.parquet")})
    assert len(dumps[0]) > len(declared_marts())
    assert dumps[0] == dumps[1]
    assert [path.name for path in tmp_path.glob(".*")] == []


def test_a_sender_that_dies_before_its_manifest_leaves_the_partition_of_the_run_before(
    two: Any, nation: Pack, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, _ = two
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    before = ask(file, "SELECT * FROM mart_rollups")
    first.land(1, "2024-H2", 1, 1, 1)

    write = SharedFolder.write

    def die(folder: SharedFolder, name: str, content: bytes) -> None:
        if name.endswith(".json"):
            raise OSError(28, "No space left on device", name)
        write(folder, name, content)

    monkeypatch.setattr(SharedFolder, "write", die)
    with pytest.raises(WarehouseError, match=r"cannot be written: .*No space left"):
        first.send(str(folder))
    assert build(nation, folder, file).provinces[0]["state"] is ProvinceState.CURRENT
    assert ask(file, "SELECT * FROM mart_rollups") == before


def test_the_files_of_the_run_before_stay_for_who_reads_them_and_older_ones_go(
    two: Any, folder: Path
) -> None:
    first, _ = two
    sent = folder / "mart" / "province=01"
    runs = [set(sent.glob("data=*"))]
    for met in (6, 7):
        first.land(3, "2024-H2", 20, met, 500_000)
        first.send(str(folder))
        runs.append(set(sent.glob("data=*")))
    assert [len(each) for each in runs] == [1, 2, 2]
    assert not runs[0] & runs[2]
    # Nothing new: only the manifest is written.
    times = {path: path.stat().st_mtime_ns for path in sent.rglob("*.parquet")}
    first.send(str(folder))
    assert {path: path.stat().st_mtime_ns for path in sent.rglob("*.parquet")} == times


def test_partitions_travel_over_any_file_system(two: Any, nation: Pack, tmp_path: Path) -> None:
    first, _ = two
    url = f"memory://national-{tmp_path.name}"
    package = tmp_path / "province-01" / "data"
    partition.write_partition(
        first.engine, first.pack, package, SharedFolder(url), site="", now=first.now
    )
    try:
        built = build(nation, url, tmp_path / "n.duckdb")
    finally:
        fsspec.filesystem("memory").rm(f"/national-{tmp_path.name}", recursive=True)
    assert states(built) == {"01": "current", "02": "missing", "03": "missing", "04": "missing"}


def test_the_manifest_says_from_which_run_and_rules_the_figures_are(two: Any, folder: Path) -> None:
    manifest = read_manifest((folder / "mart" / "province=01" / "province.json").read_bytes())
    said = (manifest.province, manifest.run, manifest.as_of, manifest.rules_version, manifest.site)
    assert said == ("01", 1, DAY, "rules-7", "https://tinh-01.example/")
    # Both halves of land came from three communes; readiness, twice, from none.
    late = manifest.lateness
    assert (late.due, late.received, late.accepted) == (12, 6, 6)
    assert manifest.indicators["LAND-SHARE"].formula == "land: met_total / needed_total"
    described = manifest.indicators["LAND-SHARE"].elements["v1 met_total"]
    assert described == "hộ, stock, = met_land + met_field + met_house"


def test_nothing_to_use_and_a_pack_of_a_province_are_one_sentence_each(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    first, _ = two
    with pytest.raises(ConfigurationError, match="this is the pack of Tỉnh 01"):
        build(first.pack, folder, tmp_path / "n.duckdb")
    with pytest.raises(WarehouseError, match="no folder mart/ with partitions"):
        build(nation, tmp_path / "empty", tmp_path / "n.duckdb")
    with pytest.raises(ConfigurationError, match="nowhere"):
        build(nation, "nowhere://x", tmp_path / "n.duckdb")
    shutil.rmtree(folder / "mart" / "province=01")
    (folder / "mart" / "province=02" / "province.json").unlink()
    with pytest.raises(
        WarehouseError, match=r"no partition can be used. 02: missing file: province.json"
    ):
        build(nation, folder, tmp_path / "n.duckdb")
    assert not (tmp_path / "n.duckdb").exists()


def test_the_command_names_what_is_not_in_the_file_and_status_shows_each_province(
    two: Any,
    province: Province,
    nation: Pack,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    third = province("03", changed={"direction": "down"})
    third.send(str(folder))
    monkeypatch.setenv("MTQG_PACK", str(nation.folder))
    monkeypatch.setenv("MTQG_NATIONAL_URL", str(folder))
    # The console reads COLUMNS when it is imported, which an earlier test may have done.
    monkeypatch.setattr("mtqg.console.out.width", 200)
    file = str(tmp_path / "n.duckdb")
    built = CliRunner().invoke(
        app, ["national", "build", "-o", file, "--day", DAY.isoformat(), "--strict"]
    )
    assert (built.exit_code, built.exception.__class__) == (1, SystemExit)
    assert "3/4 tỉnh" in built.stdout
    assert "Tỉnh 04 (04): chưa gửi" in built.stdout
    assert "tỉnh 03, LAND-SHARE, direction: cả nước: up; tỉnh: down" in built.stdout
    monkeypatch.setattr("mtqg.console.out.width", 80)
    shown = CliRunner().invoke(app, ["national", "status", file])
    assert shown.exit_code == 0, shown.exception
    printed = "01 Tỉnh 01 đủ 20/02/2025 12 6 6 0 0 86"
    assert _line_of("01", shown.stdout) == printed
    monkeypatch.setattr("mtqg.console.out.width", 120)
    wide = CliRunner().invoke(app, ["national", "status", file, "--wide"])
    assert _line_of("01", wide.stdout).startswith(f"{printed} 1 rules-7 ")


def test_at_80_columns_a_province_s_figures_and_day_are_neither_cut_off_nor_folded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    counts = ("due", "received", "accepted", "timely", "to_fix", "most_days_late")
    figures = (12345, 11234, 10123, 9876, 1234, 128)
    stale: dict[str, Any] = {
        "code": "46",
        "name": "Thành phố Huế (trước là Tỉnh Thừa Thiên Huế)",
        "state": "stale",
        "as_of": date(2026, 1, 12),
        "reason": "",
        **dict(zip(counts, figures, strict=True)),
    }
    unknown = stale | {"code": "99", "name": "Tỉnh 99", "state": "unknown"}
    monkeypatch.setattr("mtqg.console.out.width", 80)
    print_status(NationalBuild([stale, unknown], [], []), is_wide=False)
    printed = capsys.readouterr().out
    assert _line_of("46", printed).endswith("cũ 12/01/2026 12345 11234 10123 9876 1234 128")
    assert _line_of("99", printed).endswith("12/01/2026 12345 11234 10123 9876 1234 128")
    assert max(len(line) for line in printed.splitlines()) <= 80


def _line_of(code: str, printed: str) -> str:
    """Return the line that begins with the code, with one space between its words."""
    line = next(line for line in printed.splitlines() if line.startswith(code))
    return " ".join(line.split())


def test_every_table_and_column_of_the_file_is_documented(
    two: Any, nation: Pack, folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "n.duckdb"
    build(nation, folder, file)
    document = (ROOT / "docs" / "national.md").read_text(encoding="utf-8")
    marts = {mart.name: {column.name for column in mart.columns} for mart in declared_marts()}
    found = ask(
        file,
        "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'main' AND NOT internal",
    )
    undocumented = [
        (table, column)
        for table, column in found
        # A column that is the province's mart's is documented there.
        if f"`{column}`" not in section(document, table) and column not in marts.get(table, ())
    ]
    assert undocumented == []


def section(document: str, table: str) -> str:
    """What a document says of a table."""
    heading = f"### {table}\n"
    assert heading in document, table
    return document.partition(heading)[2].partition("\n##")[0]
