"""A reader that does to its process what a file's name says.

A module of its own: a fresh process imports it, and little else.
"""

import contextlib
import ctypes
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from connectors.reader.reader import read_parts
from program.delivery import Delivery
from program.limits import Limits
from program.pack.pack import Pack
from program.parsed_report import ParsedReport


class UnportableError(Exception):
    """Cannot be pickled: it is made of two things and remembers one."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def bug() -> None:
    raise RuntimeError("a bug")


def library() -> None:
    raise ImportError("lib.so: failed to map segment from shared object")


def unportable() -> None:
    raise UnportableError("a ", "bug")


def babble() -> None:
    """Say what is no answer, to everything that could be the one who listens."""
    # The pipe has the number that it had in the parent, which may hold many files open.
    for descriptor in range(3, 1024):
        with contextlib.suppress(OSError):
            os.write(descriptor, b"\0\0\0\4junk")


def hang() -> None:
    while True:
        pass


FAULTS: dict[str, Callable[[], object]] = {
    "exit": lambda: os._exit(3),
    "segfault": lambda: ctypes.string_at(0),
    "abort": os.abort,
    "killed": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "hang": hang,
    "wait": lambda: time.sleep(3600),
    "memory": lambda: bytearray(10**12),
    "library": library,
    "babble": babble,
    "bug": bug,
    "unportable": unportable,
}


def faulty(
    content: bytes | None, delivery: Delivery, pack: Pack, limits: Limits
) -> list[ParsedReport]:
    """Read, unless the delivery's name is a fault's: "hang.xlsx".

    "once-exit.xlsx" does it only the first time, "kept-waiting.xlsx" is slow by the clock.
    """
    name = Path(delivery.name).stem
    first_time = Path(f"{os.environ.get('FAULTS_MET', '')}/{name}")
    if name == "kept-waiting":
        time.sleep(2)
    if name in FAULTS:
        FAULTS[name]()
    if name.startswith("once-") and not first_time.exists():
        first_time.touch()
        FAULTS[name.removeprefix("once-")]()
    return read_parts(content, delivery, pack, limits)


def obey(request: str) -> str:
    """Do what a fault's name says; return any other request as it is, "pid" as this process's."""
    if request in FAULTS:
        FAULTS[request]()
    return str(os.getpid()) if request == "pid" else request


class Unloadable:
    """A reader that a fresh process cannot get hold of."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return _fail, ("no such library",)

    def __call__(self, *_: object) -> ParsedReport:
        raise AssertionError("never called")


class Large:
    """A reader that takes more than a pipe holds to be handed over."""

    def __init__(self) -> None:
        self.ballast = bytes(10**7)

    def __call__(self, *_: object) -> ParsedReport:
        raise AssertionError("never called")


def _fail(words: str) -> None:
    raise ImportError(words)
