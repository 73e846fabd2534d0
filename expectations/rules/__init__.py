"""Rules as data: the YAML of `suites/`, validated, with its texts in Vietnamese and English.

Begin with `rule_set.RuleSet`: all rules of a pack, with a version that changes with any of them.
`rule_models` are the shapes of the YAML, `validate` names what a form's layout does not have,
`earlier_revision` loads the rules of a git revision for `mtqg rules diff`.
"""
