"""Words of rules in another language: `en/<file>.yaml` beside the rule file, by the rules' ids.

The Vietnamese file alone declares what is checked and how severe it is. A translation has only
words.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from expectations.rules.texts import RuleMessage, RuleText
from program.errors import ConfigurationError
from program.pack.yaml_file import Model, load_model, repeated

LANGUAGES = ("en",)
"""The languages besides Vietnamese. Each is the name of a folder of translations."""

Rule = TypeVar("Rule", bound=RuleText)


class _Translation(RuleMessage):
    id: str


class _Translations(Model):
    rules: tuple[_Translation, ...]


def translated(rules: Sequence[Rule], path: Path, lang: str) -> tuple[Rule, ...]:
    """Return the rules of the file `path` in the words of `lang`.

    Rules without a translation are unchanged. Raises ConfigurationError for a translation of an
    unknown rule, or with other placeholders or cases than its rule.
    """
    words_file = path.parent / lang / path.name
    if lang not in LANGUAGES or not words_file.is_file():
        return tuple(rules)
    entries = load_model(words_file, _Translations).rules
    doubled = repeated(entry.id for entry in entries)
    if doubled:
        listed = ", ".join(doubled)
        raise ConfigurationError(f"{words_file}: {listed}: stands twice")
    translations = {entry.id: entry for entry in entries}
    known = {rule.id for rule in rules}
    unknown = sorted(translations.keys() - known)
    if unknown:
        listed = ", ".join(unknown)
        raise ConfigurationError(f"{words_file}: {listed}: {path} has no such rule")
    result: list[Rule] = []
    for rule in rules:
        translation = translations.get(rule.id)
        if translation is None:
            result.append(rule)
        else:
            result.append(_translated(rule, translation, words_file, lang))
    return tuple(result)


def _translated(
    rule: Rule,
    words: _Translation,
    path: Path,
    lang: str,
) -> Rule:
    place = f"{path}: {rule.id}"
    if words.placeholders() != rule.placeholders():
        expected = _listed(rule.placeholders())
        found = _listed(words.placeholders())
        raise ConfigurationError(f"{place}: expected the placeholders {expected}; found {found}")
    if words.instead.keys() != rule.instead.keys():
        expected = _listed(rule.instead)
        found = _listed(words.instead)
        raise ConfigurationError(f"{place}: instead: expected {expected}; found {found}")
    if words.cases.keys() != rule.cases.keys():
        expected = _listed(rule.cases)
        found = _listed(words.cases)
        raise ConfigurationError(f"{place}: cases: expected {expected}; found {found}")
    # The fields themselves: `model_dump` would make dicts of the words in `instead`.
    update = {name: getattr(words, name) for name in RuleMessage.model_fields}
    return rule.model_copy(update={**update, "language": lang})


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "none"
