"""Kill runs and see where the next one ends.

Ends with 1 where warehouse, archive or outbox differ from the undisturbed run's.

With --server, the runs are runs of a deployment, and each is killed together with the server and the worker of
Prefect: minutes each, so give few points.

Usage: python -m tests.kills [--points 200] [--seed 1719] [--database sqlite|postgres | --server]
"""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import psycopg
from pydantic import SecretStr

from program.pack.load import load_pack
from program.settings import ROOT, Settings
from tests.kills.ends import (
    AtInstant,
    choose,
    counting_statements,
    cut_connection,
    fill_disk,
    fill_sqlite,
    no_space,
)
from tests.kills.night import FAILED, RUN_AT, STOPPED, Memory, begin, run
from tests.kills.sample import put_mails, put_sample
from tests.kills.state import State, differences, halves, state_of
from tests.postgres import Postgres, running_postgres
from warehouse.states import RunKind

A_DAY = timedelta(days=1)


@dataclass
class Trial:
    """One sample, one undisturbed run, and the runs that are compared with it."""

    folder: Path
    postgres: Postgres | None
    memory: Memory = field(init=False)
    expected: State = field(init=False)
    seconds: float = field(init=False, default=0.0)
    statements: int = field(init=False)
    pages: int = field(init=False, default=0)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        pack = load_pack(ROOT / "config" / "soc-trang")
        put_sample(self.folder / "inbox", pack)
        put_mails(self.folder / "mailbox", pack)
        with self.settings() as settings:
            self.memory = Memory.of(self.folder / "inbox", pack, settings)
            # Once here, so that no forked run has to import, compile and parse what each of them
            # needs.
            with self.settings() as warm, counting_statements() as count:
                run(warm, self.memory)
                self.statements = count()
            started = time.monotonic()
            self.whole_night(settings, "the undisturbed night")
            self.seconds = time.monotonic() - started
            self.expected = state_of(settings)
            file = settings.var / "warehouse.sqlite"
            self.pages = file.stat().st_size // 4096 if file.exists() else 0
            self.whole_night(settings, "the night after it")
            self.judge(settings, "a second night that had nothing to do")
        with self.settings() as settings:
            self.whole_night(settings, "an intake", kind=RunKind.INTAKE)
            self.whole_night(settings, "the night after an intake")
            self.judge(settings, "a night after an intake")

    @contextmanager
    def settings(self) -> Iterator[Settings]:
        """Settings with an empty warehouse, archive and outbox, and the one inbox."""
        with ExitStack() as stack:
            var = stack.enter_context(tempfile.TemporaryDirectory(dir=self.folder))
            url = stack.enter_context(self.postgres.new_database()) if self.postgres else ""
            yield Settings(
                _env_file=None,
                var=Path(var),
                inbox_url=str(self.folder / "inbox"),
                mailbox_url=SecretStr(f"maildir:{self.folder / 'mailbox'}"),
                warehouse_url=url,
            )

    def whole_night(
        self,
        settings: Settings,
        words: str,
        now: datetime = RUN_AT,
        kind: RunKind = RunKind.NIGHTLY,
    ) -> None:
        """Let a run go to its end; where it fails, that is a fault."""
        # A server notices a moment late that a client is gone, and only then lets its lock go.
        for _ in range(100):
            code = ended(begin(settings, self.memory, lambda: None, now=now, kind=kind))
            if code == 0 or self.postgres is None:
                break
            time.sleep(0.1)
        if code:
            self.faults.append(f"{words}: ended with {code}")

    def judge(self, settings: Settings, words: str) -> None:
        """Compare what is there with the undisturbed run."""
        self.faults += [
            f"{words}: {each}" for each in differences(state_of(settings), self.expected)
        ]

    def kill(self, number: int, random: Random) -> None:
        """Kill a run, look whether anything is there by half, and let the next one finish.

        Every third is an intake. Every fifth has its clock set back.
        """
        end = choose(number, random, self.statements)
        kind = RunKind.INTAKE if number % 3 == 2 else RunKind.NIGHTLY
        with self.settings() as settings:
            process = begin(settings, self.memory, end.prepare, kind=kind)
            if isinstance(end, AtInstant):
                time.sleep(self.seconds * end.share)
                os.kill(process, signal.SIGKILL)
            code = ended(process)
            self.outcomes[
                "ended by itself"
                if code == 0
                else "killed"
                if code == -signal.SIGKILL
                else f"code {code}"
            ] += 1
            if Path(settings.var / "warehouse.sqlite").exists() or self.postgres:
                self.look(settings, f"killed {end}")
            self.whole_night(
                settings,
                f"after a {kind} run killed {end}",
                RUN_AT - A_DAY if number % 5 == 4 else RUN_AT,
            )
            self.judge(settings, f"after a {kind} run killed {end}")

    def look(self, settings: Settings, words: str) -> None:
        """What a reader sees of a killed run: whole submissions or none."""
        try:
            found = state_of(settings)
        except Exception as error:
            # Before the first run has made the tables there is nothing to see, and the warehouse says so.
            if "no run has begun yet" not in str(error):
                raise
            return
        self.faults += [
            f"{words}: {each}" for each in (*found.disorder, *halves(found, self.expected))
        ]

    def two_at_once(self, *, alone: bool) -> None:
        """Begin two runs at a time: with the lock one of them may be turned away, without it both work and nothing is doubled."""
        with self.settings() as settings:
            codes = [
                ended(each)
                for each in [
                    begin(settings, self.memory, lambda: None, alone=alone) for _ in range(2)
                ]
            ]
            words = f"two nights at once, {'with' if alone else 'without'} the lock"
            self.outcomes[f"{words}: ended with {sorted(codes)}"] += 1
            if 0 not in codes or not set(codes) <= ({0, STOPPED} if alone else {0}):
                self.faults.append(f"{words}: they ended with {codes}")
            self.whole_night(settings, f"after {words}")
            self.judge(settings, words)

    def disturbed(
        self, words: str, prepare: Callable[[], None], *, is_mended: bool = False
    ) -> None:
        """A run whose disk is full, or line is cut, says so and keeps nothing by half.

        The next one, undisturbed, finishes.

        `is_mended`: it needs no next one, since it tried again by itself and all went well.
        """
        with self.settings() as settings:
            code = ended(begin(settings, self.memory, prepare))
            self.outcomes[f"{words.partition(',')[0]}: ended with {code}"] += 1
            if is_mended:
                self.judge(settings, words)
            if code not in ((0,) if is_mended else (FAILED, STOPPED)):
                self.faults.append(f"{words}: ended with {code}")
            self.look(settings, words)
            self.whole_night(settings, f"after {words}")
            self.judge(settings, f"after {words}")


