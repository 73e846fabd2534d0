"""From a delivery's bytes to frames with declared columns. What cannot be read is a problem, not an exception.

`workers` is the way in that survives any file; it leads to `reader`. `workbook` opens bytes, `identity` finds whom and when a
workbook is about, `layout` finds its tables, `values` turns one cell into one value.
"""
