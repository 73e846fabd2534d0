"""Cells to values: numbers, dates, texts and units of measure as Vietnamese offices write them."""
