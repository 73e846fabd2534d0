"""`mtqg rules profile`: bounds that past reports suggest, for a person to review.

Begin with `profiling`, the command. `subjects` says what can have bounds, `spread` how values
spread, `form_profile` joins both for a form, and `proposals` writes the result as YAML of the
suites.
"""
