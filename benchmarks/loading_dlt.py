"""Cost of merging a run's facts with `dlt`, as a ratio to our own loading of the same rows.

The fair ratio is one run of dlt for all rows, because dlt is built for batches. The cost of a run
of dlt for each delivery is printed too, measured with a few deliveries. Ours loads the deliveries
in chunks, each in one transaction.

dlt writes with its defaults into its own database on the same disk or server; both databases are
empty at the start. Our seconds include the versions of reports and the ledger. The import of dlt
is not counted. All seconds are CPU time with that of the database server.

Usage: python -m benchmarks.loading_dlt [--facts 200000] [--lines 60] [--csv]
    [--database sqlite|postgres]
It needs its own venv with `pip install '.[bench]'`: dlt is in no lock file.
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
from warehouse.database.backends import warehouse_url

_KEY = ("submission_id", "element", "line")
_TYPES = {"text": "text", "qualifier": "text"}
"""Columns that may be empty in all rows. Without a type dlt would drop them and write less."""
_DELIVERIES = 5
Row = dict[str, object]


def main() -> int:
    """Load with our own code and with dlt; print the ratios."""
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
        our_url = new_url()
        with closing_engine(our_url) as engine:
            count, ours = load_invented(engine, our_url, given.facts, given.lines)
            rows = taken_out(engine)
        reports = _by_submission(rows)
        form = "csv" if given.csv else None
        once = _merged(dlt, new_url(), [reports], form)
        single = [[report] for report in reports[:_DELIVERIES]]
        theirs_each = _merged(dlt, new_url(), single, form) / len(single)
    ours_each = ours / count
    print(f"{len(rows)} facts of {count} submissions into {given.database}, dlt {dlt.__version__}")
    print(f"ours in chunks {ours:.1f} s, one run of dlt {once:.1f} s: 1 : {once / ours:.1f}")
    print(f"a delivery: ours {ours_each:.4f} s, a run of dlt {theirs_each:.2f} s", end=" ")
    print(f"(mean of {len(single)}): 1 : {theirs_each / ours_each:.0f}")
    return 0


def _dlt() -> Any:
    """Return dlt with its telemetry off.

    Raises:
        SystemExit: dlt is not installed.

    """
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    os.environ.setdefault("RUNTIME__LOG_LEVEL", "ERROR")
    try:
        import dlt  # noqa: PLC0415  (never a dependency of the run)
    except ImportError:
        sys.exit("dlt is not installed: in a venv of your own, pip install '.[bench]'")
    return dlt


def _by_submission(rows: Iterable[tuple[object, ...]]) -> list[list[Row]]:
    """Return the rows of each submission. In `rows` those of a submission are neighbours."""
    reports = []
    for _, group in itertools.groupby(rows, key=lambda row: row[0]):
        reports.append([dict(zip(COLUMNS, row, strict=True)) for row in group])
    return reports


def _merged(dlt: Any, url: str, runs: Sequence[Sequence[list[Row]]], form: str | None) -> float:
    """Merge the reports of each run of dlt; return CPU seconds of all runs.

    Raises:
        AssertionError: A row did not arrive, or arrived twice.

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
    # dlt accepts no socket folder as a host; libpq takes the folder from the query instead.
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
