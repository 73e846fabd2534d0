"""The same work for many chunks: in this process, or by Dask on several machines."""

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from connectors.remote.optional_packages import needs
from program.settings import Settings

ChunkT = TypeVar("ChunkT")
ResultT = TypeVar("ResultT")
_Chunk_contra = TypeVar("_Chunk_contra", contravariant=True)
_Result_co = TypeVar("_Result_co", covariant=True)


class Work(Protocol[_Chunk_contra, _Result_co]):
    """What is done with a chunk. The same chunk always gives the same result.

    It can be pickled. A copy on another machine opens what it needs itself, keeps it from chunk
    to chunk, and is used by one thread at a time.
    """

    def __call__(self, chunk: _Chunk_contra, /) -> _Result_co:
        """Return the result of a chunk."""
        ...

    def close(self) -> None:
        """Release what the work opened. Idempotent; the next call opens it again."""
        ...


class FanOut(Protocol):
    """Does works with chunks, for one thread at a time. Its end closes the works."""

    @property
    def most_deliveries(self) -> int:
        """How many deliveries a chunk should have where its size does not change the results."""
        ...

    def map(self, work: Work[ChunkT, ResultT], chunks: Iterable[ChunkT]) -> Iterator[ResultT]:
        """Yield the result of each chunk, in order. `chunks` may be read ahead.

        What the work raises, this raises.
        """
        ...


class HereFanOut:
    """Does one chunk after the other in this process, when its result is asked for."""

    def __init__(self, most_deliveries: int) -> None:
        self.most_deliveries = most_deliveries
        self._works: dict[int, Work[Any, Any]] = {}

    def map(self, work: Work[ChunkT, ResultT], chunks: Iterable[ChunkT]) -> Iterator[ResultT]:
        """Yield the result of each chunk, in order."""
        self._works[id(work)] = work
        for chunk in chunks:
            yield work(chunk)

    def __enter__(self) -> FanOut:
        return self

    def __exit__(self, *_: object) -> None:
        for work in self._works.values():
            work.close()


def open_fan_out(settings: Settings) -> AbstractContextManager[FanOut]:
    """Return what does works: with MTQG_DASK_ADDRESS the workers there, without it this process.

    Raises ConfigurationError if Dask is not installed, or no worker is at the address.
    """
    if not settings.dask_address:
        return HereFanOut(settings.chunk_deliveries)
    with needs("distributed", "dask"):
        # Nothing of Dask is imported without an address.
        from flows.dask_fan_out import DaskFanOut  # noqa: PLC0415
    return DaskFanOut(settings.dask_address)
