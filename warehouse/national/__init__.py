"""The country's figures: the marts of all provinces in one DuckDB file, and their sums.

`manifest` is what a province says of itself, `sending` makes it from its warehouse. `partitions`
reads what all provinces sent, `build` adds it up by the SQL in `sql/`, where `definitions` agree.
`file` opens the result for questions. docs/national.md.
"""
