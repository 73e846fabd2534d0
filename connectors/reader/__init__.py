"""From a delivery's bytes to frames with declared columns. What cannot be read is a problem, not an exception.

`reader` is the way in; `workbook` opens bytes, `identity` finds whom and when a workbook is about, `layout` finds
its tables, `values` turns one cell into one value.
"""
