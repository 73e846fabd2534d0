"""The synthetic sample: files that districts, and later communes, might send.

All figures are invented. The same seed gives the same files. `python -m examples.synthetic`
writes them all.
"""

from collections.abc import Iterator

from examples.synthetic import capital, gathered, results, training, works
from examples.synthetic.training import PLANTED
from program.pack.load import load_pack
from program.settings import load_settings

__all__ = ["PLANTED", "build"]


def build() -> Iterator[tuple[str, bytes]]:
    """Yield (path below the inbox, bytes) of each synthetic file, in the order of sending."""
    pack = load_pack(load_settings().pack)
    for form in (training, capital, works, results, gathered):
        yield from form.build(pack)
