"""What Python compiles is kept, on a machine too whose environment says otherwise."""

import os
import subprocess
import sys

from program.settings import ROOT


def test_make_lets_python_keep_what_it_compiles() -> None:
    printed = subprocess.run(
        ["make", "--eval", 'show: ; @echo "[$$PYTHONDONTWRITEBYTECODE]"', "show"],
        cwd=ROOT,
        # `make test` passes its own options on to this make, which then prints its folder.
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1", "MAKEFLAGS": "", "MAKELEVEL": "0"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert printed.stdout == "[]\n"


def test_the_tests_and_the_processes_that_they_start_keep_it_too() -> None:
    assert not sys.dont_write_bytecode
    assert "PYTHONDONTWRITEBYTECODE" not in os.environ
