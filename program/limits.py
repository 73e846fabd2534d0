"""The resources that one delivery may use.

A delivery that needs more is refused with a finding, before or while it is read.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of one delivery.

    What depends on the machine is a setting: `Settings.limits`. The others keep out files that are
    made to do harm; no report comes near them.

    Attributes:
        delivery_bytes: The size of the file.
        unpacked_bytes: The size of a workbook when unpacked.
        sheet_cells: The cells of one sheet.
        packed_files: The files in a zip of workbooks.
        packed_bytes: The size of all files in a zip when unpacked.
        packing_ratio: How many times its packed size one file in a zip may have.
        seconds: The CPU time of reading.
        memory_bytes: The address space of reading, in addition to that of the idle process.
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
