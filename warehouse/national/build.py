"""Build the country's file: the marts of all provinces, sorted, and the sums that follow from them.

The SQL is in `sql/`, one file a table. The country's progress follows from the same view as a
province's, `warehouse/marts/mart_progress.sql`: what a flow, a cumulative figure and a stock are,
and when a target is reached, is said once.
"""

import os
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from program.errors import ConfigurationError, WarehouseError
from program.pack.pack import Pack
from program.units.distinct_names import with_distinct_names
from program.units.unit import UnitKind
from warehouse.catalogue import pack_rows
from warehouse.database.duckdb_file import COLUMN_TYPES, open_duckdb
from warehouse.national.definitions import (
    Difference,
    definitions_of,
    differences,
    plan_definitions_of,
)
from warehouse.national.partitions import (
    BrokenPartition,
    Partition,
    PartitionFiles,
    PartitionReader,
)
from warehouse.queries.marts import Mart, declared_marts

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_SQL = Path(__file__).parent / "sql"
_PROVINCE_MARTS = Path(__file__).parents[1] / "marts"
_TABLES = (
    "province_figures",
    "mart_rollups",
    "nation_progress",
    "mart_progress",
    "ranking",
    "mart_reporting",
    "mart_disbursement",
    "mart_plans",
    "mart_narratives",
)
"""What is made from the provinces' marts, in this order: each may use those before it."""
_MEMORY = "2GB"
_NATIONAL = "national"

_Row = Mapping[str, Any]


class ProvinceState(StrEnum):
    """What became of a province's partition."""

    CURRENT = "current"
    STALE = "stale"
    """It is used, but its run is older than the days that the caller allows."""
    MISSING = "missing"
    BROKEN = "broken"
    UNKNOWN = "unknown"
    """The national pack has no such province. Nothing of it is used."""


@dataclass(frozen=True, slots=True)
class NationalBuild:
    """What went into a file: each province by its row of the table `provinces`, and what did not.

    `problems` and `differences` are the rows of the tables of that name.
    """

    provinces: Sequence[_Row]
    problems: Sequence[_Row]
    differences: Sequence[_Row]

    @property
    def is_complete(self) -> bool:
        """Tell whether every province is current and all of its figures are used."""
        are_current = all(row["state"] == ProvinceState.CURRENT for row in self.provinces)
        return are_current and not self.problems and not self.differences


def build_national(
    pack: Pack, source: PartitionFiles, target: Path, day: date, *, stale_days: int
) -> NationalBuild:
    """Write the country's file from the partitions of all provinces; return what went into it.

    The file replaces the earlier one as a whole. A broken, missing or stale partition stops no
    other: it is named. The same partitions give the same tables, row by row.

    Args:
        pack: The national pack: its units are the nation and its provinces.
        source: The folder of all partitions.
        target: The DuckDB file.
        day: The day from which the age of a run is counted.
        stale_days: A run that is older by more days is stale.

    Raises:
        ConfigurationError: The pack is not one of the country, or nothing knows such a URL.
        WarehouseError: The folder cannot be listed, or no partition can be used.
    """
    refuse_other_than_national(pack)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(f".{target.name}.{os.getpid()}")
    with tempfile.TemporaryDirectory() as copies:
        reader = PartitionReader(source, Path(copies))
        received = [reader.read(code) for code in reader.provinces()]
        try:
            with open_duckdb(unfinished, memory=_MEMORY) as connection:
                built = _Builder(connection, pack, received, day, stale_days).build()
            unfinished.replace(target)
        finally:
            for left in unfinished.parent.glob(f"{unfinished.name}*"):
                left.unlink()
    return built


def refuse_other_than_national(pack: Pack) -> None:
    """Raise ConfigurationError unless a pack's first unit is the nation."""
    if pack.province.kind is not UnitKind.NATION:
        raise ConfigurationError(
            f"{pack.folder}: this is the pack of {pack.province.name}; the country's figures need "
            "the national pack: MTQG_PACK names it (docs/national.md)"
        )


