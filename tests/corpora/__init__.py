"""Workbooks that nobody here wrote, read as the night would read them: `python -m tests.corpora`.

See README.md.
"""
