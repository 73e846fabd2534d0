"""Marked workbooks: a sender's own file with each finding's cell coloured and noted.

A first sheet lists all findings. `package` opens an .xlsx as parts of XML; other parts than those
that marking changes stay byte for byte. `cell_styles`, `cells`, `notes` and `overview` change one
part each. `mark_copy` writes any other file as an .xlsx. `marking_process` marks in a process that
can be ended, and `letter_attachments` does so for each file of a letter. Why not with openpyxl:
docs/decisions/0018-a-marked-workbook.md.
"""
