"""`mtqg rules diff` of rules across submissions: what two districts' reports would newly, or no longer, be asked about."""

import json
import re
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from expectations.rules.rule_set import SUITES
from mtqg.cli import app
from program.settings import Settings
from tests.integration.test_comparing import Put, night, pack_with_a_critical_claim, put
from tests.unit.test_works_rules import BRIDGE, HOUSE, ROAD

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("reads_here")]

__all__ = ["put"]


@pytest.fixture
def claimed(settings: Settings, put: Put, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A run in which 942 and 946 both report one road."""
    put("942", [ROAD, BRIDGE])
    put("946", [ROAD, HOUSE])
    night(settings)
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    return settings


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SUITES, tmp_path / "earlier"))


def graded(suites: Path, severity: str | None) -> Path:
    """Give ACR-03 another severity in a copy of the suites; None takes it out."""
    path = suites / "across.yaml"
    before, rule, after = re.split(
        r"(?ms)(^  - id: ACR-03$.*?)(?=^  - id: )", path.read_text(encoding="utf-8")
    )
    changed = re.sub(r"severity: \w+", f"severity: {severity}", rule) if severity else ""
    path.write_text(before + changed + after, encoding="utf-8")
    return suites


def diff(*arguments: str | Path) -> dict:
    result = CliRunner().invoke(app, ["rules", "diff", *map(str, arguments), "--json"])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return json.loads(result.stdout)


def counts(found: dict) -> dict[str, int]:
    return {name: turned["count"] for name, turned in found["verdicts"].items() if turned["count"]}


def places(found: dict, kind: str) -> list[tuple[str, str, str]]:
    return [
        (place["unit"], place["cell"], place["severity"])
        for place in found["findings"]["ACR-03"][kind]["first"]
    ]


def test_a_new_rule_is_found_at_each_report_that_it_would_ask(
    claimed: Settings, earlier: Path
) -> None:
    found = diff("--old", graded(earlier, None))
    assert found["changed_rules"] == {"ACR-03": ["added"]}
    assert found["affected_forms"] == []
    assert (found["deliveries"]["compared"], found["held_together"]) == (0, 2)
    assert counts(found) == {"newly_warned": 2}
    assert [place[0] for place in places(found, "found")] == ["942", "946"]
    assert {place[2] for place in places(found, "found")} == {"warning"}


def test_a_rule_that_asks_nobody_any_more_is_taken_back(
    claimed: Settings, earlier: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "expectations.rules.rule_set.SUITES",
        graded(Path(shutil.copytree(SUITES, tmp_path / "today")), None),
    )
    found = diff("--old", earlier)
    assert counts(found) == {"no_longer_warned": 2}
    assert [place[0] for place in places(found, "gone")] == ["942", "946"]


def test_a_rule_that_was_critical_gives_back_what_it_had_taken_out(
    settings: Settings,
    put: Put,
    earlier: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    put("942", [ROAD, BRIDGE])
    put("946", [ROAD, HOUSE])
    night(
        Settings(
            _env_file=None,
            var=settings.var,
            inbox_url=settings.inbox_url,
            pack=pack_with_a_critical_claim(tmp_path),
        )
    )
    monkeypatch.setenv("MTQG_VAR", str(settings.var))
    found = diff("--old", graded(earlier, "critical"))
    assert counts(found) == {"newly_accepted": 2}
    assert found["findings"]["ACR-03"]["regraded"]["count"] == 2


def test_rules_that_stay_compare_nothing_and_a_form_is_looked_at_alone(
    claimed: Settings, earlier: Path
) -> None:
    assert diff("--old", earlier)["held_together"] == 0
    assert diff("--old", graded(earlier, None), "--form", "training")["held_together"] == 0
    assert (
        CliRunner()
        .invoke(app, ["rules", "diff", "--old", str(earlier), "--fail-on", "warned"])
        .exit_code
        == 1
    )
