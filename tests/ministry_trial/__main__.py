"""Run many generated provinces on one server and two workers, and check their country by hand.

The last province's warehouse cannot be opened. The run of the first is killed, and so is a worker with all
that it runs. Ends with 1 where a run does not end as it should, or where a figure of the country is not the
sum by hand of what the communes sent.

Usage: python -m tests.ministry_trial [--provinces 10] [--communes 4] [--seed 1719] [--home FOLDER]
"""

import argparse
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.ministry_trial.compare import compare, finds_a_changed_figure
from tests.ministry_trial.deployed import Deployed, deployed
from tests.ministry_trial.inputs import Country, country_of


def main() -> int:
    """Make, run, kill, build and compare; print it; return how the program ends."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.ministry_trial", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--provinces", type=int, default=10, help="at least 3 (default: 10)")
    parser.add_argument("--communes", type=int, default=4, help="of each province (default: 4)")
    parser.add_argument("--seed", type=int, default=1719)
    parser.add_argument("--home", type=Path, help="an empty folder; default: a temporary one")
    given = parser.parse_args()
    if given.provinces < 3:
        parser.error("one province is broken and two are killed: at least 3")
    # So that the server is stopped then, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="mtqg-ministry-") as made:
        home = given.home or Path(made)
        home.mkdir(parents=True, exist_ok=True)
        country = country_of(home, given.provinces, given.communes, given.seed)
        files = sum(path.is_file() for path in (home / "in").rglob("*"))
        say(f"{given.provinces} provinces of {given.communes} communes, {files} files", 0)
        started = time.monotonic()
        with deployed(country) as it:
            say("deployed", time.monotonic() - started)
            faults = trial(it, started)
        say("server and workers ended", time.monotonic() - started)
    print(*faults[:40], sep="\n")
    print(f"{len(faults)} not as they should be")
    return 1 if faults else 0


def trial(it: Deployed, started: float) -> list[str]:
    """Run all provinces, kill two, and build the country twice; return what is not as it should be."""
    country = it.country
    it.ask_for_runs()
    killed = [it.kill_run(country.provinces[0])]
    killed += it.kill_worker_of(country.provinces[1])
    say(
        f"{len(killed)} runs killed: one alone, the others with their worker",
        time.monotonic() - started,
    )
    it.wait_until_settled(killed)
    say("all runs are over", time.monotonic() - started)
    faults = faults_of_runs(it, killed)
    all_but_one = [code for code in country.provinces if code != country.broken]
    faults += faults_of_file(it, all_but_one)
    it.mend(country.broken)
    say("the broken province is mended and has run", time.monotonic() - started)
    return faults + faults_of_file(it, list(country.provinces))


def faults_of_runs(it: Deployed, killed: list[str]) -> list[str]:
    """Return each province whose runs did not end as they should."""
    ends: Counter[str] = Counter()
    faults = []
    for code, first in it.first_runs.items():
        expected = ["Crashed", "Completed"] if first in killed else ["Completed"]
        if code == it.country.broken:
            expected = ["Failed"]
        states = [run["state_name"] for run in it.runs_of(code)]
        ends[" then ".join(states)] += 1
        if states != expected:
            faults.append(f"province {code}: runs ended as {states}, not {expected}")
        if expected == ["Completed"] and it.alarms_of(code):
            faults.append(f"province {code}: alarmed, though nothing happened to it")
    for end, count in ends.most_common():
        print(f"{count:6} {end}")
    return faults


def faults_of_file(it: Deployed, used: list[str]) -> list[str]:
    """Build the country's file and compare it; return what is not as by hand."""
    country: Country = it.country
    file = country.folder / f"national-{len(used)}.duckdb"
    said = it.build(file)
    print(said.strip())
    compared = compare(file, country, used)
    faults = list(compared.faults)
    print(f"{compared.figures} values compared with sums by hand: {len(faults)} differ")
    missing = [code for code in country.provinces if code not in used]
    unnamed = [code for code in missing if f"({code}): chưa gửi" not in said]
    if unnamed:
        faults.append(f"build does not name {unnamed}")
    if not finds_a_changed_figure(file, country, used):
        faults.append("a poor household more in one report was not noticed, or not it alone")
    return faults


def say(what: str, seconds: float) -> None:
    """Print a step, with the time by the clock and the processor's of all that has ended."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(each.ru_utime + each.ru_stime for each in spent)
    print(f"{seconds:7.0f} s by the clock, {cpu:6.0f} s CPU ended: {what}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
