"""The clock of the benchmarks: a command with the processes below it, a client with its server."""

import os
import sys
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from benchmarks.cpu import cost_of, measured
from tests.postgres import Postgres
from warehouse.database.backends import warehouse_url

BUSY_CHILD = """
import subprocess, sys
print("said")
child = "held = bytearray(200 << 20); sum(range(20_000_000))"
subprocess.run([sys.executable, "-c", child], check=True)
"""


def test_a_command_costs_what_its_children_take_too(tmp_path: Path) -> None:
    cost = cost_of([sys.executable, "-c", BUSY_CHILD], tmp_path, dict(os.environ))
    (child,) = cost.others.values()
    assert child.seconds > cost.main.seconds > 0
    assert cost.seconds == cost.main.seconds + child.seconds
    assert child.peak > 200
    assert cost.main.peak < 100
    assert cost.output == "said\n"


def test_a_command_that_fails_is_no_measurement(tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "import sys; print('no such thing'); sys.exit(3)"]
    with pytest.raises(SystemExit, match=r"ended with 3:\nno such thing"):
        cost_of(failing, tmp_path, dict(os.environ))


def test_what_the_server_takes_is_counted_with_what_its_client_takes(postgres: Postgres) -> None:
    with postgres.new_database() as url:
        engine = create_engine(warehouse_url(url))
        with engine.connect() as connection, measured(url) as both, measured() as client:
            connection.execute(text("SELECT sum(sqrt(i)) FROM generate_series(1, 1000000) AS i"))
        engine.dispose()
    assert both.seconds - client.seconds > client.seconds
