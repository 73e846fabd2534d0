"""The tables of the pages as sheets of a workbook: the same rows, with typed numbers."""
