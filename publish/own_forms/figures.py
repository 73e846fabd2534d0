"""What a place of a province's own form asks for, and the figure with the cells that it is from.

A place names an indicator (`T05`) or a figure of a form (`training.participants_total`), of the
province or of a unit (`T05.942`).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cached_property

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.forms.elements import FormElement, form_elements
from program.forms.form import Form
from program.forms.measure import PERCENT_SIGN, to_printed
from program.pack.catalogue import Indicator, IndicatorKind
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow, ReportingRow, TracedFact
from program.units.unit import Unit, UnitKind
from program.vietnamese import format_date, format_number
from warehouse.database.engine import Warehouse
from warehouse.queries.report_facts import ReportFact, report_facts
from warehouse.queries.reports import progress_in, reporting
from warehouse.queries.tracing import trace


@dataclass(frozen=True, slots=True)
class FigureOrigin:
    """A cell of a unit's file that a figure is made of. `received_at` is an instant."""

    unit: str
    element: str
    value: str
    file: str
    sheet: str
    cell: str
    sender: str
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FilledFigure:
    """A figure as a form gets it.

    `value` is None if nobody reported it: its place stays empty. `coverage` says of how many units
    it is. `target` is in words, "" if there is none.
    """

    place: str
    label: str
    unit: str
    measure: str
    value: float | None
    coverage: str = ""
    target: str = ""
    is_doubtful: bool = False
    origins: tuple[FigureOrigin, ...] = ()

    @property
    def text(self) -> str:
        """The figure as a Vietnamese reader expects it; "" if it is unknown."""
        return "" if self.value is None else format_number(self.value, decimals=1)


