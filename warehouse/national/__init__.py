"""The country's figures: the marts of all provinces in one DuckDB file, and their sums."""
