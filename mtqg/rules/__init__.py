"""`mtqg rules`: list the rules, compare two rule sets, and propose bounds from past reports.

`rules` joins the commands. `listing` and `pages` show rules; `diff` and `bounds` are a package for
each of the other two.
"""
