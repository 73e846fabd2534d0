"""Documents in Word for the office and the leaders, filled from the warehouse.

`fill` puts values into a template's tags, the same bytes for the same values. `brief` and
`dispatch` say what goes into one document each. Workbooks are in `publish.reports`.
"""
