"""Planted errors: good reports of an invented province, and errors that are put into them.

The score is how many of them the rules report at the right cell.
"""
