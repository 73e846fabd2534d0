"""A trace as text for the terminal."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from mtqg.console import out, print_plain
from mtqg.tracing.figures import MissingPart, Trace, TracedFigure, TracedSum, WhyMissing
from program.calendar.stage import Stage
from program.forms.form import Form
from program.pack.catalogue import Indicator, IndicatorKind
from program.records.query_rows import TracedFact
from program.tools.field_places import is_field
from program.units.unit import Unit
from program.vietnamese import format_instant, format_number
from warehouse.queries.tracing import FigureDoubt

_BASES = {
    "sum_of_districts": "sum of the districts",
    "sum_of_communes": "sum of the communes",
}
_WHY = {
    WhyMissing.NOTHING_CAME: "nothing came",
    WhyMissing.TO_CORRECT: "came, and waits for a correction",
    WhyMissing.NO_FIGURE: "accepted, and has no such figure",
}


@dataclass(frozen=True, slots=True)
class TraceText:
    """Prints a trace. `form` is the form in force, `current_state` how a current fact is called.

    `opens_sums`: sums are printed with their parts even where the unit has a figure of its own.
    """

    form: Form | None
    current_state: str
    opens_sums: bool

    def print(self, trace: Trace) -> None:
        """Print the figure of the unit, and the sums of the units below."""
        unit = f"unit {trace.unit.code} {trace.unit.name}"
        out.print(f"[bold]{trace.indicator.code}[/] {trace.indicator.name}", soft_wrap=True)
        out.print(f"{unit} · {trace.period.code}", soft_wrap=True)
        if trace.own is not None:
            out.print()
            self._print_own(trace.own, trace.indicator)
        for summed in trace.sums:
            out.print()
            is_open = self.opens_sums or trace.own is None
            self._print_sum(summed, trace.indicator, is_open=is_open)

    def _print_own(self, own: TracedFigure, indicator: Indicator) -> None:
        out.print(f"reported{_stage(own.stage)}: [bold]{_figure(own.value, indicator)}[/]")
        self._print_facts(own.facts)
        _print_doubts(own)

    def _print_sum(self, summed: TracedSum, indicator: Indicator, *, is_open: bool) -> None:
        row = summed.row
        coverage = f"{row.reported}/{row.units} units"
        if row.expected != row.units:
            coverage += f", {row.expected} of them asked or sent unasked"
        basis = f"{_BASES[row.basis]}{_stage(row.stage)}"
        figure = _figure(summed.value, indicator)
        out.print(f"{basis}: [bold]{figure}[/] · {coverage}{_marks(summed)}", soft_wrap=True)
        if not is_open:
            print_plain("  --sum opens it into its parts")
            return
        for line in _named_units(summed):
            print_plain(f"  {line}")
        for part in summed.parts:
            out.print()
            figure = _figure(part.value, indicator)
            out.print(f"{part.unit.code} {part.unit.name}: [bold]{figure}[/]", soft_wrap=True)
            self._print_facts(part.facts)
            _print_doubts(part)

    def _print_facts(self, facts: Sequence[TracedFact]) -> None:
        """Print the facts of each version with their cells, then once the file that they are of."""
        versions = groupby(facts, key=lambda fact: fact.submission_id)
        for position, (_, of_version) in enumerate(versions):
            version = list(of_version)
            if position:
                out.print()
            for fact in version:
                place = _place(fact.sheet, fact.cell)
                name = "field" if is_field(fact.sheet) else "cell"
                _print_line(f"{fact.element} = {_fact_value(fact)}", self._state(fact))
                _print_line(name, f"{place}{_lines_of_summary(fact, self.form)}")
            for name, text in _file_lines(version[0]):
                _print_line(name, text)
            for fact in version:
                for finding in fact.findings:
                    severity = finding.severity.value
                    print_plain(f"  {severity} {finding.rule}: {finding.message}", style="yellow")

    def _state(self, fact: TracedFact) -> str:
        if fact.known_to is None:
            return self.current_state
        return f"current until {format_instant(fact.known_to)}"


def _place(sheet: str, cell: str) -> str:
    """Return where a value stands: a cell of a workbook, or a field of a form tool."""
    return sheet if is_field(sheet) else f'sheet "{sheet}", cell {cell}'


def _print_line(name: str, text: str) -> None:
    # Without markup: a file's name may hold square brackets.
    print_plain(f"  {name:<12} {text}")


def _file_lines(fact: TracedFact) -> Iterator[tuple[str, str]]:
    synthetic = " (synthetic)" if fact.is_synthetic else ""
    sender = fact.sender_unit or "unknown"
    verdict = fact.verdict.value
    yield "file", f"{fact.name}{synthetic}"
    yield "sha256", fact.sha256
    yield "sender", f'unit {sender}, by {fact.channel} "{fact.source}"'
    yield "received", format_instant(fact.received_at)
    yield "submission", f"{fact.submission_id}, version {fact.version}, {verdict}"
    yield "rules", fact.rule_set_version
    yield "loaded", format_instant(fact.loaded_at)


def _print_doubts(figure: TracedFigure) -> None:
    """Print what is in doubt in the parts of a figure; findings at its own cell stand there."""
    own_cells = {(fact.sheet, fact.cell) for fact in figure.facts if fact.known_to is None}
    for doubt in figure.doubts:
        if doubt.message is None or (doubt.sheet, doubt.cell) not in own_cells:
            print_plain(f"  {_doubt(doubt)}", style="yellow")


def _doubt(doubt: FigureDoubt) -> str:
    where = _place(doubt.sheet, doubt.cell)
    if doubt.message is None:
        return f"in doubt: {doubt.element}, {where}: a word stands before the figure"
    return f"in doubt: {doubt.element}, {where}: {doubt.rule}: {doubt.message}"


def _marks(summed: TracedSum) -> str:
    marks = []
    if not summed.row.is_enough:
        marks.append("not enough reports to count")
    if summed.row.doubtful:
        marks.append(f"{summed.row.doubtful} reports in doubt")
    if summed.row.is_synthetic:
        marks.append("synthetic")
    return "".join(f" · {mark}" for mark in marks)


def _named_units(summed: TracedSum) -> Iterator[str]:
    """Yield the lines that name the units that are not in a sum, or in doubt in it."""
    for why, parts in groupby(sorted(summed.missing, key=_reason), key=_reason):
        yield f"missing, {_WHY[why]}: {_names([part.unit for part in parts])}"
    if summed.not_asked:
        yield f"not asked, and nothing came: {_names(summed.not_asked)}"
    if summed.shared:
        yield f"in no sum, with land of several districts: {_names(summed.shared)}"
    in_doubt = [part.unit for part in summed.parts if part.doubts]
    if in_doubt:
        yield f"in doubt: {_names(in_doubt)}"


def _reason(part: MissingPart) -> WhyMissing:
    return part.why


def _names(units: Sequence[Unit]) -> str:
    return ", ".join(f"{unit.code} {unit.name}" for unit in units)


def _stage(stage: Stage) -> str:
    return " (estimate)" if stage is Stage.ESTIMATE else ""


def _figure(value: float | None, indicator: Indicator) -> str:
    if value is None:
        return "no value now"
    if indicator.kind is IndicatorKind.YES_NO:
        return "yes" if value else "no"
    return f"{format_number(value)} {indicator.unit}"


def _fact_value(fact: TracedFact) -> str:
    """Return a fact as its sender meant it: "trên 1.200", a word of a vocabulary, a number."""
    value = fact.text if fact.value is None else format_number(fact.value)
    if fact.qualifier:
        return f"{fact.qualifier.label} {value}"
    return str(value)


def _lines_of_summary(fact: TracedFact, form: Form | None) -> str:
    """Return which lines of a list a summary is about; "" for all lines, or for no summary."""
    tables = form.tables if form else ()
    for table in tables:
        summary = table.summaries.get(fact.element)
        if summary is None:
            continue
        conditions = [f"{column} is {word}" for column, word in summary.where.items()]
        if not conditions:
            return ""
        return f", of the lines where {' and '.join(conditions)}"
    return ""
