"""Planted errors: an invented province's good reports, what is done to them, and whether the rules tell it at the right cell."""
