"""The findings of sample mails in the words of a pack's own rules."""

from dataclasses import replace

from expectations.findings.message import filled
from expectations.rules.rule_set import RuleSet
from program.finding import Finding, Severity
from program.pack.pack import Pack
from publish.preview.sample import SampleFinding, WordFinding


def words_of(pack: Pack) -> WordFinding:
    """Return a function that words an invented finding as the pack's rules do."""
    words = RuleSet(pack).words

    def word(sample: SampleFinding, sheet: str) -> Finding:
        values = {**sample.values, "value": sample.value}
        place = (sheet if sample.cell else None, sample.cell)
        finding = filled(words[sample.rule], values, sample.case, place)
        if sample.waived_by:
            return replace(finding, severity=Severity.INFO, waived_by=sample.waived_by)
        return finding

    return word
