"""Words of rules in another language: `en/<file>.yaml` beside the file that they belong to, entry by entry of its ids.

The Vietnamese file alone says what is checked and how severe it is; a translation only says it again.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from expectations.texts import Texts, Words
from program.configuration import Model, load_model, repeated
from program.errors import ConfigurationError

LANGUAGES = ("en",)
"""The languages besides Vietnamese, as the folders of their files are called."""

Rule = TypeVar("Rule", bound=Words)


class _Translation(Texts):
    id: str


class _Translations(Model):
    rules: tuple[_Translation, ...]


def translated(rules: Sequence[Rule], path: Path, lang: str) -> tuple[Rule, ...]:
    """Return the rules of the file `path` in the words of `lang`; those without a translation as they are.

    Raises ConfigurationError for a translation of a rule that is not there, or with other placeholders or cases than it.
    """
    words_file = path.parent / lang / path.name
    if lang not in LANGUAGES or not words_file.is_file():
        return tuple(rules)
    entries = load_model(words_file, _Translations).rules
    doubled = repeated(entry.id for entry in entries)
    if doubled:
        raise ConfigurationError(f"{words_file}: {', '.join(doubled)}: stands twice")
    words = {entry.id: entry for entry in entries}
    strange = sorted(words.keys() - {rule.id for rule in rules})
    if strange:
        raise ConfigurationError(f"{words_file}: {', '.join(strange)}: {path} has no such rule")
    return tuple(_translated(rule, words[rule.id], words_file) if rule.id in words else rule for rule in rules)


def _translated(rule: Rule, words: _Translation, path: Path) -> Rule:
    if words.placeholders() != rule.placeholders():
        expected, found = (", ".join(sorted(texts.placeholders())) or "none" for texts in (rule, words))
        raise ConfigurationError(f"{path}: {rule.id}: expected the placeholders {expected}; found {found}")
    if words.cases.keys() != rule.cases.keys():
        expected, found = (", ".join(texts.cases) or "none" for texts in (rule, words))
        raise ConfigurationError(f"{path}: {rule.id}: cases: expected {expected}; found {found}")
    return rule.model_copy(update=words.model_dump(exclude={"id"}))
