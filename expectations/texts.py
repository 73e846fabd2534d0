"""The texts of a rule, in whatever language, and the placeholders in them."""

from functools import cache
from string import Formatter
from typing import Self

from pydantic import Field, model_validator

from program.configuration import Model
from program.finding import Severity


class Texts(Model):
    """What a district reads of a rule. `cases` add a sentence to `message`.

    `terms` are words for what the reader fills in itself ("tệp PDF"); only a translation needs them.
    """

    message: str
    expected: str
    fix: str
    cases: dict[str, str] = Field(default_factory=dict)
    terms: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _braces_are_closed(self) -> Self:
        self.placeholders()  # ValueError for a brace that is alone
        return self

    def placeholders(self) -> frozenset[str]:
        """Return the names in braces of all texts."""
        return _names_in((self.message, self.expected, self.fix, *self.cases.values()))


@cache
def _names_in(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the names in braces. Asked of the same few texts for every finding of a night."""
    return frozenset(name for text in texts for _, name, _, _ in Formatter().parse(text) if name is not None)


class Words(Texts):
    """What a rule is called, how severe it is, and what a district reads."""

    id: str = Field(pattern=r"^[A-Z]{2,8}-\d{2,3}$")
    severity: Severity
