"""How much one delivery may ask of the machine. What asks for more is refused with a finding, before or while it is read."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one delivery; `Settings.limits` gives those of this machine.

    A zip of workbooks may hold `packed_files` that unpack to `packed_bytes` in all, none to more than `packing_ratio` times
    what it is packed. `memory_bytes` is what reading may take beyond what the reader's process takes by itself, counted in
    address space.
    """

    delivery_bytes: int = 50_000_000
    unpacked_bytes: int = 300_000_000
    sheet_cells: int = 5_000_000
    packed_files: int = 500
    packed_bytes: int = 500_000_000
    packing_ratio: int = 200
    seconds: float = 60
    memory_bytes: int = 2_000_000_000


DEFAULT_LIMITS = Limits()
