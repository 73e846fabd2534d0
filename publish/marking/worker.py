"""What the process does that marks one workbook for `process`: it imports no more than that needs."""

import pickle
import sys

REFUSED = 3
"""The exit code where there is nothing to mark; any other but 0 is a fault."""


def main() -> None:
    """Do what is asked on stdin; the workbook goes to stdout, why there is none to stderr."""
    from connectors.reader.worker import bound_memory  # noqa: PLC0415  (all: the asking process needs none of them)
    from publish.marking.marked import mark  # noqa: PLC0415
    from publish.marking.order import UnmarkableError  # noqa: PLC0415

    order, pack, limits = pickle.loads(sys.stdin.buffer.read())  # noqa: S301  (from the process that started us)
    bound_memory(limits.memory_bytes)
    try:
        sys.stdout.buffer.write(mark(order, pack, limits))
    except UnmarkableError as reason:
        sys.stderr.write(f"{reason}\n")
        sys.exit(REFUSED)
