"""A form's workbook for a unit and period: blank for a unit to fill in, or with given values.

`workbook` puts the sheets together and `guide` is the first of them. `heading`, `body` and
`printing` write above, in and below a table. `entries` sets what Excel shows and refuses at a cell.
`grid` says where everything is. `requests` says which workbook a unit gets.
"""
