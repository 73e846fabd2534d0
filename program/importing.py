"""Importing what is large, as cheaply as Python can."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collecting() -> Iterator[None]:
    """Look for no garbage while modules are imported, and never again among what they made.

    They keep all that they make, so that looking finds nothing: with Prefect or Great Expectations
    it took a sixth of their import, and of what follows the more, the more was imported
    (2026-11-30).

    What is alive now is never collected as part of a cycle. So import before there is data that
    must not stay.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
