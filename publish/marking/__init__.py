"""Marked workbooks: a sender's own file with each finding's cell coloured and noted.

A first sheet lists all findings. `package` opens an .xlsx as parts of XML; a part that is not
marked passes byte for byte. `styles`, `cells`, `notes` and `overview` change a part each. `copy`
writes any other file as an .xlsx. `process` marks in a process that can be ended, and `attaching`
does so for each file of a letter. Why not with openpyxl: docs/decisions/0018.
"""
