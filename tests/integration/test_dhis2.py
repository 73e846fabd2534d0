"""`mtqg dhis2 push`: which figures go, how they are written, and what the server's summary means."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer.testing
import yaml
from pydantic import SecretStr

from connectors.sources.portal_session import Patience
from flows.night.run_context import open_run
from mtqg.publishing import dhis2 as command
from program.calendar.period import Period
from program.errors import (
    ConfigurationError,
    MtqgError,
    PushRefusedError,
    SourceError,
    TransientError,
    UsageError,
)
from program.pack.load import load_pack
from program.records.audit import Signature
from program.settings import Settings
from program.tools.dhis2 import period_in_dhis2
from publish.dhis2.server import Dhis2Server
from tests.conftest import Fill
from tests.dhis2 import TOKEN, FakeDhis2
from tests.form_tools import Answer
from tests.steps_by_hand import collect, load
from warehouse.lifecycle.withdraw import withdraw

pytestmark = pytest.mark.usefixtures("reads_here")

PEOPLE, MONEY, COMBO = "f7n9E0hX8qk", "Ix2HsbDMLea", "bRowv6yZOF2"
UNITS = {"942": "DiszpKrYNg8", "943": "FNnj3jKGS7i"}
MAPPING: dict[str, Any] = {
    "token": {"setting": "MTQG_SECRET_DHIS2"},
    "org_units": UNITS,
    "data_elements": [
        {"id": PEOPLE, "indicator": "TRN-PARTICIPANTS", "period": "quarter"},
        {
            "id": PEOPLE,
            "indicator": "TRN-PARTICIPANTS",
            "period": "quarter",
            "value": "numerator",
            "factor": 0.5,
            "category_option_combo": COMBO,
        },
        {"id": MONEY, "indicator": "TRN-PARTICIPANTS", "period": "year"},
    ],
}
Push = Callable[..., str]


@pytest.fixture
def server() -> Iterator[FakeDhis2]:
    elements = {PEOPLE: "quarter", MONEY: "year"}
    with FakeDhis2(elements, set(UNITS.values())).running() as running:
        yield running


@pytest.fixture
def province(settings: Settings, own_pack: Path, server: FakeDhis2, fill: Fill) -> Settings:
    """Two districts with a report each, one of them in doubt, and a mapping to the fake."""
    mapping = MAPPING | {"url": server.url}
    (own_pack / "dhis2.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    for unit, period in (("942", "2024-Q4"), ("943", "2024-Q4"), ("944", "2024-Q4")):
        folder = Path(settings.inbox_url) / unit
        folder.mkdir()
        (folder / f"{unit} {period}.xlsx").write_bytes(fill(unit, period))
    ours = settings.model_copy(
        update={"pack": own_pack, "secrets": {"MTQG_SECRET_DHIS2": SecretStr(TOKEN)}}
    )
    run = open_run(ours, None)
    collect(run)
    load(run)
    assert run.summary.errors == []
    return ours


@pytest.fixture
def push(province: Settings, monkeypatch: pytest.MonkeyPatch) -> Push:
    """Run the command; return what it prints, or raise its error."""
    monkeypatch.setattr(command, "load_settings", lambda: province)

    def push(*options: str) -> str:
        result = typer.testing.CliRunner().invoke(command.dhis2_app, ["push", *options])
        if isinstance(result.exception, MtqgError):
            raise result.exception
        assert result.exception is None, result.exception
        return result.output

    return push


def test_a_dry_run_writes_nothing_there_and_no_record_here(
    push: Push, server: FakeDhis2, province: Settings
) -> None:
    said = push()
    assert "4 values to have there; 0 are there already." in said
    assert "of a unit without an org unit: 1" in said
    assert "Dry run: imported 4, updated 0, ignored 0, deleted 0." in said
    assert server.stored == {}
    assert [sent["query"]["dryRun"] for sent in server.sent] == ["true"]
    assert not province.dhis2.exists()


def test_a_push_sends_each_figure_as_mapped_and_nothing_twice(
    push: Push, server: FakeDhis2, province: Settings
) -> None:
    said = push("--send")
    assert "Sent: imported 4" in said
    assert [sent["query"]["dryRun"] for sent in server.sent] == ["true", "false"]
    # Half of it under the other combination: the factor of the mapping.
    assert server.stored[PEOPLE, "2024Q4", UNITS["942"], ""] == "150"
    assert server.stored[PEOPLE, "2024Q4", UNITS["942"], COMBO] == "75"
    (record,) = [path for path in province.dhis2.glob("*.json") if path.name != "sent.json"]
    assert len(json.loads(record.read_text())["sent"]) == 4
    requests = len(server.sent)
    assert "Nothing to send." in push("--send")
    assert len(server.sent) == requests
    assert "Sent: imported 0, updated 4" in push("--send", "--all")


def test_what_changed_is_sent_again_and_what_is_gone_is_deleted_if_asked_for(
    push: Push, server: FakeDhis2, province: Settings, fill: Fill
) -> None:
    push("--send")
    run = open_run(province, None)
    assert withdraw(run.warehouse, 1, Signature("", run.now(), "thử")).is_done
    said = push("--send")
    assert "sent before and no longer reported: 2; --delete takes them back" in said
    assert len(server.stored) == 4
    assert "deleted 2" in push("--send", "--delete")
    assert {unit for _, _, unit, _ in server.stored} == {UNITS["943"]}
    assert "Nothing to send." in push("--send", "--delete")


def test_figures_in_doubt_stay_here_unless_somebody_asks_for_them(
    push: Push, server: FakeDhis2, province: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = command.indicator_figures

    def one_in_doubt(*args: Any) -> list[Any]:
        return [replace(figure, is_doubtful=figure.unit == "942") for figure in figures(*args)]

    monkeypatch.setattr(command, "indicator_figures", one_in_doubt)
    assert "left out, in doubt: 1" in push("--send")
    assert {unit for _, _, unit, _ in server.stored} == {UNITS["943"]}
    push("--send", "--with-doubtful")
    assert {unit for _, _, unit, _ in server.stored} == set(UNITS.values())


def test_synthetic_figures_and_other_periods_are_not_sent(
    push: Push, server: FakeDhis2, province: Settings
) -> None:
    run = open_run(province, None)
    with run.warehouse.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE deliveries SET is_synthetic = 1 WHERE sender_unit = '942'"
        )
    assert "left out, synthetic: 1" in push("--send")
    assert {unit for _, _, unit, _ in server.stored} == {UNITS["943"]}
    assert "Nothing to send." in push("--send", "--period", "Quý III/2024")
    with pytest.raises(UsageError, match="is no period"):
        push("--period", "2024-Q9")
    push("--send", "--with-synthetic")
    assert len(server.stored) == 4


@pytest.mark.parametrize("is_old", [False, True])
def test_a_conflict_is_an_error_that_names_the_figures_and_nothing_is_written(
    push: Push, server: FakeDhis2, province: Settings, is_old: bool
) -> None:
    server.is_old = is_old
    server.org_units.remove(UNITS["943"])
    with pytest.raises(PushRefusedError) as refused:
        push("--send")
    said = str(refused.value)
    assert "would not take every value: imported 2, updated 0, ignored 2, deleted 0" in said
    assert "TRN-PARTICIPANTS of unit 943, 2024-Q4" in said
    assert "unit 942" not in said
    assert server.stored == {}
    assert not (province.dhis2 / "sent.json").exists()


def test_a_period_of_another_kind_is_a_conflict_of_the_server(
    push: Push, server: FakeDhis2
) -> None:
    server.elements[PEOPLE] = "year"
    with pytest.raises(PushRefusedError, match="E7641 Period not valid.*2024Q4"):
        push("--send")


def test_what_is_refused_only_in_the_real_import_is_recorded_and_sent_again(
    push: Push, server: FakeDhis2, province: Settings
) -> None:
    ignored = {
        "status": "WARNING",
        "importCount": {"imported": 3, "updated": 0, "ignored": 1, "deleted": 0},
    }
    clean = {
        "status": "SUCCESS",
        "importCount": {"imported": 4, "updated": 0, "ignored": 0, "deleted": 0},
    }
    server.forced = [Answer(200, clean), Answer(200, {"response": ignored})]
    with pytest.raises(PushRefusedError, match=r"(?s)did not take every .*does not say which"):
        push("--send")
    (record,) = province.dhis2.glob("*.json")
    assert "ignored 1" in json.loads(record.read_text())["answer"]
    assert "Sent: imported 4" in push("--send")


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Answer(401, {}), SourceError, "check MTQG_SECRET_DHIS2"),
        (Answer(403, {}), SourceError, "may not write data values"),
        (Answer(404, {}), SourceError, "it ends before /api"),
        (Answer(302, b"", {"Location": "/login"}), SourceError, "found 302"),
        (Answer(200, b"<html>Sign in</html>"), SourceError, "expected an import summary"),
        (Answer(200, b"[]"), SourceError, "expected an import summary"),
        (Answer(409, {"message": "locked"}), SourceError, "found locked"),
        (Answer(200, {"importCount": {"imported": "x"}}), SourceError, "with importCount"),
    ],
)
def test_an_answer_that_is_no_summary_is_one_sentence(
    push: Push, server: FakeDhis2, answer: Answer, error: type[MtqgError], sentence: str
) -> None:
    server.forced = [answer]
    with pytest.raises(error, match=sentence) as wrong:
        push("--send")
    assert TOKEN not in str(wrong.value)


def test_what_passes_is_tried_again(province: Settings, server: FakeDhis2) -> None:
    mapping = load_pack(province.pack).dhis2
    assert mapping is not None
    impatient = Patience(retries=1, backoff_seconds=0)
    busy = Answer(503, {}, {"Retry-After": "0"})
    with Dhis2Server(mapping, province, impatient) as there:
        server.forced = [busy]
        assert there.send([], "CREATE_AND_UPDATE", is_dry_run=True).ignored == 0
        server.forced = [busy, busy, busy]
        values = [command._selection(province, load_pack(province.pack), mapping, command.Choice())]
        with pytest.raises(TransientError, match="503"):
            there.send(values[0].values, "CREATE_AND_UPDATE", is_dry_run=True)


def test_a_pack_without_a_mapping_says_where_to_read_about_it(
    push: Push, province: Settings
) -> None:
    (province.pack / "dhis2.yaml").unlink()
    with pytest.raises(UsageError, match=r"has no dhis2\.yaml; docs/dhis2\.md"):
        push()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"org_units": {"999": "a"}}, "unknown unit 999"),
        ({"data_elements": [{"id": "a", "indicator": "TRN-PARTICIPANT", "period": "year"}]}, "did you mean TRN-PARTICIPANTS"),
        ({"data_elements": [{"id": "a", "indicator": "TRN-PARTICIPANTS", "period": "week"}]}, "period"),
        ({"data_elements": MAPPING["data_elements"][:1] * 2}, "stands twice"),
        ({"org_units": {"942": "a", "943": "a"}}, "stands twice: a"),
        ({"token": None}, "expected either token, or account and password"),
        ({"account": "admin"}, "expected either token, or account and password"),
        ({"token": "d2pat_secret"}, "token"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_is_an_error_of_pack_check(
    own_pack: Path, change: dict[str, Any], sentence: str
) -> None:
    mapping = MAPPING | {"url": "https://dhis2.example"} | change
    (own_pack / "dhis2.yaml").write_text(yaml.safe_dump(mapping), encoding="utf-8")
    with pytest.raises(ConfigurationError, match=sentence) as wrong:
        load_pack(own_pack)
    assert "dhis2.yaml" in str(wrong.value)
    assert "d2pat_secret" not in str(wrong.value)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("2024", "2024"), ("2024-H2", "2024S2"), ("2024-Q1", "2024Q1"), ("2024-03", "202403")],
)
def test_periods_are_written_as_dhis2_writes_them(ours: str, theirs: str) -> None:
    assert period_in_dhis2(Period.parse(ours)) == theirs
