"""Rules of history: they compare a report with earlier periods and with peers."""
