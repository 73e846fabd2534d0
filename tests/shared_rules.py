"""Rule sets that the tests of a process share, and checks by them.

What Great Expectations needs to know of a rule is worked out once a rule set, and costs half a check.
"""

from collections.abc import Callable
from pathlib import Path

from expectations.checking import Checker
from expectations.rules.rule_set import Language, RuleSet
from program.finding import Finding, Severity
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.submission import Submission

_known: dict[tuple[int, Language], tuple[Pack, RuleSet]] = {}
"""By the identity of the pack. It is kept with its rules, so that no other gets its number."""


def rules_of(pack: Pack, lang: Language = "vi") -> RuleSet:
    """Return the rules of a pack: of the same object always the same. Only for packs that tests share."""
    key = id(pack), lang
    if key not in _known:
        _known[key] = pack, RuleSet(pack, lang=lang)
    return _known[key][1]


def sharing(sample_pack: Pack) -> tuple[Callable[[Path], Pack], Callable[..., RuleSet]]:
    """Return what takes the places of `load_pack` and `RuleSet`, and shares the sample pack and its rules."""

    def pack_in(folder: Path) -> Pack:
        return sample_pack if folder == sample_pack.folder else load_pack(folder)

    def rules_for(its: Pack, lang: Language = "vi") -> RuleSet:
        return rules_of(its, lang) if its is sample_pack else RuleSet(its, lang=lang)

    return pack_in, rules_for


def check(pack: Pack, *readings: ParsedReport) -> list[Submission]:
    """Check reports as one batch, by the shared rules of the pack."""
    return Checker(pack, rules_of(pack), "test").check(readings)


def asked(submission: Submission) -> list[Finding]:
    """Return what the sender is asked about: the findings without notes."""
    return [each for each in submission.findings if each.severity is not Severity.INFO]
