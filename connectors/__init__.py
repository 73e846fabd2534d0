"""Bytes in: the sources, the archive and the reader. Rules about the data are not checked here."""
