"""From the bytes of a delivery to parsed reports: tables with declared columns, cell by cell.

`Readers` (`reader_pool`) is the entry point of a run: it reads in processes of its own, so that no
file can stop a run. `reader` is the whole way of one file: `open` makes sheets of bytes, `find`
finds form, unit, period and tables on them, `read_table` takes the lines, `values` parses the
cells. What cannot be read is a `ReaderFinding`, not an exception. The words are in `expectations`.
"""
