"""A pack as a value: everything that one province declares.

`program.pack.load` reads and validates it.
"""

from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import Field

from program.calendar.period import Period
from program.calendar.schedule import Calendar
from program.calendar.stage import Stage
from program.errors import ConfigurationError
from program.forms.form import Form
from program.forms.table import OverTime
from program.pack.catalogue import CapitalSource, Indicator, Project, UnitTarget
from program.pack.contact import Contact, Correspondence
from program.pack.source import Source, ToolSource
from program.pack.waiver import WaiverEntry
from program.pack.yaml_file import Model
from program.tools.dhis2 import Dhis2
from program.tools.tool_form import ToolForm
from program.units.counts import UnitCount, UnitCounts
from program.units.register import UnitRegister
from program.units.unit import Unit


class Program(Model):
    """A pack's `program.yaml`: whom the pack is for. The page of a sample pack prints `notice`.

    `enough_reports_pct`: a sum stands for the whole once this share of the reports that are due
    has come in. `extends` is the folder of another pack, relative to this one: the national pack
    takes over its definitions (`program.pack.load`).
    """

    province: str
    name: str
    short_name: str
    office: str
    site_title: str
    notice: str = ""
    extends: str = ""
    source: str
    enough_reports_pct: float = Field(80, gt=0, le=100)

    def is_enough(self, reported: int, expected: int) -> bool:
        """Tell whether a sum of `reported` of `expected` reports stands for the whole."""
        return 100 * reported >= self.enough_reports_pct * expected


DECISIONS = "decisions"
"""The place of what the office waived by `mtqg inbox`, beside the names of files."""


@dataclass(frozen=True)
class Pack:
    """Everything that a province declares, validated. `folder` is where it was read from.

    `correction_files` gives the corrections in each file. A file's name is relative to `folder`.
    `tool_forms` are the mappings of form tools by the names of their files. `dhis2` is None for a
    pack that sends nothing there.
    `fingerprint` changes when a form, a mapping or a correction changes. `extended` is the folder
    of the pack whose definitions it takes over; None for a pack that stands alone.
    """

    folder: Path
    program: Program
    units: UnitRegister
    projects: tuple[Project, ...]
    capital: tuple[CapitalSource, ...]
    indicators: tuple[Indicator, ...]
    forms: tuple[Form, ...]
    sources: tuple[Source, ...]
    calendar: Calendar
    correspondence: Correspondence
    unit_targets: tuple[UnitTarget, ...]
    unit_counts: tuple[UnitCount, ...]
    correction_files: dict[str, tuple[WaiverEntry, ...]]
    tool_forms: dict[str, ToolForm]
    dhis2: Dhis2 | None
    fingerprint: str
    extended: Path | None = None

    @cached_property
    def counts(self) -> UnitCounts:
        """How many communes, hamlets, households and people each unit has at most."""
        return UnitCounts(self.units, self.unit_counts)

    @property
    def corrections(self) -> tuple[WaiverEntry, ...]:
        """The corrections of all files."""
        corrections: list[WaiverEntry] = []
        for of_file in self.correction_files.values():
            corrections += of_file
        return tuple(corrections)

    def with_waivers(self, decided: tuple[WaiverEntry, ...]) -> "Pack":
        """Return the pack with more corrections: those that the office decided by a command."""
        if not decided:
            return self
        return replace(self, correction_files={**self.correction_files, DECISIONS: decided})

    @property
    def province(self) -> Unit:
        """The province itself, a reporting unit like any other, as it was last.

        Raises ConfigurationError if `units.csv` has no unit with the province's code.
        """
        code = self.program.province
        # Without a day: Sóc Trăng ended in June 2025, and its pack is still in use.
        unit = self.units.latest(code)
        if unit is None:
            raise ConfigurationError(
                f"{self.folder}/units.csv: no unit has the province's code {code}"
            )
        return unit

    def form(self, code: str, period: Period) -> Form | None:
        """Return the version of form `code` in force for `period`, or None."""
        # Versions never overlap: `reference_errors` refuses those that do.
        for form in self.forms:
            if form.code == code and form.covers(period):
                return form
        return None

    def versions_of(self, code: str | None) -> list[Form]:
        """Return all versions of form `code`, in the pack's order; none for an unknown form."""
        return [form for form in self.forms if form.code == code]

    def short_title_of(self, code: str | None) -> str | None:
        """Return the short title of form `code`, of its first version; None for an unknown form."""
        versions = self.versions_of(code)
        return versions[0].short_title if versions else None

    def unit_on(self, code: str | None, period: str | None) -> Unit | None:
        """Return the unit with `code` on the last day of `period`, a period's code.

        Where the period is None, or no unit has the code on that day, return the last unit that had
        the code. None if no unit ever had it.
        """
        if code is None:
            return None
        unit: Unit | None = None
        if period is not None:
            last_day = Period.parse(period).end
            unit = self.units.get(code, last_day)
        return unit or self.units.latest(code)

    def label_of(
        self,
        form_code: str | None,
        period: str | None,
        stage: Stage,
    ) -> str | None:
        """Return a period as an office writes it; None if the period is None.

        The label has the stage where the form has more than one.
        """
        if period is None:
            return None
        reported_period = Period.parse(period)
        versions = self.versions_of(form_code)
        if not versions:
            return reported_period.label
        return versions[0].label_of(reported_period, stage)

    def deadline_of(
        self,
        form: str,
        unit: str,
        period: str,
        stage: Stage,
    ) -> date | None:
        """Return when a unit's report is due.

        None if nobody knows: a placeholder in the calendar is no deadline.
        """
        reporter = self.unit_on(unit, period)
        if reporter is None:
            return None
        return self.calendar.deadline(form, stage, reporter.kind, Period.parse(period))

    def tool_source(self, name: str) -> ToolSource | None:
        """Return the source `name` if it is a form of a form tool; else None."""
        for source in self.sources:
            if source.name == name and isinstance(source, ToolSource):
                return source
        return None

    def indicator(self, code: str) -> Indicator | None:
        """Return the indicator `code`, or None."""
        return next((each for each in self.indicators if each.code == code), None)

    def over_time_of(self, form_code: str | None, element: str | None) -> OverTime:
        """Return what an element means over time, by the newest version of its form.

        It is a stock, which is never added up over time, where no form says it.
        """
        versions = self.versions_of(form_code)
        if element is None or not versions:
            return OverTime.STOCK
        newest = max(versions, key=lambda form: form.valid_from)
        return newest.over_time_of(element)

    def contact_of(self, unit_code: str | None) -> Contact:
        """Return the contact of a unit; the office's where the unit has none or is None."""
        return self.correspondence.units.get(unit_code or "", self.correspondence.office)
