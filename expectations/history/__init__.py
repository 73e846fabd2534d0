"""Rules of history: a report beside the unit's earlier ones and beside its peers.

`history_checker` is the entry point. It chooses the reports to compare (`comparable`, `reports`)
and has the frames built that rules check (`frames`). `grid`, `spread` and `scale` are the
arithmetic of many reports at once; `columns` declares what rules may name. Values of earlier
reports come from the caller (`program.records.history`).
"""
