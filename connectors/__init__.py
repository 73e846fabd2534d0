"""Bytes in: the sources, the archive and the readers. What the bytes mean is decided elsewhere."""