class _Builder:
    def __init__(
        self,
        connection: "DuckDBPyConnection",
        pack: Pack,
        received: Sequence[Partition | BrokenPartition],
        day: date,
        stale_days: int,
    ) -> None:
        self._connection = connection
        self._pack = pack
        self._day = day
        self._stale_days = stale_days
        self._problems: list[_Row] = []
        self._broken = {
            each.province: each.reason for each in received if isinstance(each, BrokenPartition)
        }
        self._partitions = {
            each.manifest.province: each for each in received if isinstance(each, Partition)
        }
        units = with_distinct_names(pack.units)
        # A code that was used again has the name of the last province, with the earlier one.
        names = {unit.code: unit.name for unit in units if unit.kind is UnitKind.PROVINCE}
        self._names = names
        self._used = [self._partitions[code] for code in names if code in self._partitions]

    def build(self) -> NationalBuild:
        """Fill the file; return what went into it."""
        if not self._used:
            reasons = "; ".join(f"{code}: {reason}" for code, reason in self._broken.items())
            raise WarehouseError(f"no partition can be used. {reasons}".strip())
        self._connection.execute(_sql("inputs"))
        self._connection.execute("CREATE SCHEMA detail")
        for mart in declared_marts():
            self._load(mart)
        provinces = [self._province(code) for code in self._listed()]
        refused = list(self._differences())
        self._fill("provinces", provinces)
        self._fill("problems", self._problems)
        self._fill("differences", refused)
        for table, rows in pack_rows(self._pack).items():
            self._fill(table, rows)
        # The targets that this program's provinces set themselves are not the country's.
        self._connection.execute("DELETE FROM now_targets WHERE scope <> ?", [_NATIONAL])
        newest = max(partition.manifest.as_of for partition in self._used)
        self._fill("runs", [{"as_of": newest}])
        for table in _TABLES:
            self._connection.execute(_sql(table))
            if table == "nation_progress":
                self._make_progress()
        self._connection.execute("DROP TABLE nation_progress")
        return NationalBuild(provinces, self._problems, refused)

    def _make_progress(self) -> None:
        """Compute the country's progress by the view that each province uses."""
        view = (_PROVINCE_MARTS / "mart_progress.sql").read_text(encoding="utf-8")
        create = "CREATE VIEW mart_progress AS"
        self._connection.execute(view.replace(create, "CREATE TABLE nation_progress AS", 1))

    def _listed(self) -> list[str]:
        return sorted({*self._names, *self._partitions, *self._broken})

    def _load(self, mart: Mart) -> None:
        """Copy a mart of all provinces into one sorted table, without the files that do not fit."""
        columns = ", ".join(
            f"{column.name} {COLUMN_TYPES[column.type]}" for column in mart.handed_on
        )
        table = f"detail.{mart.name}"
        self._connection.execute(f"CREATE TABLE {table} (province VARCHAR, {columns})")
        paths = {}
        known = self._types_of_all(mart)
        for partition in self._used:
            reason = self._wrong(partition, mart, known)
            if reason:
                self._refuse(partition, mart, reason)
            else:
                paths[partition.manifest.province] = str(partition.files[mart.name])
        if paths and not self._insert(mart, list(paths.values())):
            self._insert(mart, self._readable(mart, paths))

    def _insert(self, mart: Mart, paths: Sequence[str]) -> bool:
        """Insert rows from files in order; return False, with none inserted, if a file is wrong."""
        import duckdb  # noqa: PLC0415

        names = [column.name for column in mart.handed_on]
        query = (
            f"INSERT INTO detail.{mart.name} SELECT province, {', '.join(names)} "  # noqa: S608
            # Codes are texts: DuckDB would take the folder province=01 for 1.
            "FROM read_parquet(?, hive_partitioning=true, hive_types={'province': 'VARCHAR'}, "
            f"union_by_name=true, file_row_number=true) {_order(names)}"
        )
        try:
            self._connection.execute(query, [list(paths)])
        except duckdb.Error:
            return False
        return True

    def _readable(self, mart: Mart, paths: Mapping[str, str]) -> list[str]:
        """Return the files whose rows can be read; name the others."""
        import duckdb  # noqa: PLC0415

        readable = []
        for partition in self._used:
            path = paths.get(partition.manifest.province)
            if path is None:
                continue
            try:
                self._connection.execute(
                    "SELECT SUM(hash(COLUMNS(*))) FROM read_parquet(?)", [path]
                )
            except duckdb.Error as wrong:
                self._refuse(partition, mart, f"cannot be read: {_first_line(wrong)}")
            else:
                readable.append(path)
        return readable

    def _types_of_all(self, mart: Mart) -> Mapping[str, Mapping[str, str]]:
        """Return what `_types` does of all provinces' files; nothing where one cannot be read."""
        import duckdb  # noqa: PLC0415

        files = [each.files[mart.name] for each in self._used if mart.name in each.files]
        try:
            return self._types([str(path) for path in files])
        except duckdb.Error:
            return {}

    def _types(self, paths: Sequence[str]) -> dict[str, dict[str, str]]:
        """Return the type of each column by its name, by the path of the file.

        Raises duckdb.Error for a file that is no Parquet.
        """
        query = "SELECT file_name, name, duckdb_type FROM parquet_schema(?)"
        types: dict[str, dict[str, str]] = {}
        for path, name, its_type in self._connection.execute(query, [list(paths)]).fetchall():
            types.setdefault(path, {})[name] = its_type
        return types

    def _wrong(
        self, partition: Partition, mart: Mart, known: Mapping[str, Mapping[str, str]]
    ) -> str:
        """Return why a province's file of a mart cannot be used; "" if its columns are declared.

        `known` has the columns of files that were read together: one by one takes four times as
        long.
        """
        import duckdb  # noqa: PLC0415

        if mart.name not in partition.files:
            return "it is not among the files of the manifest"
        path = str(partition.files[mart.name])
        try:
            types = known[path] if path in known else self._types([path])[path]
        except duckdb.Error as wrong:
            return f"is no Parquet file: {_first_line(wrong)}"
        for column in mart.handed_on:
            declared = COLUMN_TYPES[column.type]
            its_type = types.get(column.name)
            if its_type is None:
                return f"column {column.name} is missing: the province runs another version"
            if its_type != declared:
                return f"column {column.name} is {its_type}, expected {declared}"
        return ""

    def _refuse(self, partition: Partition, mart: Mart, reason: str) -> None:
        province = partition.manifest.province
        self._problems.append({"province": province, "mart": mart.name, "reason": reason})

    def _province(self, code: str) -> _Row:
        """Return the row of a province in the table `provinces`."""
        partition = self._partitions.get(code)
        name = self._names.get(code, "")
        if partition is None:
            reason = self._broken.get(code, "")
            state = ProvinceState.BROKEN if reason else ProvinceState.MISSING
            return {"code": code, "name": name, "state": state, "is_used": False, "reason": reason}
        manifest = partition.manifest
        days_old = (self._day - manifest.as_of).days
        state = ProvinceState.STALE if days_old > self._stale_days else ProvinceState.CURRENT
        if not name:
            state = ProvinceState.UNKNOWN
        sent = ("run", "as_of", "written_at", "rules_version", "program_version", "pack")
        return {
            "code": code,
            "name": name or manifest.name,
            "state": state,
            "is_used": bool(name),
            "reason": "" if name else "the national pack has no such province",
            "days_old": days_old,
            "pack_digest": manifest.pack_digest,
            "site": manifest.site,
            **{field: getattr(manifest, field) for field in sent},
            **manifest.lateness.model_dump(),
        }

    def _differences(self) -> Iterable[_Row]:
        """Yield each part in which a province defines a figure otherwise than the country."""
        indicators, plans = definitions_of(self._pack), plan_definitions_of(self._pack)
        for partition in self._used:
            manifest = partition.manifest
            # What only the province has is in no figure of the country.
            for code in sorted(indicators.keys() & manifest.indicators.keys()):
                for found in differences(indicators[code], manifest.indicators[code]):
                    yield {"indicator_code": code} | _difference_row(manifest.province, found)
            for figure in sorted(plans.keys() & manifest.plans.keys()):
                ours, theirs = plans[figure], manifest.plans[figure]
                if ours != theirs:
                    found = Difference("plan", ours, theirs)
                    yield {"plan_figure": figure} | _difference_row(manifest.province, found)

    def _fill(self, table: str, rows: Sequence[_Row]) -> None:
        described = self._connection.execute(f"DESCRIBE {table}").fetchall()
        placeholders = []
        columns = []
        for name, kind, *_ in described:
            placeholders.append(f"unnest(?::{kind}[])")
            columns.append([row.get(name) for row in rows])
        values = ", ".join(placeholders)
        self._connection.execute(f"INSERT INTO {table} SELECT {values}", columns)


def _difference_row(province: str, found: Difference) -> dict[str, Any]:
    return {
        "province": province,
        "part": found.part,
        "national_definition": found.national,
        "province_definition": found.province,
    }


def _order(names: Sequence[str]) -> str:
    """Return how a mart's rows are sorted: by what most questions choose.

    A mart without such a column stays in the order of the files, province by province: sorting
    takes a fifth of the time of loading.
    """
    for name in ("indicator_code", "project_code"):
        if name in names:
            # The rows of a file are in the order of the mart's key: their number is shorter.
            return f"ORDER BY {name}, province, file_row_number"
    return ""


def _sql(name: str) -> str:
    return (_SQL / f"{name}.sql").read_text(encoding="utf-8")


def _first_line(wrong: Exception) -> str:
    return str(wrong).partition("\n")[0]
