"""Data for others: a Frictionless data package, Parquet, JSON and a feed, all from the marts.

Begin with `package.write_data`. `warehouse.queries.marts` gives the rows, with the columns that
`warehouse/marts/columns.yaml` declares. docs/data.md is for those who read it.
"""
