"""Cells to values: numbers, dates, texts and measures as Vietnamese offices write them.

Begin with `parse_cell`, which chooses by the type of the column; `parse_column` gives the same for
a whole column in less time. Each spelling is a row of docs/reading.md, section "Values", and a
test. A value that is not the cell as it stands carries the id of a rule.
"""
