"""One good and one bad example of every rule against other reports, as data: `suites/examples/history.yaml`, `across.yaml`.

A world is what came first, in that order, and then a report that is good in one world and bad in the other. Each is the good
report of its form's examples, but for the figures that are written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from pydantic import Field

from expectations.examples import EXAMPLES, Report, changed, line_row, load_examples, reading_of
from expectations.places import Place
from program.configuration import Model, load_model
from program.form import Form
from program.pack import Pack
from program.period import Period
from program.reading import Reading
from program.stage import Stage


class Sent(Model):
    """A report that each of `units` sent: `figures` change the good one of its form, or stand `alone`."""

    form: str
    period: str
    units: tuple[str, ...] = ("942",)
    stage: Stage = Stage.FINAL
    figures: Report = Field(default_factory=dict)
    alone: bool = False


class Example(Model):
    """What came `first`, and then the report `then` with the `good` or the `bad` figures.

    The rule must name the cell of `column` on the line `at` of the bad one; without `at` the column's sheet, without
    `column` the report as a whole. `also` are rules that such a report cannot but break too, at other cells.
    """

    first: tuple[Sent, ...] = Field(min_length=1)
    then: Sent
    good: Report
    bad: Report
    at: str = ""
    column: str = ""
    also: tuple[str, ...] = ()


class OtherReports(Model):
    """A file of examples. `forms` are layouts that they need and no pack has, in the format of a pack's forms."""

    forms: tuple[Form, ...] = ()
    rules: dict[str, Example]


@dataclass(frozen=True, slots=True)
class World:
    """Readings in the order in which they came, each with the figures that were written of it; the last one is judged."""

    readings: tuple[Reading, ...]
    written: tuple[Report, ...]


def load_other_reports(name: str) -> OtherReports:
    """Return the examples `history` or `across`. Raises ConfigurationError where the file is missing or wrong."""
    return load_model(EXAMPLES / f"{name}.yaml", OtherReports)


def with_forms(pack: Pack, examples: OtherReports) -> Pack:
    """Return the pack with the forms that the examples bring themselves."""
    return replace(pack, forms=(*pack.forms, *examples.forms))


def worlds_of(examples: OtherReports, pack: Pack, first: int) -> dict[str, tuple[World, World]]:
    """Return each rule's good world and its bad one; their deliveries are numbered from `first`, no number twice."""
    numbers, goods = count(first), _good_reports(examples)
    worlds = {}
    for rule, example in examples.rules.items():
        good, bad = (
            _world([*example.first, _with(example.then, figures)], goods, pack, numbers)
            for figures in (example.good, example.bad)
        )
        worlds[rule] = good, bad
    return worlds


def _good_reports(examples: OtherReports) -> dict[str, Report]:
    forms = {sent.form for e in examples.rules.values() for sent in (*e.first, e.then) if not sent.alone}
    return {form: load_examples(form).good for form in sorted(forms)}


def _with(sent: Sent, more: Report) -> Sent:
    """Return a report with `more` figures; lines that are not there stay named."""
    figures = dict(sent.figures)
    for table, lines in more.items():
        known = figures.get(table, {})
        figures[table] = known | {line: values and {**(known.get(line) or {}), **values} for line, values in lines.items()}
    return sent.model_copy(update={"figures": figures})


def _world(came: Sequence[Sent], goods: Mapping[str, Report], pack: Pack, numbers: Iterator[int]) -> World:
    sent = [(report, unit) for report in came for unit in report.units]
    readings = (_read(report, unit, goods, pack, next(numbers)) for report, unit in sent)
    return World(tuple(readings), tuple(report.figures for report, _ in sent))


def _read(sent: Sent, unit: str, goods: Mapping[str, Report], pack: Pack, number: int) -> Reading:
    report = changed({} if sent.alone else goods[sent.form], sent.figures)
    reading = reading_of(report, sent.form, Period.parse(sent.period), pack, number)
    return replace(reading, unit_code=unit, stage=sent.stage)


def place_in(example: Example, last: Reading) -> Place:
    """Return where in the last report the rule must point."""
    form = last.form
    if form is None or not example.column:
        return None, None
    table = next(table for table in form.tables if example.column in {column.name for column in table.columns})
    read = last.tables[table.name]
    return read.sheet, read.cell(example.column, line_row(table, read, example.at)) if example.at else None
