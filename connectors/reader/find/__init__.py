"""Find on sheets which form they hold, whom and when it is about, and where its tables are.

Begin with `recognition` (which form) and `layout` (a table by its labels, anywhere on a sheet).
`unit_cell` and `period_cell` find whom and when; `list_lines` and `matrix_lines` tell lines from
notes and totals. The cases are in docs/reading.md, section "Structure".
"""
