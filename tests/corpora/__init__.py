"""Workbooks that nobody here wrote, read as a run would read them: `python -m tests.corpora`.

See README.md.
"""
