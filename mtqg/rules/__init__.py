"""`mtqg rules`: list the rules, compare two rule sets, and propose bounds from past reports.

`listing` and `pages` show rules. `difference` compares two rule sets over all archived reports
(`sides`, `replay`, `comparison`). `profiling` proposes bounds (`profile`, `spread`, `proposals`).
"""
