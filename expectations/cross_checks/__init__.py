"""Rules across submissions: two reports, each right in itself, that must agree.

Begin with `cross_checker`. `rules` is the YAML of `suites/across.yaml`; `cases` and `totals` turn a
rule and the current reports into cases, each with the number that a Great Expectations rule
checks. Which reports are due for it is decided in `warehouse.lifecycle.cross_checks`.
"""
