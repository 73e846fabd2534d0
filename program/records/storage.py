"""The space of a warehouse, and of the disk that it and the other files are on."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Storage:
    """Bytes at a moment. The disk is that of MTQG_VAR."""

    warehouse_bytes: int
    disk_free_bytes: int
    disk_bytes: int


def is_disk_short(free_bytes: int, disk_bytes: int) -> bool:
    """Tell whether less than a tenth of a disk is free."""
    return free_bytes * 10 < disk_bytes