@dataclass
class FigureSource:
    """Finds the figures of one period, and keeps each that was asked for, in that order.

    `figures` are those that are known already: the warehouse is not asked for them.
    """

    warehouse: Warehouse
    pack: Pack
    period: Period
    day: date
    figures: dict[str, FilledFigure] = field(default_factory=dict)
    # A form of the province asks for many figures of few forms and units: each is read once.
    _facts: dict[str, dict[str, dict[str, ReportFact]]] = field(default_factory=dict)
    _progress: dict[str, list[ProgressRow]] = field(default_factory=dict)

    @cached_property
    def _reports(self) -> list[ReportingRow]:
        return reporting(self.warehouse, self.period.code)

    @property
    def words(self) -> dict[str, str]:
        """The texts that a form may ask for, by the names of their places."""
        return {
            "period": self.period.label,
            "day": format_date(self.day),
            "office": self.pack.program.office,
            "province": self.pack.province.name,
            "program": self.pack.program.name,
        }

    def find(self, place: str) -> FilledFigure:
        """Return what `place` asks for. Raises UsageError if there is no such figure or unit."""
        if place not in self.figures:
            self.figures[place] = self._found(place)
        return self.figures[place]

    def _found(self, place: str) -> FilledFigure:
        first, *rest = place.split(".")
        forms = {form.code for form in self.pack.forms}
        indicator = self._indicator(first)
        if indicator is not None:
            return self._of_indicator(place, indicator, self._unit(place, rest))
        if first in forms and rest:
            element, *unit = rest
            return self._of_element(place, first, element, self._unit(place, unit))
        raise UsageError(f"{place!r}: no indicator and no form of the pack is called {first!r}")

    def _indicator(self, code: str) -> Indicator | None:
        """Return an indicator by its code; a name in Excel has "_" where the code has "-"."""
        wanted = code.replace("_", "-").casefold()
        found = (each for each in self.pack.indicators if each.code.casefold() == wanted)
        return next(found, None)

    def _unit(self, place: str, rest: Sequence[str]) -> Unit:
        if not rest:
            return self.pack.province
        unit = self.pack.unit_on(rest[0], self.period.code)
        if unit is None or len(rest) > 1:
            raise UsageError(f"{place!r}: no unit has the code {'.'.join(rest)!r}")
        return unit

    def _of_indicator(self, place: str, indicator: Indicator, unit: Unit) -> FilledFigure:
        rows = self._progress_of(unit)
        of_indicator = [row for row in rows if row.indicator_code == indicator.code]
        # The unit's own report first; of two levels below it, the one with more reports.
        of_indicator.sort(key=lambda row: (row.basis != "reported", -row.reported))
        if not of_indicator:
            return FilledFigure(place, indicator.name, unit.name, indicator.unit, None)
        row = of_indicator[0]
        elements = [name for name in (indicator.numerator, indicator.denominator) if name]
        units = self._parts(row, indicator.form or "", unit)
        return FilledFigure(
            place,
            indicator.name,
            unit.name,
            indicator.unit,
            None if row.actual is None else indicator.printed(row.actual),
            _coverage(row.basis, row.reported, row.expected),
            _target(row, indicator),
            row.is_flagged,
            tuple(self._origins(indicator.form or "", elements, units, row.stage)),
        )

    def _progress_of(self, unit: Unit) -> list[ProgressRow]:
        if unit.code not in self._progress:
            self._progress[unit.code] = progress_in(self.warehouse, unit.code, self.period.code)
        return self._progress[unit.code]

    def _parts(self, row: ProgressRow, form: str, unit: Unit) -> list[Unit]:
        """Return the units whose reports are in a figure."""
        if row.basis == "reported":
            return [unit]
        kind = UnitKind(row.basis.removeprefix("sum_of_").removesuffix("s"))
        return self._reporters(form, row.stage, kind)

    def _reporters(self, form: str, stage: Stage, kind: UnitKind) -> list[Unit]:
        found = []
        for row in self._reports:
            is_of_form = (row.form_code, row.stage) == (form, stage)
            unit = self.pack.unit_on(row.unit_code, row.period)
            counts = row.verdict is not None and row.verdict.loads
            if is_of_form and counts and unit is not None and unit.kind is kind:
                found.append(unit)
        return found

    def _of_element(self, place: str, code: str, name: str, unit: Unit) -> FilledFigure:
        form = self.pack.form(code, self.period)
        element = form_elements(form).get(name) if form else None
        if form is None or element is None or element.is_line:
            raise UsageError(f"{place!r}: form {code} has no figure {name!r} in {self.period.code}")
        given = self._facts_of(code).get(name, {})
        if unit.code in given:
            return self._of_facts(place, form, element, unit, {unit.code: given[unit.code]})
        if unit != self.pack.province or not self._is_addable(element, code):
            return FilledFigure(place, element.label, unit.name, element.measure, None)
        return self._of_facts(place, form, element, unit, given)

    def _facts_of(self, form: str) -> dict[str, dict[str, ReportFact]]:
        """Return by element and unit the figures of a form that stand in no list."""
        if form not in self._facts:
            by_element: dict[str, dict[str, ReportFact]] = {}
            for fact in report_facts(self.warehouse, form, self.period.code, Stage.FINAL):
                if fact.line == 0:
                    by_element.setdefault(fact.element, {})[fact.unit_code] = fact
            self._facts[form] = by_element
        return self._facts[form]

    def _of_facts(
        self,
        place: str,
        form: Form,
        element: FormElement,
        unit: Unit,
        given: dict[str, ReportFact],
    ) -> FilledFigure:
        values = [fact.value for fact in given.values() if fact.value is not None]
        due = {row.unit_code for row in self._reports if row.form_code == form.code}
        basis = "reported" if set(given) == {unit.code} else "sum"
        total = to_printed(sum(values), element.measure) if values else None
        units = [self.pack.unit_on(code, self.period.code) for code in given]
        known = [each for each in units if each is not None]
        return FilledFigure(
            place,
            element.label,
            unit.name,
            element.measure,
            total,
            _coverage(basis, len(values), len(due - {unit.code})),
            "",
            any(fact.is_doubtful for fact in given.values()),
            tuple(self._origins(form.code, [element.name], known, Stage.FINAL)),
        )

    def _is_addable(self, element: FormElement, form: str) -> bool:
        """Tell whether units can be added up: nobody adds up per cents or incomes per head."""
        averages = [
            (indicator.numerator, indicator.denominator)
            for indicator in self.pack.indicators
            if indicator.form == form and indicator.kind is IndicatorKind.RATIO
        ]
        is_average = any(element.name in pair for pair in averages)
        return element.measure != PERCENT_SIGN and not is_average

    def _origins(
        self, form: str, elements: list[str], units: Sequence[Unit], stage: Stage
    ) -> list[FigureOrigin]:
        origins = []
        for unit in units:
            facts = trace(
                self.warehouse,
                form=form,
                unit=unit.code,
                period=self.period.code,
                elements=elements,
                stage=stage,
            )
            current = [fact for fact in facts if fact.known_to is None]
            origins += [self._origin(fact, unit, form) for fact in current]
        return origins

    def _origin(self, fact: TracedFact, unit: Unit, form_code: str) -> FigureOrigin:
        form = self.pack.form(form_code, self.period)
        element = form_elements(form).get(fact.element) if form else None
        sender = self.pack.unit_on(fact.sender_unit, self.period.code)
        return FigureOrigin(
            unit.name,
            element.label if element else fact.element,
            _fact_text(fact, element.measure if element else ""),
            fact.name,
            fact.sheet,
            fact.cell,
            sender.name if sender else "",
            fact.received_at,
        )


def _fact_text(fact: TracedFact, measure: str) -> str:
    if fact.value is None:
        return fact.text or ""
    number = format_number(to_printed(fact.value, measure))
    word = f"{fact.qualifier.label} " if fact.qualifier else ""
    return f"{word}{number} {measure}".strip()


def _coverage(basis: str, reported: int, expected: int) -> str:
    return "đơn vị tự báo cáo" if basis == "reported" else f"{reported}/{expected} đơn vị"


def _target(row: ProgressRow, indicator: Indicator) -> str:
    if row.target is None:
        return ""
    mark = "" if row.target_tag is None or row.target_tag.is_verified else " (*)"
    return f"{format_number(indicator.printed(row.target), decimals=1)}{mark}"
