"""What is imported on use only: who asks for rules or has nothing to check does not wait for Great Expectations."""

import subprocess
import sys

import pytest

from program.settings import ROOT

_SLOW = ("great_expectations", "pandas")


@pytest.mark.parametrize(
    "module",
    [
        "expectations.rules.rule_set",
        "expectations.checking",
        "expectations.run.isolate_failures",
        "program.settings",
    ],
)
def test_a_module_that_every_command_needs_imports_nothing_slow(module: str) -> None:
    asked = f"import sys, {module}; print(*(name for name in {_SLOW} if name in sys.modules))"
    # Whoever ran this test may have imported all of it: only a fresh process can tell.
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


@pytest.mark.slow
def test_a_run_and_its_checks_never_import_the_code_of_rule_pages() -> None:
    asked = (
        "import sys, flows.nightly, expectations.run.batch_checker; "
        "print(*(name for name in sys.modules if name.startswith('expectations.docs')))"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


def test_an_intake_imports_nothing_that_publishes_or_asks_over_http() -> None:
    """It begins every 20 minutes, and finds nothing most times."""
    slow = ("openpyxl", "xlsxwriter", "requests", "flufl.bounce", "publish.mail.morning", *_SLOW)
    asked = f"import sys, flows.intake; print(*(name for name in {slow} if name in sys.modules))"
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []


def test_a_checker_that_has_nothing_to_check_imports_nothing_slow() -> None:
    asked = f"""
import sys
from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from program.pack.load import load_pack
from program.settings import ROOT

pack = load_pack(ROOT / "config" / "soc-trang")
checker = Checker(pack, RuleSet(pack), "empty run")
assert checker.check([]) == []
assert checker.compare([]) == []
print(*(name for name in {_SLOW} if name in sys.modules))
"""
    told = subprocess.run(
        [sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert told.stdout.split() == []
