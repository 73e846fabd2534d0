"""`mtqg backup`, `restore`, `rebuild`, `verify` and `purge`, a module for each.

`manifest` is what a backup says of itself; `progress_bar` serves all of them. The work is in
`flows.recovery` and `warehouse.maintenance`; which command when: docs/maintenance.md.
"""
