"""A sender's own workbook with each finding's cell coloured and noted, and a first sheet that lists them all.

`package` opens an .xlsx as parts of XML, and what is not marked goes through it byte for byte; `styles`, `cells`, `notes` and
`overview` change a part each. `copy` lays out what is no .xlsx as one. `process` does it where it can be ended, `attaching`
asks for it letter by letter. Why not with openpyxl: docs/decisions/0018.
"""
