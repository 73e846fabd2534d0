"""Packages that only some installations need: a missing one is a sentence with the command."""

from collections.abc import Iterator
from contextlib import contextmanager

from program.errors import ConfigurationError


@contextmanager
def needs(package: str, extra: str) -> Iterator[None]:
    """Raise ConfigurationError where an import in the block fails."""
    try:
        yield
    except ImportError as missing:
        raise ConfigurationError(
            f'the package {package} is missing: run `pip install "mtqg-monitor[{extra}]"`, or '
            f'in a checkout `python -m pip install -e ".[{extra}]"`'
        ) from missing
