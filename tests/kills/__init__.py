"""Nights that are killed, met by another night, out of disk or set back in time: the next one must end where none of it had been."""
