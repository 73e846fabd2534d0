"""Commands that write what others read: the page, reports, data, filled forms, figures for DHIS2.

Each module is a sub-command without work of its own: it opens the warehouse, as it is or as it was
on a day (`mtqg.as_of`), and calls `publish`.
"""
