"""From the bytes of a delivery to frames with declared columns.

What cannot be read is a problem of the reading, not an exception. `Readers` is the entry point: it
reads in processes of its own, so that no file can stop a run.
"""
