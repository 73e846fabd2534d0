"""The benchmark of a whole run: what it counts is what happened, by the run and by a peer."""

from pathlib import Path

import pytest

from benchmarks.country import country_of
from benchmarks.night import measure, peer
from program.settings import ROOT

pytestmark = pytest.mark.slow


def test_a_run_loads_what_the_strong_peer_loads_and_a_second_one_nothing(tmp_path: Path) -> None:
    country = country_of(tmp_path / "files", 2)
    assert country.files == 8

    ours = measure([country], tmp_path / "var", f"sqlite:///{tmp_path / 'ours.sqlite'}", ROOT)
    assert ours.first.summary["received"] == 8
    assert ours.first.summary["facts_loaded"] == sum(ours.facts.values()) > 0
    assert ours.again.summary["run_id"] == 2
    assert ours.again.summary["received"] == ours.again.summary["facts_loaded"] == 0

    theirs = peer("strong", country, tmp_path / "strong", f"sqlite:///{tmp_path / 'theirs.sqlite'}")
    assert theirs.facts == ours.facts

    steps = ours.first.steps
    inner = sum(steps[name] for name in ("load: read", "load: check", "load: write"))
    assert 0 < inner <= steps["load"] < ours.first.cost.main.seconds
    assert ours.first.cost.seconds > ours.again.cost.seconds > 0
    assert ours.first.cost.main.peak > 50
    assert ours.first.others["readers"] > 0


def contents(folder: Path) -> dict[Path, bytes]:
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.xlsx")}


def test_the_same_country_is_made_once_and_a_larger_one_holds_it(tmp_path: Path) -> None:
    small, again, larger = country_of(tmp_path, 1), country_of(tmp_path, 1), country_of(tmp_path, 2)
    assert small == again
    files = contents(small.inbox)
    assert len(files) == 4
    assert files.items() <= contents(larger.inbox).items()
