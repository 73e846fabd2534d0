"""Runs that are killed, met by another run, out of disk or set back in time: the next one must end where none of it had been."""
