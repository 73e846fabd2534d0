"""Write the data for others: the data package, Parquet, JSON per unit and indicator, the feed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from program.pack.pack import Pack
from publish.data.csv_file import csv_bytes
from publish.data.descriptor import csv_name, descriptor_bytes, parquet_name
from publish.data.documents import write_documents
from publish.data.feed import feed_bytes
from publish.data.parquet_file import ParquetWriter
from publish.kept import begun_month
from publish.output_folder import OutputFolder, code_digest, digest_of, pack_digest
from warehouse.database.engine import Warehouse
from warehouse.queries.marts import Mart, Value, data_day, data_version, declared_marts, mart_rows
from warehouse.queries.published_runs import run_counts

_DESCRIPTOR = "datapackage.json"
_FEED = "runs.atom"
_DOCUMENTS = ("units/", "indicators/")
_OF_DOCUMENTS = ("mart_units", "mart_progress", "mart_reporting")
"""The marts from which the JSON per unit and indicator is made."""
_FEED_RUNS = 30


def write_data(warehouse: Warehouse, pack: Pack, folder: Path, *, is_ours: bool) -> list[Path]:
    """Write the data of the current reports below `folder`; return the files that changed.

    Args:
        warehouse: The warehouse, as it is or as of a day. It is only read.
        pack: The configuration of the province.
        folder: Where to write.
        is_ours: The folder holds nothing else: what is unchanged is not made again, what is
            obsolete is removed.

    """
    with OutputFolder(folder, is_ours=is_ours) as output, ParquetWriter() as parquet:
        _Package(warehouse, pack, output, parquet).write()
        return output.written


@dataclass(frozen=True, slots=True)
class _Package:
    warehouse: Warehouse
    pack: Pack
    output: OutputFolder
    parquet: ParquetWriter

    def write(self) -> None:
        day = data_day(self.warehouse)
        base = digest_of(data_version(self.warehouse), code_digest(), pack_digest(self.pack))
        rows_by_mart: dict[str, list[tuple[Value, ...]]] = {}
        made_from_by_mart = {mart: _made_from(mart, base, day) for mart in declared_marts()}
        for mart, made_from in made_from_by_mart.items():
            if not self._is_current(mart, made_from):
                rows_by_mart[mart.name] = mart_rows(self.warehouse, mart)
                self._write_mart(mart, rows_by_mart[mart.name], made_from)
        self.output.make(
            _DESCRIPTOR,
            digest_of(day, *made_from_by_mart.values()),
            lambda: self._descriptor(day),
        )
        # Not the day: a document has no column that changes with it (`documents._REPORT`).
        lasting = [made_from_by_mart[mart] for mart in _documented() if not mart.changes_daily]
        self._write_documents(rows_by_mart, digest_of(*lasting))
        self.output.make(_FEED, base, self._feed)

    def _is_current(self, mart: Mart, made_from: str) -> bool:
        names = (csv_name(mart), parquet_name(mart))
        # Not `all`: each of them is to be marked as kept.
        return [self.output.is_current(name, made_from) for name in names] == [True, True]

    def _write_mart(self, mart: Mart, rows: Sequence[Sequence[Value]], made_from: str) -> None:
        csv = csv_bytes(mart.handed_on, rows)
        path = self.output.path(csv_name(mart))
        is_same = path.exists() and path.read_bytes() == csv
        self.output.write(csv_name(mart), csv, made_from)
        # Of the same CSV the Parquet is the same.
        if is_same and self.output.path(parquet_name(mart)).exists():
            self.output.keep_as(parquet_name(mart), made_from)
        else:
            parquet = self.parquet.parquet_bytes(mart.handed_on, csv)
            self.output.write(parquet_name(mart), parquet, made_from)

    def _descriptor(self, day: date) -> bytes:
        csv_by_mart = {
            mart: self.output.path(csv_name(mart)).read_bytes() for mart in declared_marts()
        }
        return descriptor_bytes(self.pack, day, csv_by_mart)

    def _write_documents(
        self, rows_by_mart: dict[str, list[tuple[Value, ...]]], made_from: str
    ) -> None:
        if self.output.keep_group(_DOCUMENTS, made_from):
            return
        for mart in _documented():
            if mart.name not in rows_by_mart:
                rows_by_mart[mart.name] = mart_rows(self.warehouse, mart)
        write_documents(self.output, rows_by_mart, made_from)

    def _feed(self) -> bytes:
        return feed_bytes(self.pack, run_counts(self.warehouse, _FEED_RUNS))


def _documented() -> tuple[Mart, ...]:
    return tuple(mart for mart in declared_marts() if mart.name in _OF_DOCUMENTS)


def _made_from(mart: Mart, base: str, day: date) -> str:
    """Return a text that changes when the rows of a mart may have changed."""
    if mart.changes_daily:
        return digest_of(base, day)
    if mart.changes_with_month:
        return digest_of(base, begun_month(day))
    return base
