"""The strong peer: calamine, rules in vectorised pandas, one `executemany` or COPY.

All files of a form are one frame.

It reads templates by position and knows no run: no archive, no versions of a report, no history,
no comparisons, no letters, no page. Prints, as JSON, what it loaded.

Usage: python -m benchmarks.peers.strong --pack PACK --inbox INBOX --database URL
"""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from python_calamine import CalamineWorkbook

from benchmarks.peers.database import load_facts
from benchmarks.peers.given import Given, given
from benchmarks.peers.report import Report
from benchmarks.peers.rules import Check, checks_of, with_gaps
from benchmarks.peers.templates import (
    KEYS,
    Region,
    facts_of,
    files_below,
    form_of,
    regions_of,
    typed,
)

Line = list[object]


def main(asked: Given) -> None:
    """Read, check and load all files; say how much came of it."""
    files = files_below(asked.inbox, asked.files)
    regions = regions_of(asked.pack)
    frames = _frames(files, regions)
    by_name = {region.name: region for of_form in regions.values() for region in of_form}
    bad: dict[int, set[bool]] = defaultdict(set)
    findings = 0
    for name, frame in frames.items():
        found = failing(with_gaps(frame, by_name[name]), checks_of(by_name[name]))
        findings += len(found)
        for file, is_critical in found:
            bad[file].add(is_critical)
    refused = {file for file, severities in bad.items() if True in severities}
    of_tables = [facts_of(frame, by_name[name]) for name, frame in frames.items()]
    facts = pd.concat(of_tables, ignore_index=True)
    facts = facts[~facts["file"].isin(refused)]
    load_facts(asked.database, [path.name for path in files], facts)
    counts = facts.groupby("file").size()
    loaded = {files[file].name: int(count) for file, count in counts.items()}
    print(Report(len(files), findings, len(refused), loaded).as_json())


def _frames(files: Sequence[Path], regions: dict[str, list[Region]]) -> dict[str, pd.DataFrame]:
    """Return a frame of each table with the lines of all files."""
    lines: dict[str, list[Line]] = defaultdict(list)
    known: dict[str, Region] = {}
    for number, path in enumerate(files):
        with CalamineWorkbook.from_path(path) as book:
            for region in form_of(book.sheet_names, regions):
                rows = book.get_sheet_by_name(region.table.sheet).to_python(skip_empty_area=False)
                lines[region.name] += _lines(number, rows, region)
                known[region.name] = region
    return {
        name: typed(pd.DataFrame(of_table, columns=[*KEYS, *known[name].columns]), known[name])
        for name, of_table in lines.items()
        if of_table
    }


def _lines(file: int, rows: Sequence[Sequence[object]], region: Region) -> list[Line]:
    """Return the lines of a table, each behind its keys; a list ends at its first blank line."""
    width = len(region.columns) + 1
    if region.lines:
        below = rows[region.top : region.top + len(region.lines)]
        keyed = zip(region.lines, below, strict=True)
        numbered = enumerate(keyed, start=region.top + 1)
        return [[file, number, key, *row[1:width]] for number, (key, row) in numbered]
    lines: list[Line] = []
    for number, row in enumerate(rows[region.top :], start=region.top + 1):
        if not any(cell != "" for cell in row[1:width]):
            break
        lines.append([file, number, "", *row[1:width]])
    return lines


def failing(frame: pd.DataFrame, checks: Sequence[Check]) -> list[tuple[int, bool]]:
    """Return file and severity of each cell that breaks a rule."""
    found: list[tuple[int, bool]] = []
    for check in checks:
        files = frame.loc[_is_bad(frame, check), "file"]
        found += [(int(file), check.is_critical) for file in files]
    return found


def _is_bad(frame: pd.DataFrame, check: Check) -> pd.Series:
    values = frame[check.column]
    match check.kind:
        case "required":
            return values.isna()
        case "between":
            too_low = values < (float("-inf") if check.low is None else check.low)
            return too_low | (values > (float("inf") if check.high is None else check.high))
        case "in_set":
            return values.notna() & ~values.isin(check.words)
        case "not_more":
            return values > frame[check.than]
        case "unique":
            return values.notna() & frame.duplicated(["file", check.column], keep=False)


if __name__ == "__main__":
    main(given(__doc__))
