"""Data for others: a Frictionless data package, Parquet, JSON and a feed, all from the marts."""
