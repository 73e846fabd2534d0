"""The vocabulary every other room speaks: what a program, a form, a submission and a finding are.

No input or output beyond reading a pack's own files; no pandas in signatures except frames whose columns
are declared in `program.reading`.
"""