def ended(process: int) -> int:
    """Wait for a process and return how it ended: its code, or its signal below zero."""
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def disturb(trial: Trial) -> None:
    """Fill the disk under the archive, the outbox and the warehouse; cut the line to the server."""
    trial.disturbed(
        "disk full, in the archive",
        # Each file is two writes, its bytes and its note: the third file finds no room.
        partial(fill_disk, "connectors.archive:write_below", 5, no_space),
    )
    trial.disturbed(
        "disk full, in the outbox", partial(fill_disk, "pathlib:Path.write_bytes", 1, no_space)
    )
    if trial.postgres is None:
        for share in (0.3, 0.9, 0.97, 0.99):
            pages = int(share * trial.pages)
            trial.disturbed(
                f"disk full, at {pages} of {trial.pages} pages of the warehouse",
                partial(fill_sqlite, pages),
            )
    else:
        full = partial(psycopg.errors.DiskFull, "could not extend file: No space left on device")
        # The first COPY is of all deliveries together, the others of one each. Not the second:
        # where the bad report came in and its correction did not, its sender rightly reads of
        # both.
        trial.disturbed("line cut once", partial(cut_connection, 1), is_mended=True)
        for count in (3, 4):
            trial.disturbed(
                f"line cut twice, in COPYs 1 and {count}", partial(cut_connection, 1, count)
            )
        trial.disturbed(
            "disk full, in a COPY", partial(fill_disk, "warehouse.load:insert_rows", 1, full)
        )


def main() -> int:
    """Kill, compare, print; return how the program ends."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.kills", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument(
        "--points", type=int, default=200, help="how many nights to kill (default: 200)"
    )
    parser.add_argument("--seed", type=int, default=1719)
    parser.add_argument("--database", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument(
        "--server", action="store_true", help="kill Prefect's server and worker with each run"
    )
    given = parser.parse_args()
    # So that the server is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if given.server:
        # Only here: it needs a deployment, the other runs need no Prefect at all.
        from tests.kills.with_server import kill_with_server

        killed = kill_with_server(given.points, Random(given.seed))
        return report(
            killed.outcomes,
            killed.faults,
            f"{given.points} runs killed with their server, seed {given.seed}",
        )
    return report(
        *kill(given), f"{given.points} nights killed on {given.database}, seed {given.seed}"
    )


def kill(given: argparse.Namespace) -> tuple[Counter[str], list[str]]:
    """Kill runs without Prefect; return what came of them, and what is not as it should be."""
    with ExitStack() as stack:
        postgres = stack.enter_context(running_postgres()) if given.database == "postgres" else None
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="mtqg-kills-")))
        trial = Trial(folder, postgres)
        random = Random(given.seed)
        for number in range(given.points):
            trial.kill(number, random)
            if number % 20 == 19:
                print(f"{number + 1} killed, {len(trial.faults)} not as they should be", flush=True)
        for alone in (True, False):
            trial.two_at_once(alone=alone)
        disturb(trial)
    return trial.outcomes, trial.faults


def report(outcomes: Counter[str], faults: list[str], killed: str) -> int:
    """Print what came of all, and return how the program ends."""
    for outcome, count in outcomes.most_common():
        print(f"{count:6} {outcome}")
    print(*faults[:20], sep="\n")
    print(f"{killed}: {len(faults)} not as they should be")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
