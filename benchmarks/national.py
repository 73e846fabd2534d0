"""Cost of the country's file: how long it takes to build, and to ask it for one indicator.

It writes partitions of invented provinces with DuckDB, each with as many rows of marts, checks and
loads all of them as `mtqg national build` does, asks for one indicator of all provinces, and writes
the pages. It prints CPU seconds, user and system, and the size of the file.

Usage: python -m benchmarks.national [--provinces 63] [--rows 100000] [--home FOLDER]
"""

import argparse
import csv
import hashlib
import shutil
import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import yaml

from benchmarks.cpu import measured
from connectors.shared_folder import SharedFolder
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT
from publish.national.national_site import publish_national_site
from warehouse.database.duckdb_file import COLUMN_TYPES, open_duckdb
from warehouse.national.build import build_national
from warehouse.national.definitions import definitions_of, plan_definitions_of
from warehouse.national.file import open_national
from warehouse.national.manifest import (
    FORMAT,
    MANIFEST,
    DueReports,
    PartitionFile,
    ProvinceManifest,
    manifest_bytes,
    partition_folder,
    schema_digest,
)
from warehouse.queries.marts import ColumnKind, Mart, declared_marts

_SAMPLE = ROOT / "config" / "soc-trang"
_NATION = "VN"
_DAY = date(2026, 1, 20)
_SHARES = {
    "mart_progress": 0.35,
    "mart_figures": 0.2,
    "mart_reporting": 0.15,
    "mart_first_submission": 0.1,
    "mart_findings": 0.1,
    "mart_rollups": 0.05,
    "mart_disbursement": 0.05,
}
"""How a province's rows are spread over the marts, about as in the sample's."""
_PERIODS = [f"{year}-Q{quarter}" for year in range(2021, 2026) for quarter in range(1, 5)]
_TIMES = 20


def main(provinces: int, rows: int, home: Path) -> None:
    """Write the partitions, build the file and ask it; print the times."""
    codes = [f"{number:02}" for number in range(1, provinces + 1)]
    pack = national_pack(home / "pack", codes)
    url = home / "partitions"
    write_partitions(pack, codes, rows, url)
    size = sum(path.stat().st_size for path in url.rglob("*.parquet"))
    print(f"{provinces} provinces x {rows:,} rows, {size / 1e6:,.0f} MB of Parquet")
    file = home / "national.duckdb"
    source = SharedFolder(str(url))
    with measured() as spent:
        built = build_national(pack, source, file, _DAY, stale_days=3)
    assert built.is_complete, built
    print(f"build: {spent.seconds:.1f} s CPU, file {file.stat().st_size / 1e6:,.0f} MB")
    with open_duckdb(file, read_only=True) as connection:
        for name, query in _QUERIES.items():
            connection.execute(query).fetchall()
            with measured() as spent:
                for _ in range(_TIMES):
                    found = connection.execute(query).fetchall()
            print(f"{name}: {1000 * spent.seconds / _TIMES:.1f} ms CPU, {len(found)} rows")
    with open_national(file) as opened, measured() as spent:
        publish_national_site(opened, pack, home / "site", datetime.now(UTC))
    pages = sum(1 for _ in (home / "site").rglob("*.html"))
    print(f"site: {spent.seconds:.1f} s CPU, {pages} pages")


_QUERIES = {
    "one indicator of all provinces": (
        "SELECT unit_code, period, actual, status FROM mart_progress "
        "WHERE indicator_code = 'TRN-PARTICIPANTS'"
    ),
    "one indicator of all units, one period": (
        "SELECT province, unit_code, actual FROM detail.mart_progress "
        "WHERE indicator_code = 'TRN-PARTICIPANTS' AND period = '2024-Q4'"
    ),
}


def national_pack(folder: Path, provinces: list[str]) -> Pack:
    """Return the sample's definitions as the pack of a country of these provinces."""
    shutil.copytree(_SAMPLE, folder, dirs_exist_ok=True)
    (folder / "unit_counts.csv").unlink(missing_ok=True)
    with (folder / "units.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(
            ["code", "name", "kind", "parent", "valid_from", "valid_to", "successors", "source"]
        )
        writer.writerow([_NATION, "Việt Nam", "nation", "", "", "", "", "synthetic"])
        for code in provinces:
            writer.writerow([code, f"Tỉnh {code}", "province", _NATION, "", "", "", "synthetic"])
    for name, changed in (
        ("program.yaml", {"province": _NATION}),
        ("contacts.yaml", {"units": {}}),
    ):
        content = yaml.safe_load((folder / name).read_text(encoding="utf-8"))
        text = yaml.safe_dump(content | changed, allow_unicode=True, sort_keys=False)
        (folder / name).write_text(text, encoding="utf-8")
    return load_pack(folder)


