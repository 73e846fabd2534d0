"""What pages show, put in order: grids, money, plans, ranks, targets, values as written.

Pure functions from rows to values; the brief and the office's reports use them too. `parts` cuts a
table that is too long for one page.
"""
