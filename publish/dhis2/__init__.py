"""Figures for DHIS2: what is sent, how, and what was sent before.

`data_values` chooses by the pack's mapping, `server` sends and reads the answer, `sent` remembers,
so that only changes go. `mtqg dhis2 push` joins them; docs/dhis2.md.
"""
