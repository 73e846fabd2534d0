"""Is it right? The rules as data, and the only caller of Great Expectations.

Begin with `checking.Checker`: parsed reports in, submissions with findings out. `suites/` are the
rules in YAML, `rules` reads them, `run` runs them over the reports of a form at once, `findings`
makes sentences at cells of what fails. `history` and `cross_checks` compare reports with others.
May import: `program`. It reads no database: earlier values are handed in.
"""
