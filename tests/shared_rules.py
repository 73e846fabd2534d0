"""Rule sets that the tests of a process share, and checks by them.

What Great Expectations needs to know of a rule is worked out once a rule set, and costs half a check.
"""

from expectations.checking import Checker
from expectations.rules.rule_set import RuleSet
from program.finding import Finding, Severity
from program.pack.pack import Pack
from program.parsed_report import ParsedReport
from program.submission import Submission

_known: dict[int, tuple[Pack, RuleSet]] = {}
"""By the identity of the pack. It is kept with its rules, so that no other gets its number."""


def rules_of(pack: Pack) -> RuleSet:
    """Return the rules of a pack: of the same object always the same. Only for packs that tests share."""
    if id(pack) not in _known:
        _known[id(pack)] = pack, RuleSet(pack)
    return _known[id(pack)][1]


def check(pack: Pack, *readings: ParsedReport) -> list[Submission]:
    """Check reports as one batch, by the shared rules of the pack."""
    return Checker(pack, rules_of(pack), "test").check(readings)


def asked(submission: Submission) -> list[Finding]:
    """Return what the sender is asked about: the findings without notes."""
    return [each for each in submission.findings if each.severity is not Severity.INFO]
