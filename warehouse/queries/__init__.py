"""The questions that commands, pages and mails ask. Nothing here writes.

`reports`, `report_facts`, `plans` and `quality` ask the marts and get their rows through
`view_rows`; `tracing` goes from a figure back to cells; `history` gives rules what was reported
before; `as_of` turns any question into one about an earlier day. Rows are dataclasses of
`program.records` or of the module.
"""
