"""The tables of the pages as sheets of a workbook: the same rows, with typed numbers.

A module for each kind of page gives `ReportTable`s; `workbooks` writes one file a page.
"""
