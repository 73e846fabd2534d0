"""The space of a warehouse, and of the disk that it and the other files are on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes at a moment. The disk is that of MTQG_VAR."""

    warehouse_bytes: int
    disk_free_bytes: int
    disk_bytes: int
