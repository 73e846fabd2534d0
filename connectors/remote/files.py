"""A file system of fsspec on another machine: every call ends, and every error is an OSError.

The libraries raise errors of their own, and none of them limits how long a call takes in all.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from threading import Thread
from typing import Any, NamedTuple, TypeVar
from uuid import uuid4

from pydantic import JsonValue

from program.errors import ConfigurationError, MtqgError
from program.machine.atomic_write import UNFINISHED

T = TypeVar("T")


class Opened(NamedTuple):
    """A file system of fsspec, and the path of a folder in it."""

    files: Any
    root: str


@dataclass(frozen=True, slots=True)
class RemoteProtocol:
    """What differs between kinds of servers.

    `open` connects to a URL with options. `error_of` returns the OSError that an error of the
    library stands for: a ConnectionError or TimeoutError if it may pass, any other if it lasts.
    `write` writes bytes under a path. Others see all of them or none; `unfinished` is a path that
    nobody reads.
    """

    open: Callable[[str, Mapping[str, JsonValue]], Opened]
    error_of: Callable[[Exception], OSError]
    write: Callable[[Any, str, str, bytes], None]


class RemoteFiles:
    """The methods of a file system of fsspec, each call at most `seconds` long.

    They raise a ConnectionError or TimeoutError if a retry may help, and other OSErrors if not.
    Raises ConfigurationError for options that the library does not take.
    """

    def __init__(
        self,
        protocol: RemoteProtocol,
        url: str,
        options: Mapping[str, JsonValue],
        seconds: float,
    ) -> None:
        self._protocol = protocol
        self._seconds = seconds
        self._is_lost = False
        try:
            self._files, self.root = self._ask(partial(protocol.open, url, options))
        except (ImportError, TypeError, ValueError) as wrong:
            raise ConfigurationError(str(wrong)) from wrong
        except Exception as error:
            self._raise_translated(error)
            raise

    def __getattr__(self, method: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            bound = getattr(self._files, method)
            return self._within_time(partial(bound, *args, **kwargs))

        return call

    def isdir(self, path: str) -> bool:
        """Tell whether there is a folder. That of fsspec says no where the server is away."""
        try:
            return bool(self.info(path)["type"] == "directory")
        except FileNotFoundError:
            return False

    def exists(self, path: str) -> bool:
        """Tell whether there is something. That of fsspec says no where the server is away."""
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def write(self, path: str, content: bytes) -> None:
        """Write a file so that others see the earlier file or all of the new one.

        A connection that breaks may leave a file in the folder `unfinished` of the root.
        """
        unfinished = f"{self.root}/{UNFINISHED}/{uuid4().hex}.part"
        try:
            self._within_time(partial(self._protocol.write, self._files, path, unfinished, content))
        except FileNotFoundError as missing:
            raise OSError(
                f"the server has no folder for it, and makes none: {missing}"
            ) from missing

    def _within_time(self, call: Callable[[], T]) -> T:
        try:
            return self._ask(call)
        # The edge to libraries that read what servers send: anything may come out of them.
        except Exception as error:
            self._raise_translated(error)
            raise

    def _raise_translated(self, error: Exception) -> None:
        """Raise what an error of the library stands for; return if that is the error itself."""
        if isinstance(error, MtqgError):
            return
        translated = self._protocol.error_of(error)
        if translated is not error:
            raise translated from error

    def _ask(self, call: Callable[[], T]) -> T:
        """Return what a call returns, in a thread of its own. Raises its errors as they are."""
        if self._is_lost:
            # Else each file of a server that hangs would take its whole time.
            raise ConnectionError("the server left an earlier question without an answer")
        answer: Future[T] = Future()
        # Of a call that never ends only its thread is left, and it keeps no process alive.
        Thread(target=_answer, args=(answer, call), daemon=True).start()
        wait([answer], self._seconds)
        if not answer.done():
            self._is_lost = True
            raise TimeoutError(f"no complete answer within {self._seconds:g} seconds")
        return answer.result()


def _answer(answer: "Future[T]", call: Callable[[], T]) -> None:
    try:
        answer.set_result(call())
    except BaseException as error:
        answer.set_exception(error)


def write_and_move(files: Any, path: str, unfinished: str, content: bytes) -> None:
    """Write under another name, then move. For stores whose move is one step on the server."""
    make_folders(files, path, unfinished)
    files.pipe_file(unfinished, content)
    files.mv(unfinished, path)


def make_folders(files: Any, *paths: str) -> None:
    """Make the folders that files are in, where they are missing."""
    for path in paths:
        folder, _, _ = path.rpartition("/")
        # Another process may make the same one.
        with suppress(FileExistsError):
            files.makedirs(folder, exist_ok=True)


def meaning(
    error: Exception,
    *meanings: tuple[type[Exception] | tuple[type[Exception], ...], type[OSError]],
) -> OSError:
    """Return an OSError as it is; for another error the one that the first match stands for.

    An error without a match lasts.
    """
    for kinds, stands_for in meanings:
        if isinstance(error, kinds):
            return stands_for(str(error) or type(error).__name__)
    if isinstance(error, OSError):
        return error
    return OSError(f"{type(error).__name__}: {error}")
