"""What it costs `dlt` to merge the facts that a night loads, as a ratio to our own loading of the same rows in the same run.

The fair ratio is one run of dlt for all rows: it is built for batches. What a run a delivery costs is told beside it, of a few
deliveries. Ours loads them in chunks, each in one transaction.
dlt writes by its defaults, into a database of its own on the same disk or server; neither holds anything before. Ours keeps
versions and the ledger as well, within the seconds counted; of dlt the import is not counted. Seconds are of
the processor, the database server's with them.

Usage: python -m benchmarks.loading_dlt [--facts 200000] [--lines 60] [--database sqlite|postgres] [--csv]
In a venv of one's own with `pip install '.[bench]'`: no lock file holds dlt.
"""

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.cpu import measured
from benchmarks.loading import COLUMNS, closing_engine, databases, load_invented, taken_out
from warehouse.dialects import warehouse_url

_KEY = ("submission_id", "element", "line")
_TYPES = {"text": "text", "qualifier": "text"}
"""Columns that may be empty throughout: dlt would leave them out, and carry fewer columns than we do."""
_DELIVERIES = 5
Row = dict[str, object]


def main() -> int:
    """Load by ourselves and by dlt; print the ratios."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.loading_dlt", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--facts", type=int, default=200_000)
    parser.add_argument(
        "--lines", type=int, default=60, help="lines a submission, of 14 figures each (default: 60)"
    )
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument(
        "--csv",
        action="store_true",
        help="dlt hands PostgreSQL CSV by COPY, instead of INSERTs, its default",
    )
    given = parser.parse_args()
    dlt = _dlt()
    with databases(given.database) as new_url:
        with closing_engine(new_url()) as engine:
            count, ours = load_invented(engine, given.facts, given.lines)
            rows = taken_out(engine)
        reports = [
            [dict(zip(COLUMNS, row, strict=True)) for row in rows] for rows in _by_submission(rows)
        ]
        form = "csv" if given.csv else None
        once = _merged(dlt, new_url(), [reports], form)
        each = _merged(dlt, new_url(), [[report] for report in reports[:_DELIVERIES]], form) / len(
            reports[:_DELIVERIES]
        )
    print(f"{len(rows)} facts of {count} submissions into {given.database}, dlt {dlt.__version__}")
    print(
        f"ours, in chunks {ours:.1f} s, dlt's merge in one run {once:.1f} s: 1 : {once / ours:.1f}"
    )
    print(
        f"a delivery: ours {ours / count:.4f} s, a run of dlt {each:.2f} s (mean of {_DELIVERIES}): 1 : {each * count / ours:.0f}"
    )
    return 0


def _dlt() -> Any:
    """Return dlt, which tells nobody of its use. Raises SystemExit where it is not installed."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
    try:
        import dlt  # noqa: PLC0415  (never a dependency of the run)
    except ImportError:
        sys.exit("dlt is not installed: in a venv of your own, pip install '.[bench]'")
    return dlt


def _by_submission(rows: Iterable[tuple[object, ...]]) -> list[list[tuple[object, ...]]]:
    """Return the rows of each submission; they come together, as they were loaded."""
    return [list(group) for _, group in itertools.groupby(rows, key=lambda row: row[0])]


def _merged(dlt: Any, url: str, runs: Sequence[Sequence[list[Row]]], form: str | None) -> float:
    """Merge reports, some a run, in so many runs; return the seconds.

    Fails where not every row arrived once.
    """
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            "facts", pipelines_dir=folder, destination=_destination(dlt, url), dataset_name="main"
        )
        columns = {name: {"data_type": kind} for name, kind in _TYPES.items()}
        hints = {
            "name": "facts",
            "write_disposition": "merge",
            "primary_key": _KEY,
            "columns": columns,
        }
        with measured(url) as spent:
            for reports in runs:
                pipeline.run(dlt.resource(reports, **hints), loader_file_format=form)
    expected = sum(len(report) for reports in runs for report in reports)
    found = _counted(url)
    assert found == expected, f"dlt merged {found} rows of {expected}"
    return spent.seconds


def _destination(dlt: Any, url: str) -> Any:
    if url.startswith("sqlite"):
        return dlt.destinations.sqlalchemy(url)
    address = warehouse_url(url)
    # Of a socket's folder dlt makes no host; libpq takes it from the query.
    credentials = {
        "username": address.username,
        "password": "",
        "database": address.database,
        "host": "localhost",
    }
    return dlt.destinations.postgres({**credentials, "query": dict(address.query)})


def _counted(url: str) -> int:
    engine = create_engine(warehouse_url(url))
    with engine.connect() as connection:
        found = connection.execute(text("SELECT COUNT(*) FROM main.facts")).scalar_one()
    engine.dispose()
    return int(found)


if __name__ == "__main__":
    sys.exit(main())
