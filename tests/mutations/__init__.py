"""Damaged workbooks, each made again from a seed and a number: `python -m tests.mutations --count 10000 --seed 1719`."""
