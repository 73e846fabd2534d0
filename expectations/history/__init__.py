"""Rules of history: a report beside the unit's earlier ones and beside its peers.

`history_checker` is the entry point. It chooses the reports to compare (`comparable`, `reports`)
and builds the frames that rules name: `unit_trend` and `peers` for figures, `lines` for lists,
`matrix_lines`, `copies`, `indicators`. The columns of a frame are declared in `columns`. Values of
earlier reports come from the caller (`program.records.history`).
"""
