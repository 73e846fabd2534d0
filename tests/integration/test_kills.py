"""A share of `python -m tests.kills`: runs killed at named places and at random, two at once, disks full, on both databases."""

import subprocess
import sys

import pytest

from program.settings import ROOT


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_the_next_run_ends_where_an_undisturbed_one_does(database: str) -> None:
    # A process of its own: it forks runs, and this one has threads.
    command = [
        sys.executable,
        "-m",
        "tests.kills",
        "--points",
        "12",
        "--seed",
        "6",
        "--database",
        database,
    ]
    ran = subprocess.run(
        command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=1000
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert f"12 nights killed on {database}, seed 6: 0 not as they should be" in ran.stdout
