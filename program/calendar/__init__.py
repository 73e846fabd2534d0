"""Periods, stages of a year, and the reporting calendar: which report is due from whom and when."""
