"""Targets of single units: a plan per district or commune, in the pack's `targets.csv`."""

from pydantic import field_validator

from program.calendar.period import Period
from program.pack.catalogue import Comparison, Tag
from program.pack.yaml_file import Model

FILE = "targets.csv"


class UnitTarget(Model):
    """A value that one unit is to reach in a period. Its fields are the columns of the file.

    `value` is in the unit in which the warehouse keeps the figure: money in đồng.
    """

    indicator: str
    unit: str
    period: str
    value: float
    comparison: Comparison
    tag: Tag
    source: str

    @field_validator("period")
    @classmethod
    def _is_a_period(cls, code: str) -> str:
        return Period.parse(code).code
