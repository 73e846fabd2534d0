"""Bytes in: where deliveries come from, where they are kept, and how they become tables.

`sources` lists and fetches files, `archive` keeps their bytes, `reader` turns bytes into parsed
reports. A delivery may hold others: `zip_deliveries`, `mails`. Begin with `sources.register` (what
a source is) and `reader.reader`. What is right or wrong in a report is decided in `expectations`.
May import: `program`.
"""
