"""Fill in templates, have LibreOffice compute and save them, and check what it saved.

A machine may lack LibreOffice: the test suite has the same property with workbooks that openpyxl
saved (`tests/unit/test_template_and_rules.py`). Run this after a change of templates or reader. Ends with 1 where a workbook is asked about or kept out.

Usage: python -m tests.template_in_libreoffice [--subsets 20] [--format xlsx] [--first 0]
"""

import argparse
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.filled_templates import Filled, asks, check, complete_reports, with_empty_cells

_SECONDS = 3600


def main() -> int:
    """Write, convert, check and print; return how the program ends."""
    given = _arguments()
    seeds = range(given.first, given.first + given.subsets)
    reports = complete_reports()
    filled = [with_empty_cells(report, seed) for report in reports for seed in seeds]
    contents = _saved_by_libreoffice(filled, given.format)
    refused: Counter[str] = Counter()
    for number, (each, findings) in enumerate(zip(filled, check(filled, contents), strict=True)):
        asked = asks(findings)
        refused[each.name] += bool(asked)
        for finding in asked:
            seed = seeds[number % len(seeds)]
            print(f"{each.name} seed {seed}: {finding.rule} {finding.sheet} {finding.cell}")
            print(f"  {finding.message}")
    for name, count in refused.items():
        print(f"{count:4} of {len(seeds)} refused or asked about: {name}")
    total = sum(refused.values())
    print(f"{len(reports)} forms × {len(seeds)} subsets as .{given.format}: {total} refused")
    return 1 if total else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Check templates that LibreOffice saved.")
    parser.add_argument("--subsets", type=int, default=20, help="of optional cells a form")
    parser.add_argument("--first", type=int, default=0, help="seed of the first subset")
    parser.add_argument("--format", default="xlsx", choices=("xlsx", "xls", "ods"))
    return parser.parse_args()


def _saved_by_libreoffice(filled: list[Filled], suffix: str) -> list[bytes]:
    """Return the workbooks with their formulas computed, as LibreOffice saves them."""
    with tempfile.TemporaryDirectory(prefix="mtqg-libreoffice-") as name:
        folder = Path(name)
        (folder / "typed").mkdir()
        for number, each in enumerate(filled):
            (folder / "typed" / f"{number:05}.xlsx").write_bytes(each.typed())
        command = [
            "soffice",
            "--headless",
            f"-env:UserInstallation={(folder / 'profile').as_uri()}",
            "--convert-to",
            suffix,
            "--outdir",
            str(folder / "saved"),
            *map(str, sorted((folder / "typed").iterdir())),
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS)
        saved = [folder / "saved" / f"{number:05}.{suffix}" for number in range(len(filled))]
        return [path.read_bytes() for path in saved]


if __name__ == "__main__":
    sys.exit(main())
