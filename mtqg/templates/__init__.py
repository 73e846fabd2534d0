"""`mtqg template`: write one blank workbook, or all workbooks of a period.

`template` is the command, `orders` says which workbooks its options ask for. A workbook is made in
`publish.template`.
"""
