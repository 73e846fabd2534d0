"""What goes into a template, and whose report it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.forms.form import Form
from program.forms.template_marker import TemplateMarker
from program.pack.contact import Contact
from program.units.unit import Unit

Cell = float | str | date | None


@dataclass(frozen=True, slots=True)
class Values:
    """The values of a template: `matrix[table][line][column]` and `lists[table][n][column]`.

    `notes` are lines below the first table. Values are as printed: money is in the column's
    measure. A total that is not given, or equals the sum of its parts, becomes its formula. A total
    that differs stays the given number.
    """

    matrix: Mapping[str, Mapping[str, Mapping[str, Cell]]] = field(default_factory=dict)
    lists: Mapping[str, Sequence[Mapping[str, Cell]]] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Sending:
    """By when and where a filled template is to be sent, and whom to ask.

    `deadline` is None where the report is not due. `is_planned`: it is a placeholder that the
    province has not confirmed. `place` is in words; "" where the pack has none.
    """

    office: Contact
    deadline: date | None = None
    is_planned: bool = False
    place: str = ""


@dataclass(frozen=True, slots=True)
class TemplateRecipient:
    """The report that a template is for. `communes` are those that a user may choose from.

    The form is as the unit is asked for it. `sending` None: the template names nobody.
    """

    form: Form
    unit: Unit
    period: Period
    stage: Stage
    communes: tuple[Unit, ...]
    sending: Sending | None = None

    @property
    def period_label(self) -> str:
        """The period in words, with the stage where the form has more than one."""
        return self.form.label_of(self.period, self.stage)

    @property
    def marker(self) -> TemplateMarker:
        """The codes of form, unit, period and stage, for the hidden sheet."""
        return TemplateMarker(
            self.form.code,
            self.form.version,
            self.unit.code,
            self.period.code,
            self.stage.value,
        )
