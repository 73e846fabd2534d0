"""Reporting units: the register of `units.csv`, written names, and successors of old units."""
