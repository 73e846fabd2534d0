"""Rule sets that the tests of a process share.

What Great Expectations needs to know of a rule is worked out once a rule set, and costs half a check.
"""

from expectations.rules.rule_set import RuleSet
from program.pack.load import Pack

_known: dict[int, tuple[Pack, RuleSet]] = {}
"""By the identity of the pack. It is kept with its rules, so that no other gets its number."""


def rules_of(pack: Pack) -> RuleSet:
    """Return the rules of a pack: of the same object always the same. Only for packs that tests share."""
    if id(pack) not in _known:
        _known[id(pack)] = pack, RuleSet(pack)
    return _known[id(pack)][1]
