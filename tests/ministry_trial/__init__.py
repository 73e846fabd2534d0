"""Provinces as a ministry has them, on one server and two workers, and their country by hand."""
