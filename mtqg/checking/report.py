"""What a check prints for a person: each file's verdict and findings, and a table of all files. JSON is in `check_json.py`."""

import os
from collections import Counter
from pathlib import Path

from rich.table import Table
from rich.text import Text

from expectations.rules import Language
from mtqg.checking.files import shown
from mtqg.checking.groups import Group, by_sheet
from mtqg.checking.verdicts import Checked, Failure
from mtqg.checking.words import PHRASES
from mtqg.console import VERDICT_STYLES, out
from program.finding import Severity
from program.form import Form
from program.pack import Pack
from program.submission import Submission, Verdict

_STYLES = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_CELLS_NAMED = 12
_VALUE_SHOWN = 24


class TextReport:
    """Each file as it comes, for a person to act on, and a table of all at the end where there are several."""

    def __init__(self, pack: Pack, lang: Language, *, show_all: bool, is_one_file: bool) -> None:
        self._pack = pack
        self._words = PHRASES[lang]
        self._show_all = show_all
        self._is_one_file = is_one_file
        self._rows: list[tuple[str, str, Verdict, int, int]] = []

    def add(self, checked: Checked) -> None:
        """Print the verdict on one report, and its findings."""
        counts = Counter(finding.severity for finding in checked.findings)
        name = shown(Path(checked.path.name) if self._is_one_file else checked.path)
        part = checked.submission.part if checked.submission else 1
        label = f" ({self._words.part.format(number=part)})" if part > 1 else ""
        self._rows.append((name, label, checked.verdict, counts[Severity.CRITICAL], counts[Severity.WARNING]))
        if len(self._rows) > 1:
            out.print()
        style = f"bold {VERDICT_STYLES[checked.verdict]}"
        match checked.result:
            case Failure(kind, detail):
                _say(name, 0, "bold")
                _say(self._words.failures[kind].format(detail=detail), 0, style)
            case submission:
                between = ": " if self._is_one_file else "\n"
                out.print(Text.assemble((name + label, "bold"), between, self._about(submission)), soft_wrap=True)
                is_partial = checked.verdict.loads and counts[Severity.CRITICAL]
                _say(self._words.in_part if is_partial else self._words.verdicts[checked.verdict], 0, style)
                self._print_findings(submission, counts[Severity.INFO])

    def close(self) -> None:
        """Print the table of all files, where there are several."""
        if len(self._rows) < 2:
            return
        table = Table(show_lines=False)
        for number, heading in enumerate(self._words.headings):
            table.add_column(heading, justify="right" if number > 1 else "left", overflow="fold")
        folder = os.path.commonpath([Path(row[0]).absolute().parent for row in self._rows])
        for name, label, verdict, errors, warnings in self._rows:
            short = Text(self._words.short_verdicts[verdict], style=VERDICT_STYLES[verdict])
            table.add_row(Text(os.path.relpath(name, folder) + label), short, str(errors or ""), str(warnings or ""))
        out.print()
        out.print(table)
        counts = Counter(row[2] for row in self._rows)
        verdicts = " · ".join(
            f"{counts[verdict]} {self._words.short_verdicts[verdict]}" for verdict in Verdict if counts[verdict]
        )
        _say(self._words.total.format(count=len({row[0] for row in self._rows}), verdicts=verdicts), 0, "bold")

    def _about(self, submission: Submission) -> str:
        """Return form, unit and period as an office calls them, and what is not known of them."""
        period = submission.period.code if submission.period else None
        form = self._form(submission)
        unit = self._pack.unit_on(submission.unit_code, period)
        label = self._pack.label_of(submission.form_code, period, submission.stage)
        named = (form.short_title if form else None, unit.name if unit else None, label)
        unknown = (self._words.form, self._words.unit, self._words.period)
        return " – ".join(name or missing for name, missing in zip(named, unknown, strict=True))

    def _form(self, submission: Submission) -> Form | None:
        about = (submission.form_code, submission.form_version)
        return next((form for form in self._pack.forms if (form.code, form.version) == about), None)

    def _print_findings(self, submission: Submission, notes: int) -> None:
        form = self._form(submission)
        told = [f for f in submission.findings if self._show_all or f.severity is not Severity.INFO]
        for sheet, groups in by_sheet(told, [table.sheet for table in form.tables] if form else []):
            out.print()
            _say(self._words.sheet.format(sheet=sheet) if sheet else self._words.whole_file, 0, "bold")
            for group in groups:
                self._print_group(group)
        if notes and not self._show_all:
            _say(self._words.notes.format(count=notes), 0, "dim")

    def _print_group(self, group: Group) -> None:
        first, words = group.first, self._words
        head = Text("  ").append(f"{words.severities[first.severity]} {first.rule}", _STYLES[first.severity])
        if first.cell:
            head.append(" · ").append(words.cell.format(cell=first.cell), "bold")
        if first.value:
            head.append(f" ({words.stands.format(value=_cleaned(first.value))})")
        out.print(head, soft_wrap=True)
        _say(first.message, 4)
        if first.expected:
            _say(words.expected.format(text=first.expected), 4)
        _say(words.fix.format(text=first.fix), 4)
        if group.others:
            _say(words.others.format(count=len(group.others), cells=self._cells(group)), 4, "bold")

    def _cells(self, group: Group) -> str:
        """Return the cells of a group's others, with what stands there unless it is the same as in the first."""
        named = group.others if self._show_all else group.others[:_CELLS_NAMED]
        cells = ", ".join(
            f"{f.cell} ({_shortened(f.value)})" if f.value and f.value != group.first.value else str(f.cell) for f in named
        )
        return cells if len(named) == len(group.others) else f"{cells}, {self._words.more}"


def _shortened(value: str) -> str:
    text = _cleaned(value)
    return text if len(text) <= _VALUE_SHOWN else f"{text[: _VALUE_SHOWN - 1]}…"


def _cleaned(text: str) -> str:
    """Return `text` in one line, without what a terminal would take for a command: cells hold anything."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _say(text: str, indent: int, style: str = "") -> None:
    """Print `text` with every line of it indented, as wide as the terminal allows; as it is, one line, into a file."""
    body = Text(_cleaned(text), style=style)
    lines = body.wrap(out, max(out.width - indent, 20)) if out.is_terminal else [body]
    for line in lines:
        out.print(Text(" " * indent).append_text(line), soft_wrap=True)
