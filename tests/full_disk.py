"""A disk that takes no more bytes, without a mount: the files of this process may not grow."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def full_disk() -> Iterator[None]:
    """Within this block, no file can grow beyond one page, whoever of this process writes it."""
    kind = resource.RLIMIT_FSIZE
    before, most = resource.getrlimit(kind)
    resource.setrlimit(kind, (4096, most))
    try:
        yield
    finally:
        resource.setrlimit(kind, (before, most))
