"""`mtqg inbox`: what waits for the office, and its decisions.

`inbox` has the commands, `desk` what waits and what each decision does, `shown_item` one thing that
waits, line by line. What a decision changes in the ledger: `warehouse.lifecycle.decisions`.
"""
