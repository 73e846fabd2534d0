"""The texts of a rule in one language, and the placeholders in them."""

from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from string import Formatter
from typing import Literal, Self

from pydantic import Field, model_validator

from program.finding import RuleLevel, Severity
from program.pack.yaml_file import Model


class Expects(StrEnum):
    """How sure the text `expected` of a rule is; a label in front of it says so."""

    NEEDED = "needed"
    """It must be so."""
    USUAL = "usual"
    """It is so in other reports or by experience."""
    LIKELY = "likely"
    """It is probably so, if the figure is a mistake."""


_LABELS: Mapping[str, Mapping[Expects, str]] = {
    "vi": {
        Expects.NEEDED: "Cần là",
        Expects.USUAL: "Mức thường thấy",
        Expects.LIKELY: "Nếu nhầm thì số đúng có thể là",
    },
    "en": {
        Expects.NEEDED: "Expected",
        Expects.USUAL: "Usual",
        Expects.LIKELY: "If this is a mistake, the right figure may be",
    },
}


class Wording(Model):
    """What a district reads of a finding."""

    message: str
    expected: str
    fix: str


class Situation(StrEnum):
    """Where a rule may have other words in place of its own."""

    TEXTS = "texts"
    """A total leaves out a figure that is text: the finding points to that figure."""
    EVERYWHERE = "everywhere"
    """Most figures of a table break the rule: one finding about the table says so."""


class RuleMessage(Wording):
    """The words of a rule. `cases` add a sentence to `message`; `instead` replaces all words.

    `terms` translate the words that the reader fills in itself ("tệp PDF"); only a translation
    needs them.
    """

    instead: dict[Situation, Wording] = Field(default_factory=dict)
    cases: dict[str, str] = Field(default_factory=dict)
    terms: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _braces_are_closed(self) -> Self:
        self.placeholders()  # raises ValueError for a single brace
        return self

    def placeholders(self) -> frozenset[str]:
        """Return the names in braces of all texts."""
        names = _names_in((self.message, self.expected, self.fix, *self.cases.values()))
        for words in self.instead.values():
            names |= _names_in((words.message, words.expected, words.fix))
        return names


@cache
def _names_in(texts: tuple[str, ...]) -> frozenset[str]:
    """Return the names in braces. A run asks it of the same few texts for every finding."""
    names: set[str] = set()
    for text in texts:
        names |= {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    return frozenset(names)


class RuleText(RuleMessage):
    """A rule's id, its level and severity, and what a district reads of it.

    `language` is that of its words: `translated` sets it.
    """

    id: str = Field(pattern=r"^[A-Z]{2,8}-\d{2,3}$")
    level: RuleLevel
    severity: Severity
    expects: Expects = Expects.NEEDED
    language: Literal["vi", "en"] = "vi"

    def labelled(self, expected: str, *, is_sure: bool = False) -> str:
        """Return a text that says what is expected, with how sure it is in front; "" for ""."""
        if not expected:
            return ""
        expects = Expects.NEEDED if is_sure else self.expects
        label = _LABELS[self.language][expects]
        return f"{label}: {expected}"
