"""Damaged workbooks, each made anew from a seed and a number: `python -m tests.mutations --count 10000 --seed 1719`."""
