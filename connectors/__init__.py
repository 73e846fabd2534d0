"""Bytes in: the sources, the archive and the readers. Rules about their content are elsewhere."""
