"""One good and one bad example of every rule against other reports, as data.

The files are `suites/examples/history.yaml` and `across.yaml`. A scenario is a sequence of reports.
Its last one is good in one scenario and bad in the other. Each is the good report of its form's
examples, but for the figures that are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from itertools import count

from pydantic import Field

from expectations.docs.examples import (
    EXAMPLES,
    Report,
    changed,
    line_row,
    load_examples,
    reading_of,
)
from expectations.findings.cells import CellRef
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.form import Form
from program.forms.table import Table
from program.pack.pack import Pack
from program.pack.yaml_file import Model, load_model
from program.parsed_report import ParsedReport


class ScenarioReport(Model):
    """A report that each of `units` sent.

    `figures` change the good report of its form, or are all that it has (`alone`). It arrives 15
    days after its period, or on `received_on`. `saved` is the day that its file claims.
    """

    form: str
    period: str
    units: tuple[str, ...] = ("942",)
    stage: Stage = Stage.FINAL
    figures: Report = Field(default_factory=dict)
    alone: bool = False
    received_on: date | None = None
    saved: date | None = None


class ScenarioExample(Model):
    """What came `first`, and then the report `then` with the `good` or the `bad` figures.

    The rule must name the cell of `column` on the line `at` of the bad one; without `at` the
    column's sheet, without `column` the report as a whole. `good_saved` and `bad_saved` are the
    days that the two files claim. `also` are the rules that such a report cannot but break too, at
    other cells, each with the number of its findings. It names the rule itself where two lines
    that were mixed up break it.
    """

    first: tuple[ScenarioReport, ...] = Field(min_length=1)
    then: ScenarioReport
    good: Report
    bad: Report
    good_saved: date | None = None
    bad_saved: date | None = None
    at: str = ""
    column: str = ""
    also: dict[str, int] = Field(default_factory=dict)


class ScenarioFile(Model):
    """A file of examples.

    `forms` are layouts that they need and no pack has, in the format of a pack's forms.
    """

    forms: tuple[Form, ...] = ()
    rules: dict[str, ScenarioExample]


@dataclass(frozen=True, slots=True)
class Scenario:
    """Readings in the order of arrival, each with the figures that are written of it."""

    readings: tuple[ParsedReport, ...]
    written: tuple[Report, ...]


def load_scenarios(name: str) -> ScenarioFile:
    """Return the examples `history` or `across`.

    Raises ConfigurationError if the file is missing or wrong.
    """
    return load_model(EXAMPLES / f"{name}.yaml", ScenarioFile)


def with_forms(pack: Pack, examples: ScenarioFile) -> Pack:
    """Return the pack with the forms that the examples bring themselves."""
    return replace(pack, forms=(*pack.forms, *examples.forms))


def scenarios_of(
    examples: ScenarioFile,
    pack: Pack,
    first: int,
) -> dict[str, tuple[Scenario, Scenario]]:
    """Return each rule's good scenario and its bad one.

    Their deliveries are numbered from `first`, no number twice.
    """
    numbers = count(first)
    goods = _good_reports(examples)
    scenarios: dict[str, tuple[Scenario, Scenario]] = {}
    for rule, example in examples.rules.items():
        good = [*example.first, _with(example.then, example.good, example.good_saved)]
        bad = [*example.first, _with(example.then, example.bad, example.bad_saved)]
        scenarios[rule] = (
            _scenario(good, goods, pack, numbers),
            _scenario(bad, goods, pack, numbers),
        )
    return scenarios


def _good_reports(examples: ScenarioFile) -> dict[str, Report]:
    """Return the good report of each form that the examples start from."""
    forms: set[str] = set()
    for example in examples.rules.values():
        sent_reports = (*example.first, example.then)
        forms |= {sent.form for sent in sent_reports if not sent.alone}
    return {form: load_examples(form).good for form in sorted(forms)}


def _with(sent: ScenarioReport, more: Report, saved: date | None) -> ScenarioReport:
    """Return a report with `more` figures; a line that is not there stays named, as None."""
    figures = dict(sent.figures)
    for table, changes in more.items():
        lines = dict(figures.get(table, {}))
        for key, values in changes.items():
            if values:
                earlier = lines.get(key) or {}
                lines[key] = {**earlier, **values}
            else:
                lines[key] = values
        figures[table] = lines
    return sent.model_copy(update={"figures": figures, "saved": saved})


def _scenario(
    reports: Sequence[ScenarioReport],
    goods: Mapping[str, Report],
    pack: Pack,
    numbers: Iterator[int],
) -> Scenario:
    readings: list[ParsedReport] = []
    written: list[Report] = []
    for report in reports:
        for unit in report.units:
            readings.append(_read(report, unit, goods, pack, next(numbers)))
            written.append(report.figures)
    return Scenario(tuple(readings), tuple(written))


def _read(
    sent: ScenarioReport,
    unit: str,
    goods: Mapping[str, Report],
    pack: Pack,
    number: int,
) -> ParsedReport:
    good: Report = {} if sent.alone else goods[sent.form]
    report = changed(good, sent.figures)
    period = Period.parse(sent.period)
    reading = reading_of(report, sent.form, period, pack, number)
    delivery = reading.delivery
    if sent.received_on is not None:
        received = datetime.combine(sent.received_on, datetime.min.time(), UTC)
        delivery = replace(delivery, received_at=received)
    if sent.saved is not None:
        claim = datetime.combine(sent.saved, time(3), UTC)
        delivery = replace(delivery, offered_at=claim)
    return replace(reading, unit_code=unit, stage=sent.stage, delivery=delivery)


def place_in(example: ScenarioExample, last: ParsedReport) -> CellRef:
    """Return where in the last report the rule must point."""
    form = last.form
    column = example.column
    if form is None or not column:
        return None, None
    table = _table_with(form, column)
    read = last.tables[table.name]
    if not example.at:
        return read.sheet, None
    row = line_row(table, read, example.at)
    return read.sheet, read.cell(column, row)


def _table_with(form: Form, column: str) -> Table:
    """Return the first table of a form that has a column. Raises LookupError if none has it."""
    for table in form.tables:
        if any(each.name == column for each in table.columns):
            return table
    raise LookupError(f"{form.code}: no table has the column {column}")
