"""What a check prints for a person: each file's verdict and findings, then a table of all files.

The JSON for programs is in `as_json`.
"""

import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.table import Table
from rich.text import Text

from expectations.rules.rule_set import Language
from mtqg.checking.files import shown
from mtqg.checking.phrases import PHRASES
from mtqg.checking.verdicts import Checked, CheckFailure
from mtqg.console import VERDICT_STYLES, out
from program.finding import Finding, Severity
from program.finding_groups import Group, by_sheet
from program.forms.form import Form
from program.pack.pack import Pack
from program.submission import Submission, Verdict

_STYLES = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_CELLS_NAMED = 12
_VALUE_SHOWN = 24
_LEAST_WIDTH = 20


@dataclass(frozen=True, slots=True)
class _Row:
    """One report in the table of all files. `label` tells it from the file's other reports."""

    name: str
    label: str
    verdict: Verdict
    errors: int
    warnings: int


class TextReport:
    """Prints each file's result as it comes, and a table at the end where there are several."""

    def __init__(
        self,
        pack: Pack,
        lang: Language,
        *,
        show_all: bool,
        is_one_file: bool,
    ) -> None:
        self._pack = pack
        self._words = PHRASES[lang]
        self._show_all = show_all
        self._is_one_file = is_one_file
        self._rows: list[_Row] = []

    def add(self, checked: Checked) -> None:
        """Print the verdict on one report, and its findings."""
        if self._rows:
            out.print()
        counts = Counter(finding.severity for finding in checked.findings)
        row = _Row(
            name=shown(Path(checked.path.name) if self._is_one_file else checked.path),
            label=self._part_label(checked.submission),
            verdict=checked.verdict,
            errors=counts[Severity.CRITICAL],
            warnings=counts[Severity.WARNING],
        )
        self._rows.append(row)
        match checked.result:
            case CheckFailure() as failure:
                self._print_failure(failure, row)
            case submission:
                self._print_submission(submission, row)

    def close(self) -> None:
        """Print the table of all files, where there are several."""
        if len(self._rows) < 2:
            return
        out.print()
        out.print(self._table())
        words = self._words.short_verdicts
        counts = Counter(row.verdict for row in self._rows)
        verdicts = [f"{counts[verdict]} {words[verdict]}" for verdict in Verdict if counts[verdict]]
        # A file may have several rows.
        files = {row.name for row in self._rows}
        total = self._words.total.format(count=len(files), verdicts=" · ".join(verdicts))
        _print_wrapped(total, style="bold")

    def _table(self) -> Table:
        table = Table(show_lines=False)
        name, verdict, errors, warnings = self._words.headings
        # Names and verdicts are on the left, counts on the right.
        for heading in (name, verdict):
            table.add_column(heading, overflow="fold")
        for heading in (errors, warnings):
            table.add_column(heading, justify="right", overflow="fold")
        # Names are relative to the folder that all files share.
        folders = [Path(row.name).absolute().parent for row in self._rows]
        common = os.path.commonpath(folders)
        for row in self._rows:
            relative_name = os.path.relpath(row.name, common)
            verdict_text = self._words.short_verdicts[row.verdict]
            style = VERDICT_STYLES[row.verdict]
            table.add_row(
                Text(f"{relative_name}{row.label}"),
                Text(verdict_text, style=style),
                str(row.errors or ""),
                str(row.warnings or ""),
            )
        return table

    def _part_label(self, submission: Submission | None) -> str:
        if submission is None or submission.report_no == 1:
            return ""
        return f" ({self._words.report_no.format(number=submission.report_no)})"

    def _print_failure(self, failure: CheckFailure, row: _Row) -> None:
        _print_wrapped(row.name, style="bold")
        text = self._words.failures[failure.kind].format(detail=failure.detail)
        _print_wrapped(text, style=_verdict_style(row.verdict))

    def _print_submission(self, submission: Submission, row: _Row) -> None:
        name = f"{row.name}{row.label}"
        between = ": " if self._is_one_file else "\n"
        title = Text.assemble((name, "bold"), between, self._about(submission))
        out.print(title, soft_wrap=True)
        verdict = self._words.verdicts[row.verdict]
        # A loaded report with errors: only the lines with the errors are left out.
        if row.verdict.loads and row.errors:
            verdict = self._words.in_part
        _print_wrapped(verdict, style=_verdict_style(row.verdict))
        self._print_findings(submission)

    def _about(self, submission: Submission) -> str:
        """Return form, unit and period by their printed names, or that they are unknown."""
        period = submission.period.code if submission.period else None
        form = self._form(submission)
        unit = self._pack.unit_on(submission.unit_code, period)
        period_label = self._pack.label_of(submission.form_code, period, submission.stage)
        parts = (
            form.short_title if form else self._words.form,
            unit.name if unit else self._words.unit,
            period_label or self._words.period,
        )
        return " – ".join(parts)

    def _form(self, submission: Submission) -> Form | None:
        for form in self._pack.forms:
            is_same = form.code == submission.form_code
            if is_same and form.version == submission.form_version:
                return form
        return None

    def _print_findings(self, submission: Submission) -> None:
        listed = submission.findings
        if not self._show_all:
            listed = tuple(f for f in listed if f.severity is not Severity.INFO)
        form = self._form(submission)
        sheets = [table.sheet for table in form.tables] if form else []
        for sheet, groups in by_sheet(listed, sheets):
            self._print_sheet(sheet, groups)
        notes = len(submission.findings) - len(listed)
        if notes:
            _print_wrapped(self._words.notes.format(count=notes), style="dim")

    def _print_sheet(self, sheet: str | None, groups: Sequence[Group]) -> None:
        out.print()
        heading = self._words.sheet.format(sheet=sheet) if sheet else self._words.whole_file
        _print_wrapped(heading, style="bold")
        for group in groups:
            self._print_group(group)

    def _print_group(self, group: Group) -> None:
        first = group.first
        words = self._words
        out.print(self._heading_of(first), soft_wrap=True)
        _print_wrapped(first.message, indent=4)
        if first.expected:
            _print_wrapped(first.expected, indent=4)
        fix = words.fix.format(text=first.fix)
        _print_wrapped(fix, indent=4)
        if group.others:
            count = len(group.others)
            others = words.others.format(count=count, cells=self._cells(group))
            _print_wrapped(others, indent=4, style="bold")

    def _heading_of(self, finding: Finding) -> Text:
        """Return the severity and the rule of a finding, with its cell and value if it has them."""
        words = self._words
        severity = words.severities[finding.severity]
        heading = Text("  ")
        heading.append(f"{severity} {finding.rule}", _STYLES[finding.severity])
        if finding.cell:
            cell = words.cell.format(cell=finding.cell)
            heading.append(" · ")
            heading.append(cell, "bold")
        if finding.value:
            value = words.value.format(value=_cleaned(finding.value))
            heading.append(f" ({value})")
        return heading

    def _cells(self, group: Group) -> str:
        """Return the cells of a group's other findings, with a value that differs from the first.

        The first 12 cells only, unless all are to be shown.
        """
        named: Sequence[Finding] = group.others
        if not self._show_all:
            named = named[:_CELLS_NAMED]
        cells = list(_cells_with_values(named, group.first.value))
        if len(named) < len(group.others):
            cells.append(self._words.more)
        return ", ".join(cells)


def _cells_with_values(findings: Sequence[Finding], usual: str | None) -> Iterator[str]:
    for finding in findings:
        if finding.value and finding.value != usual:
            yield f"{finding.cell} ({_shortened(finding.value)})"
        else:
            yield str(finding.cell)


def _verdict_style(verdict: Verdict) -> str:
    return f"bold {VERDICT_STYLES[verdict]}"


def _shortened(value: str) -> str:
    text = _cleaned(value)
    if len(text) <= _VALUE_SHOWN:
        return text
    return f"{text[: _VALUE_SHOWN - 1]}…"


def _cleaned(text: str) -> str:
    """Return a text in one line without control characters.

    A cell may hold anything, and a terminal would take a control character as a command.
    """
    printable = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(printable.split())


def _print_wrapped(text: str, *, indent: int = 0, style: str = "") -> None:
    """Print a text with each line indented. It wraps on a terminal only: a file gets one line."""
    body = Text(_cleaned(text), style=style)
    if out.is_terminal:
        width = max(out.width - indent, _LEAST_WIDTH)
        lines = list(body.wrap(out, width))
    else:
        lines = [body]
    for line in lines:
        out.print(Text(" " * indent).append_text(line), soft_wrap=True)
