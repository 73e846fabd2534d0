"""Sources of deliveries: a folder, an HTTP portal, a mailbox, a form tool.

Begin with `register`: the protocol `Connector` (list offers, fetch bytes) and the dict of kinds.
`folder` is the shortest. A source stores nothing: the run keeps cursors and bytes
(`flows.night.collecting`). How to add a kind: docs/sources-of-deliveries.md.
"""
