"""Figures for DHIS2: what is sent, how, and what was sent before."""