def write_partitions(pack: Pack, codes: list[str], rows: int, url: Path) -> None:
    """Write a partition of so many rows for each province."""
    indicators = [each for each in pack.indicators if each.form is not None]
    with open_duckdb(memory="1GB") as connection:
        kinds = [[each.code for each in indicators], [each.form for each in indicators]]
        kinds.append([each.kind.value for each in indicators])
        of_lists = "unnest(?::VARCHAR[]) AS code, unnest(?::VARCHAR[]) AS form"
        connection.execute(
            f"CREATE TABLE kinds AS SELECT {of_lists}, unnest(?::VARCHAR[]) AS kind", kinds
        )
        quarters = "CREATE TABLE quarters AS SELECT unnest(?::VARCHAR[]) AS code"
        connection.execute(quarters, [_PERIODS])
        for code in codes:
            folder = url / partition_folder(code)
            files = {}
            for mart in declared_marts():
                path = folder / "data=1" / f"{mart.name}.parquet"
                path.parent.mkdir(parents=True, exist_ok=True)
                count = int(rows * _SHARES.get(mart.name, 0))
                copied = _rows(mart, code, count)
                how = "FORMAT parquet, COMPRESSION zstd"
                connection.execute(f"COPY ({copied}) TO '{path}' ({how})")
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                files[mart.name] = PartitionFile(
                    path=f"data=1/{mart.name}.parquet",
                    rows=count,
                    bytes=path.stat().st_size,
                    sha256=digest,
                )
            (folder / MANIFEST).write_bytes(manifest_bytes(_manifest(pack, code, files)))


def _rows(mart: Mart, province: str, count: int) -> str:
    """Return a query for so many rows. One in fifty is of the province itself."""
    number = f"'{province}' || lpad((n % 50)::VARCHAR, 3, '0')"
    year, quarter = "substr(q.code, 1, 4)::INT", "substr(q.code, 7, 1)::INT"
    values = {
        "indicator_code": "k.code",
        "form_code": "k.form",
        "kind": "k.kind",
        "period": "q.code",
        "period_kind": "'quarter'",
        "period_end": f"last_day(make_date({year}, 3 * {quarter}, 1))",
        "stage": "'final'",
        "over_time": "'stock'",
        "direction": "'up'",
        "unit_code": f"CASE WHEN n % 50 = 0 THEN '{province}' ELSE {number} END",
        "basis": "CASE WHEN n % 50 = 0 THEN 'sum_of_communes' ELSE 'reported' END",
        "due_date": "DATE '2024-01-15'",
        "verdict": "'accepted'",
        "severity": "'warning'",
        "status": "'on_track'",
        "qualifier": "NULL",
        "comparison": "'at_least'",
        "target_scope": "'national'",
        "target_tag": "'C'",
        "project_code": "'da' || (n % 9)",
        "source": "'total'",
        "rule": "'CELL-' || (n % 40)",
    }
    by_kind = {
        ColumnKind.STRING: "'v' || (n % 7)",
        ColumnKind.NUMBER: "(hash(n) % 100000) / 7.0",
        ColumnKind.INTEGER: "n % 50",
        ColumnKind.BOOLEAN: "n % 9 <> 0",
        ColumnKind.DATE: "DATE '2024-12-31'",
        ColumnKind.DATETIME: "TIMESTAMPTZ '2025-01-20 05:00:00+00'",
    }
    columns = []
    for column in mart.handed_on:
        value = values.get(column.name, by_kind[column.type])
        columns.append(f"({value})::{COLUMN_TYPES[column.type]} AS {column.name}")
    return (
        f"SELECT {', '.join(columns)} FROM range({count}) r(n) "
        "JOIN kinds k ON k.rowid = (n // 1000) % (SELECT COUNT(*) FROM kinds) "
        "JOIN quarters q ON q.rowid = (n // 50) % (SELECT COUNT(*) FROM quarters)"
    )


def _manifest(pack: Pack, code: str, files: Mapping[str, PartitionFile]) -> ProvinceManifest:
    return ProvinceManifest(
        format=FORMAT,
        province=code,
        name=f"Tỉnh {code}",
        pack="synthetic",
        pack_digest="0",
        run=1,
        as_of=_DAY,
        written_at=datetime(2026, 1, 20, 1, tzinfo=UTC),
        rules_version="r1",
        program_version="0",
        site="",
        schema_digest=schema_digest(),
        lateness=DueReports(due=1, received=1, accepted=1, timely=1, to_fix=0, most_days_late=0),
        files=files,
        indicators=definitions_of(pack),
        plans=plan_definitions_of(pack),
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--provinces", type=int, default=63)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument(
        "--home", type=Path, help="folder for partitions and file; default: a temporary one"
    )
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        main(wanted.provinces, wanted.rows, wanted.home or Path(made))
