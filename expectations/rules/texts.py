"""The texts of a rule in one language, and the placeholders in them."""

from functools import cache
from string import Formatter
from typing import Self

from pydantic import Field, model_validator

from program.finding import RuleLevel, Severity
from program.pack.yaml_file import Model


class RuleMessage(Model):
    """What a district reads of a rule. `cases` add a sentence to `message`.

    `terms` translate the words that the reader fills in itself ("tệp PDF"); only a translation
    needs them.
    """

    message: str
    expected: str
    fix: str
    cases: dict[str, str] = Field(default_factory=dict)
    terms: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _braces_are_closed(self) -> Self:
        self.placeholders()  # raises ValueError for a single brace
        return self

    def placeholders(self) -> frozenset[str]:
        """Return the names in braces of all texts."""
        return _names_in((self.message, self.expected, self.fix, *self.cases.values()))


@cache
def _names_in(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the names in braces. A run asks it of the same few texts for every finding."""
    names: set[str] = set()
    for text in texts:
        names |= {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return frozenset(names)


class RuleText(RuleMessage):
    """A rule's id, its level and severity, and what a district reads of it."""

    id: str = Field(pattern=r"^[A-Z]{2,8}-\d{2,3}$")
    level: RuleLevel
    severity: Severity
