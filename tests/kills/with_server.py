"""Kill a deployed run together with its server and its worker, as a power cut does, and see where the next run ends."""

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from program.pack.load import load_pack
from program.settings import ROOT, Settings
from tests.kills.sample import put_sample
from tests.kills.state import State, differences, state_of
from tests.prefect_server import prefect_server
from tests.scheduled_runs import Province


@dataclass
class ServerTrial:
    """One sample, one undisturbed run, and the runs after a power cut that are compared with it."""

    province: Province
    expected: State = field(init=False)
    seconds: float = field(init=False)
    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        put_sample(self.province.folder / "inbox", load_pack(ROOT / "config" / "soc-trang"))
        self.province.start_worker()
        settings = self._settings("undisturbed")
        started = time.monotonic()
        self._end("the undisturbed run", self._plan(settings))
        self.seconds = time.monotonic() - started
        self.expected = state_of(settings)

    def kill(self, number: int, random: Random) -> None:
        """Kill server, worker and run at an instant; start both, and let the next run finish."""
        share = random.random()
        settings = self._settings(f"killed-{number}")
        cut = self._plan(settings)
        time.sleep(share * self.seconds)
        self.province.server.kill("server", "worker")
        self.province.make_older(cut)
        self.province.server.start()
        self.province.start_worker()
        following = self._plan(settings)
        words = f"after a power cut at {share:.2f} of a run"
        self.province.wait_for_end(cut)
        self.outcomes[f"the run that was cut off: {self._state(cut)}"] += 1
        self._end(words, following)
        found = state_of(settings)
        self.faults += [f"{words}: {each}" for each in differences(found, self.expected)]

    def _settings(self, name: str) -> Settings:
        inbox, var = self.province.folder / "inbox", self.province.folder / name
        return Settings(_env_file=None, var=var, inbox_url=str(inbox))

    def _plan(self, settings: Settings) -> str:
        return self.province.plan(MTQG_VAR=str(settings.var), MTQG_INBOX_URL=settings.inbox_url)

    def _end(self, words: str, run_id: str) -> None:
        """Wait for a run to end; where it does not complete, that is a fault."""
        self.province.wait_for_end(run_id)
        state = self._state(run_id)
        self.outcomes[f"the next run: {state}"] += 1
        if state != "Completed":
            self.faults.append(f"{words}: the run ended as {state}")

    def _state(self, run_id: str) -> str:
        return str(self.province.run(run_id)["state_name"])


def kill_with_server(points: int, random: Random) -> ServerTrial:
    """Kill `points` runs with their server and worker; return what came of them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="mtqg-kills-")))
        server = stack.enter_context(prefect_server(folder))
        trial = ServerTrial(Province(server, folder))
        for number in range(points):
            trial.kill(number, random)
            print(f"{number + 1} killed, {len(trial.faults)} not as they should be", flush=True)
        return trial
