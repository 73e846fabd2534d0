"""Marking in a process of its own: a workbook that hangs, crashes or eats memory costs its own copy and nothing else."""

import pickle
import subprocess
import sys

from connectors.reader.portal_report import is_json
from program.limits import Limits
from program.pack import Pack
from program.settings import ROOT
from publish.marking.order import Order
from publish.marking.worker import REFUSED

_START_SECONDS = 30.0
_TOLD = 300


class MarkingError(Exception):
    """Why there is no marked workbook; for the operator, who can do nothing about most of the reasons."""


def mark_apart(order: Order, pack: Pack, limits: Limits) -> bytes:
    """Return the marked workbook of `order`. Raises MarkingError, and nothing else, where there is none."""
    command = [sys.executable, "-c", "from publish.marking.worker import main; main()"]
    try:
        done = subprocess.run(  # noqa: S603  (nothing in it comes from outside)
            command,
            cwd=ROOT,
            # The pack tells what a portal's JSON means; unpickling it takes longer than marking a workbook.
            input=pickle.dumps((order, pack if is_json(order.content) else None, limits)),
            capture_output=True,
            timeout=_START_SECONDS + limits.seconds,
            check=False,
        )
    except subprocess.TimeoutExpired as wrong:
        raise MarkingError(f"not done after {wrong.timeout:.0f} s") from wrong
    except OSError as wrong:
        raise MarkingError(f"the process did not start: {wrong}") from wrong
    if done.returncode:
        last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][-_TOLD:]
        raise MarkingError(last if done.returncode == REFUSED else f"process ended with {done.returncode}: {last}")
    return done.stdout
