"""What happens to a submission after it was loaded: versions, cross-checks, withdrawal, decisions.

`versions` is the order of a report's versions; `current` says in SQL which counts. `cross_checks`,
`reprocess`, `withdraw`, `holds`, `decisions` and `explanations` change what counts, each function
in one transaction. The first load is in `warehouse.load`; allowed changes are in
`warehouse.states`.
"""
