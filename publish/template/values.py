"""What is written into a template, and for whom."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from program.form import Form
from program.marker import Marker
from program.period import Period
from program.stage import Stage
from program.units import Unit

Cell = float | str | date | None


@dataclass(frozen=True, slots=True)
class Values:
    """What to write into a template: `matrix[table][line][column]`, `lists[table][n][column]`, and notes below.

    Values are as printed (money in the column's measure). A total that is not given, or equals the sum of its parts, is
    written as its formula; one that differs as the number given.
    """

    matrix: Mapping[str, Mapping[str, Mapping[str, Cell]]] = field(default_factory=dict)
    lists: Mapping[str, Sequence[Mapping[str, Cell]]] = field(default_factory=dict)
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """The report that a template asks for: which form, of whom, for when, how firm; and the communes to choose from."""

    form: Form
    unit: Unit
    period: Period
    stage: Stage
    communes: tuple[Unit, ...]

    @property
    def period_label(self) -> str:
        """The period in words, with its stage where the form is asked for at more than one."""
        return self.form.label_of(self.period, self.stage)

    @property
    def marker(self) -> Marker:
        """The same as codes, for the sheet that nobody sees."""
        return Marker(self.form.code, self.form.version, self.unit.code, self.period.code, self.stage.value)
