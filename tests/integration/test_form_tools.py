"""KoboToolbox and ODK Central as sources: the contract with each, and what a run makes of their submissions."""

import contextlib
import email
import json
import socket
import threading
from collections.abc import Callable, Iterator
from email import policy
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.sources.portal_session import Patience
from connectors.sources.tools import submissions
from connectors.sources.tools.kobo import Kobo
from connectors.sources.tools.odk import Odk
from flows.night import collecting, steps
from flows.night.run_context import RunContext, open_run
from flows.recovery.replay_log import export_runs
from mtqg.packs.tool_questions import tool_mistakes
from program.delivery import Offer, RejectedOffer, UnusableOffer
from program.errors import SourceError, TransientError
from program.mail import HoldReason
from program.pack.load import load_pack
from program.pack.source import KoboSource, OdkSource, SourceBudget
from program.records.audit import Signature
from program.settings import Settings
from tests.form_tools import (
    ACCOUNT,
    ASSET,
    FORM,
    PASSWORD,
    PROJECT,
    TOKEN,
    Answer,
    FakeKobo,
    FakeOdk,
    kobo_submission,
    kobo_survey,
    nested_answers,
    odk_submission,
)
from tests.integration.test_rebuild import compared, rebuilt
from tests.integration.test_rebuild import night as whole_night
from tests.steps_by_hand import load
from tests.unit.test_tool_submission import SAMPLE
from tests.workbooks import class_list, summary, workbook
from warehouse.lifecycle.holds import held_deliveries, release_held
from warehouse.queries.tracing import trace
from warehouse.source_positions import read_position
from warehouse.tables import DeliveryRow, FindingRow

IMPATIENT = Patience(
    retries=1,
    backoff_seconds=0,
    longest_wait_seconds=1,
    connect_seconds=2,
    read_seconds=0.5,
    answer_seconds=1,
)
SECRETS = {
    "MTQG_SECRET_KOBO": SecretStr(TOKEN),
    "MTQG_SECRET_ODK": SecretStr(PASSWORD),
}


@pytest.fixture
def kobo() -> Iterator[FakeKobo]:
    with FakeKobo().running() as server:
        yield server


@pytest.fixture
def odk() -> Iterator[FakeOdk]:
    with FakeOdk().running() as server:
        yield server


def kobo_source(**keys: Any) -> KoboSource:
    entry = {
        "name": "phieu",
        "kind": "kobo",
        "asset": ASSET,
        "token": {"setting": "MTQG_SECRET_KOBO"},
        "tool_form": "training",
    }
    return KoboSource.model_validate(entry | keys)


def odk_source(**keys: Any) -> OdkSource:
    entry = {
        "name": "phieu",
        "kind": "odk",
        "project": PROJECT,
        "form": FORM,
        "account": ACCOUNT,
        "password": {"setting": "MTQG_SECRET_ODK"},
        "tool_form": "training",
    }
    return OdkSource.model_validate(entry | keys)


def of_kobo(url: str, token: str = TOKEN, **keys: Any) -> Kobo:
    return Kobo(kobo_source(**keys), url, token, IMPATIENT)


def of_odk(url: str, password: str = PASSWORD, **keys: Any) -> Odk:
    return Odk(odk_source(**keys), url, password, IMPATIENT)


def listed(
    connector: Kobo | Odk, cursor: str | None = None
) -> list[tuple[Offer | UnusableOffer | RejectedOffer, str | None]]:
    with contextlib.closing(connector):
        return list(connector.offers(cursor))


def keys(connector: Kobo | Odk, cursor: str | None = None) -> list[str]:
    return [offer.external_id for offer, _ in listed(connector, cursor) if isinstance(offer, Offer)]


# --- the contract with KoboToolbox


def test_each_page_of_kobotoolbox_is_followed_and_the_oldest_comes_first(
    kobo: FakeKobo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sources.tools.kobo.PAGE_SIZE", 2)
    kobo.submissions = [kobo_submission(number) for number in (5, 3, 1, 2, 4)]
    assert keys(of_kobo(kobo.url)) == ["1", "2", "3", "4", "5"]
    assert len(kobo.asked) == 3


def test_a_page_size_beyond_the_limit_of_the_server_loses_nothing(kobo: FakeKobo) -> None:
    kobo.most_a_page = 2
    kobo.submissions = [kobo_submission(number) for number in range(1, 8)]
    assert len(keys(of_kobo(kobo.url))) == 7


def test_the_bytes_are_what_the_tool_sent_and_the_same_each_time(kobo: FakeKobo) -> None:
    kobo.submissions = [kobo_submission(16)]
    contents = []
    for order in (kobo.submissions[0], dict(reversed(kobo.submissions[0].items()))):
        kobo.submissions = [order]
        with contextlib.closing(of_kobo(kobo.url)) as connector:
            ((offer, _),) = connector.offers(None)
            assert isinstance(offer, Offer)
            contents.append(connector.fetch(offer, 10_000))
            assert connector.fetch(offer, 100) is None
    assert contents[0] == contents[1]
    assert json.loads(contents[0] or b"") == kobo_submission(16)


def test_an_edit_is_a_new_version_and_a_review_is_none(kobo: FakeKobo) -> None:
    kobo.submissions = [kobo_submission(1)]
    ((before, _),) = listed(of_kobo(kobo.url))
    kobo.review(1, "approved")
    ((reviewed, _),) = listed(of_kobo(kobo.url))
    kobo.edit(1, **{"tong_hop/tong/so_nguoi": "151"})
    ((edited, _),) = listed(of_kobo(kobo.url))
    assert isinstance(before, Offer)
    assert isinstance(reviewed, Offer)
    assert isinstance(edited, Offer)
    assert reviewed.external_version == before.external_version
    assert edited.external_id == before.external_id
    assert edited.external_version != before.external_version


def test_what_is_not_approved_is_rejected_and_other_states_are_taken(kobo: FakeKobo) -> None:
    kobo.submissions = [kobo_submission(number) for number in (1, 2, 3)]
    kobo.review(1, "not_approved")
    kobo.review(2, "on_hold")
    found = [offer for offer, _ in listed(of_kobo(kobo.url))]
    assert [type(offer) for offer in found] == [RejectedOffer, Offer, Offer]


# --- the contract with ODK Central


def odk_days(odk: FakeOdk, days: int) -> None:
    odk.submissions = [
        odk_submission(day, submissionDate=f"2025-01-{day:02d}T01:00:00.000Z")
        for day in range(1, days + 1)
    ]


def uuid(number: int) -> str:
    return f"uuid:00000000-0000-4000-8000-{number:012d}"


def test_each_page_of_odk_central_is_followed_and_the_oldest_comes_first(
    odk: FakeOdk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.sources.tools.odk.PAGE_SIZE", 2)
    odk_days(odk, 5)
    found = listed(of_odk(odk.url))
    assert [offer.external_id for offer, _ in found if isinstance(offer, Offer)] == [
        uuid(number) for number in range(1, 6)
    ]
    # Nothing is behind the cursor before the list was taken to its end.
    assert [cursor for _, cursor in found] == [None] * 4 + ["2025-01-05T01:00:00.000Z"]
    assert len(odk.asked) == 3


def test_the_next_run_asks_for_what_came_or_changed_since(odk: FakeOdk) -> None:
    odk_days(odk, 5)
    cursor = listed(of_odk(odk.url))[-1][1]
    odk.change(2, "2025-02-01T00:00:00.000Z", reviewState="approved")
    odk.edit(1, "2025-02-02T00:00:00.000Z", don_vi="943")
    found = listed(of_odk(odk.url), cursor)
    # The one at the cursor's own millisecond is listed again; the ledger knows it.
    assert [offer.external_id for offer, _ in found if isinstance(offer, Offer)] == [
        uuid(2),
        uuid(5),
        uuid(1),
    ]
    assert found[-1][1] == "2025-02-02T00:00:00.000Z"
    assert keys(of_odk(odk.url), "2025-02-02T00:00:00.001Z") == []


def test_repeats_are_in_their_submission(odk: FakeOdk) -> None:
    odk_days(odk, 1)
    with contextlib.closing(of_odk(odk.url)) as connector:
        ((offer, _),) = connector.offers(None)
        assert isinstance(offer, Offer)
        content = json.loads(connector.fetch(offer, 10_000) or b"")
    assert [entry["ten_lop"] for entry in content["ds_lop"]] == ["Lớp A", "Lớp B"]


def test_an_edit_in_central_is_a_new_version_and_a_review_is_none(odk: FakeOdk) -> None:
    odk_days(odk, 1)
    versions = []
    for change in (
        lambda: None,
        lambda: odk.change(1, "2025-02-01T00:00:00.000Z", reviewState="hasIssues"),
        lambda: odk.edit(1, "2025-02-02T00:00:00.000Z", don_vi="943"),
    ):
        change()
        ((offer, _),) = listed(of_odk(odk.url))
        assert isinstance(offer, Offer)
        versions.append(offer.external_version)
    assert versions[0] == versions[1] != versions[2]


def test_a_rejected_submission_of_central_is_not_taken(odk: FakeOdk) -> None:
    odk_days(odk, 2)
    odk.change(1, "2025-02-01T00:00:00.000Z", reviewState="rejected")
    found = [offer for offer, _ in listed(of_odk(odk.url))]
    assert {type(offer) for offer in found} == {RejectedOffer, Offer}


@pytest.mark.parametrize("cursor", ["yesterday", "2025-13-01T00:00:00.000Z", "' or 1 eq 1"])
def test_a_cursor_that_is_no_time_is_not_put_into_a_filter(odk: FakeOdk, cursor: str) -> None:
    with pytest.raises(SourceError, match="expected a time as cursor"):
        listed(of_odk(odk.url), cursor)
    assert odk.asked == []


# --- what both have in common


Tool = Callable[[str], Kobo | Odk]
BOTH = pytest.mark.parametrize(
    ("fake", "tool"), [(FakeKobo, of_kobo), (FakeOdk, of_odk)], ids=["kobo", "odk"]
)


def page(items: list[Any], link: str | None = None) -> dict[str, Any]:
    """Return a page that both connectors take as theirs."""
    return {"results": items, "next": link, "value": items, "@odata.nextLink": link}


@BOTH
@pytest.mark.parametrize(
    ("status", "sentence"),
    [
        (401, "check MTQG_SECRET_.*wrong or expired"),
        (403, "may not read the submissions"),
        (404, "there is no"),
        (400, "expected 200, found 400"),
    ],
)
def test_a_refusal_says_what_to_check(
    fake: type[FakeKobo | FakeOdk], tool: Tool, status: int, sentence: str
) -> None:
    with fake().running() as server:
        server.forced = [Answer(status, {"detail": "no"})]
        with pytest.raises(SourceError, match=sentence) as refused:
            listed(tool(server.url))
    assert not isinstance(refused.value, TransientError)
    assert TOKEN not in str(refused.value)
    assert PASSWORD not in str(refused.value)


@BOTH
def test_a_wrong_token_or_password_is_refused(fake: type[FakeKobo | FakeOdk], tool: Any) -> None:
    with fake().running() as server, pytest.raises(SourceError, match="401"):
        listed(tool(server.url, "another"))


@BOTH
@pytest.mark.parametrize("status", [429, 500, 503])
def test_what_passes_is_asked_again_and_then_left_to_the_next_run(
    fake: type[FakeKobo | FakeOdk], tool: Tool, status: int
) -> None:
    busy = Answer(status, {"detail": "busy"}, {"Retry-After": "0"})
    with fake().running() as server:
        server.forced = [busy]
        assert listed(tool(server.url)) == []
        assert len(server.asked) == 2
        server.forced = [busy, busy]
        with pytest.raises(TransientError, match=str(status)):
            listed(tool(server.url))


@BOTH
@pytest.mark.parametrize(
    "body",
    [
        b"<!DOCTYPE html><html>Sign in</html>",
        b"[]",
        b"{}",
        b'{"results": 1, "value": 1}',
        b'{"results": [NaN], "value": [NaN]}',
        '{"results": ["xã"]}'.encode("utf-16"),
        b'{"results": [' + b"[" * 100_000,
        b"",
    ],
)
def test_a_body_that_is_no_page_is_one_sentence(
    fake: type[FakeKobo | FakeOdk], tool: Tool, body: bytes
) -> None:
    with fake().running() as server:
        server.forced = [Answer(HTTPStatus.OK, body, {"Content-Type": "text/html"})]
        with pytest.raises(SourceError, match="expected"):
            listed(tool(server.url))


@BOTH
def test_the_token_never_leaves_the_host(fake: type[FakeKobo | FakeOdk], tool: Tool) -> None:
    with fake().running() as server, fake().running() as other:
        for link in (f"{other.url}/steal", f"http://localhost:{other.server_port}/steal"):
            server.forced = [Answer(HTTPStatus.OK, page([1], link))]
            with pytest.raises(SourceError, match="not followed"):
                listed(tool(server.url))
        server.forced = [Answer(HTTPStatus.FOUND, {}, {"Location": f"{other.url}/steal"})]
        with pytest.raises(SourceError, match="not followed"):
            listed(tool(server.url))
        assert other.asked == []


@BOTH
def test_a_list_without_an_end_ends(
    fake: type[FakeKobo | FakeOdk], tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with fake().running() as server:
        # The second time, the link leads back to itself.
        link = f"{server.url}/next"
        server.forced = [Answer(HTTPStatus.OK, page([1], link)) for _ in range(2)]
        with pytest.raises(SourceError, match="leads back"):
            listed(tool(server.url))
        server.forced = [Answer(HTTPStatus.OK, page([], link))]
        with pytest.raises(SourceError, match="has no end"):
            listed(tool(server.url))
        # A new address each time: only the budget of the source ends it.
        server.forced = [Answer(HTTPStatus.OK, page([1], f"{link}/{n}")) for n in range(50)]
        clock = iter(range(1000))
        monkeypatch.setattr(submissions, "monotonic", lambda: next(clock))
        with pytest.raises(SourceError, match="did not end in 10 s"):
            listed(tool(server.url, budget={"seconds": 10}))
        assert len(server.forced) > 30


@BOTH
def test_a_body_that_drips_is_a_time_out(fake: type[FakeKobo | FakeOdk], tool: Tool) -> None:
    del fake
    ended = threading.Event()

    def drip(listener: socket.socket) -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
                    while not ended.wait(0.05):
                        connection.sendall(b" ")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.2)
        thread = threading.Thread(target=drip, args=(listener,))
        thread.start()
        try:
            with pytest.raises(TransientError):
                listed(tool(f"http://127.0.0.1:{listener.getsockname()[1]}"))
        finally:
            ended.set()
            thread.join()


def test_an_encrypted_submission_is_named_to_the_operator(odk: FakeOdk) -> None:
    odk.submissions = [odk_submission(1, status="notDecrypted")]
    ((offer, _),) = listed(of_odk(odk.url))
    assert isinstance(offer, UnusableOffer)
    assert "not encrypted" in offer.reason


@BOTH
@pytest.mark.parametrize("item", [1, None, "x", {}, {"_id": True}, {"__id": "a", "__system": 1}])
def test_an_entry_that_is_no_submission_stops_no_other(
    fake: type[FakeKobo | FakeOdk], tool: Tool, item: Any
) -> None:
    good = kobo_submission(1) if fake is FakeKobo else odk_submission(1)
    with fake().running() as server:
        server.forced = [Answer(HTTPStatus.OK, page([item, good]))]
        found = [offer for offer, _ in listed(tool(server.url))]
    assert sorted(type(offer).__name__ for offer in found) == ["Offer", "UnusableOffer"]


def test_an_account_stands_for_its_unit_and_an_unlisted_one_for_none(kobo: FakeKobo) -> None:
    kobo.submissions = [
        kobo_submission(1),
        kobo_submission(2, _submitted_by="ai do"),
        kobo_submission(3, _submitted_by=None),
    ]
    found = [offer for offer, _ in listed(of_kobo(kobo.url, senders={"chauthanh": "942"}))]
    assert [(offer.name, offer.sender_unit) for offer in found if isinstance(offer, Offer)] == [
        ("phieu 1 (chauthanh).json", "942"),
        ("phieu 2 (ai do).json", None),
        ("phieu 3.json", None),
    ]
    with FakeOdk().running() as odk:
        # In ODK Central, a display name or the number of the account.
        odk.submissions = [odk_submission(1)]
        for key in ("chauthanh", "23"):
            ((offer, _),) = listed(of_odk(odk.url, senders={key: "942"}))
            assert isinstance(offer, Offer)
            assert offer.sender_unit == "942"
    free = [offer for offer, _ in listed(of_kobo(kobo.url))]
    assert {offer.sender_unit for offer in free if isinstance(offer, Offer)} == {None}


# --- a run


@pytest.fixture
def province(settings: Settings, own_pack: Path) -> Callable[..., Settings]:
    """Return settings of a pack whose sources are the inbox and the given tools."""

    def province(*sources: KoboSource | OdkSource) -> Settings:
        (own_pack / "tool_forms").mkdir(exist_ok=True)
        (own_pack / "tool_forms" / "training.yaml").write_bytes(SAMPLE.read_bytes())
        entries = [source.model_dump(mode="json", exclude_none=True) for source in sources]
        file = own_pack / "sources.yaml"
        with file.open("a", encoding="utf-8") as text:
            for entry in entries:
                for place in ("token", "password"):
                    if place in entry:
                        entry[place] = {"setting": entry[place]["setting"]}
                text.write(f"  - {json.dumps(entry, ensure_ascii=False)}\n")
        return settings.model_copy(update={"pack": own_pack, "secrets": SECRETS})

    return province


def night(settings: Settings) -> RunContext:
    run = open_run(settings, None)
    for source in run.sources(None):
        collecting.collect(run, source)
    load(run)
    return run


def participants(
    run: RunContext, unit: str = "942", element: str = "participants_total"
) -> list[tuple[float | None, str, str, bool]]:
    """Return value, place and name of a figure's facts, the current one first."""
    facts = trace(
        run.warehouse,
        form="training",
        unit=unit,
        period="2024-Q4",
        elements=[element],
    )
    return [(fact.value, fact.sheet, fact.name, fact.known_to is None) for fact in facts]


def figures_in_marts(run: RunContext, unit: str) -> list[tuple[Any, ...]]:
    query = (
        "SELECT indicator_code, period, actual FROM mart_figures "
        f"WHERE unit_code = '{unit}' ORDER BY 1, 2"
    )
    with run.warehouse.connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.mark.both_databases
@pytest.mark.usefixtures("reads_here")
def test_figures_of_a_tool_are_those_of_the_same_workbook(
    province: Callable[..., Settings], kobo: FakeKobo, odk: FakeOdk
) -> None:
    kobo.submissions = [kobo_submission(1, nested_answers("942"))]
    odk.submissions = [odk_submission(1, nested_answers("943"))]
    settings = province(
        kobo_source(name="phieu-kobo", url=kobo.url), odk_source(name="phieu-odk", url=odk.url)
    )
    inbox = Path(settings.inbox_url) / "944"
    inbox.mkdir()
    identity = [["Mã đơn vị:", None, "944"], ["Kỳ báo cáo:", None, "Quý 4 năm 2024"]]
    sheets = (
        ("Tổng hợp", summary(identity=identity)),
        ("Danh sách lớp", class_list(identity=identity)),
    )
    (inbox / "Q4.xlsx").write_bytes(workbook(*sheets))
    run = night(settings)
    assert run.summary.errors == []
    assert run.summary.received == 3
    of_workbook = figures_in_marts(run, "944")
    assert len(of_workbook) >= 3
    assert figures_in_marts(run, "942") == of_workbook
    assert figures_in_marts(run, "943") == of_workbook
    assert participants(run, "942") == [
        (150, "/tong_hop/tong/so_nguoi", "phieu-kobo 1 (chauthanh).json", True)
    ]
    # Nothing changed in the tools: nothing is taken again.
    again = night(settings)
    assert (again.summary.received, again.summary.errors) == (0, [])


@pytest.mark.usefixtures("reads_here")
def test_an_edit_in_the_tool_replaces_the_figures(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    kobo.submissions = [kobo_submission(1)]
    settings = province(kobo_source(url=kobo.url))
    night(settings)
    kobo.edit(1, **{"tong_hop/huyen/nu": "51", "tong_hop/tong/nu": "61"})
    run = night(settings)
    assert run.summary.received == 1
    found = participants(run, element="women_total")
    assert [(value, is_current) for value, _, _, is_current in found] == [(61, True), (60, False)]


@pytest.mark.both_databases
@pytest.mark.usefixtures("reads_here")
def test_a_rejection_in_the_tool_takes_the_figures_back_until_it_is_undone(
    province: Callable[..., Settings], kobo: FakeKobo, odk: FakeOdk
) -> None:
    kobo.submissions = [kobo_submission(1), kobo_submission(2, nested_answers("946"))]
    odk.submissions = [odk_submission(1, nested_answers("943"))]
    settings = province(
        kobo_source(name="phieu-kobo", url=kobo.url), odk_source(name="phieu-odk", url=odk.url)
    )
    # Rejected before a run saw it: nothing is on record.
    kobo.review(2, "not_approved")
    run = night(settings)
    assert participants(run, "946") == []
    assert [fact[-1] for unit in ("942", "943") for fact in participants(run, unit)] == [True, True]
    kobo.review(1, "not_approved")
    odk.change(1, "2025-02-01T00:00:00.000Z", reviewState="rejected")
    run = night(settings)
    assert len(run.summary.warnings) == 2
    assert "was rejected there; delivery" in run.summary.warnings[0]
    assert [fact[-1] for unit in ("942", "943") for fact in participants(run, unit)] == [False] * 2
    # Once is enough.
    assert night(settings).summary.warnings == []
    kobo.review(1, "approved")
    odk.change(1, "2025-02-02T00:00:00.000Z", reviewState="approved")
    run = night(settings)
    assert run.summary.received == 2
    for unit in ("942", "943"):
        assert sum(is_current for *_, is_current in participants(run, unit)) == 1
    assert night(settings).summary.received == 0


@pytest.mark.slow
@pytest.mark.usefixtures("reads_here")
def test_a_warehouse_is_made_again_from_the_submissions_in_the_archive(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    kobo.submissions = [kobo_submission(1), kobo_submission(2, nested_answers("943"))]
    settings = province(kobo_source(url=kobo.url))
    whole_night(settings)
    kobo.edit(1, **{"tong_hop/huyen/nu": "51", "tong_hop/tong/nu": "61"})
    kobo.review(2, "not_approved")
    whole_night(settings)
    kobo.review(2, None)
    kobo.submissions.append(kobo_submission(3, nested_answers("944")))
    run = whole_night(settings)
    export_runs(run.warehouse, run.archive, run.pack)
    beside = rebuilt(settings)
    assert compared(settings.warehouse_url, beside)[1] == []


@pytest.mark.usefixtures("reads_here")
def test_a_wrong_figure_is_reported_with_the_field_that_it_is_in(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    answers = nested_answers()
    answers["tong_hop"]["tong"]["so_nguoi"] = 999
    answers["ds_lop"][1]["den_ngay"] = "2024-12-01"
    kobo.submissions = [kobo_submission(1, answers)]
    run = night(province(kobo_source(url=kobo.url)))
    with Session(run.warehouse) as session:
        rows = session.execute(
            select(FindingRow.sheet, FindingRow.cell, FindingRow.fix).where(
                FindingRow.severity == "critical"
            )
        ).all()
    places = {sheet for sheet, _, _ in rows}
    assert "/tong_hop/tong/so_nguoi" in places
    assert "/ds_lop[2]/den_ngay" in places
    assert {cell for _, cell, _ in rows} == {""}
    # A form tool shows no cells: no sentence names one.
    assert not any(" C4" in fix or "C2" in fix for _, _, fix in rows)


@pytest.mark.usefixtures("reads_here")
def test_the_letter_names_fields_and_asks_for_a_correction_in_the_tool(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    answers = nested_answers()
    answers["tong_hop"]["tong"]["so_nguoi"] = 999
    kobo.submissions = [kobo_submission(1, answers)]
    run = night(province(kobo_source(url=kobo.url, senders={"chauthanh": "942"})))
    steps.alert(run)
    (mail,) = run.settings.outbox.glob("*.eml")
    message = email.message_from_bytes(mail.read_bytes(), policy=policy.default)
    text = message.get_body(("plain",)).get_content()
    assert 'Trường "/tong_hop/tong/so_nguoi"' in text
    assert "Báo cáo này được gửi bằng phiếu điện tử" in text
    assert "Trang tính" not in text
    # There is no file to mark.
    assert list(message.iter_attachments()) == []


@pytest.mark.usefixtures("reads_here")
def test_the_sender_of_another_unit_leaves_no_trace_there(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    kobo.submissions = [kobo_submission(1, nested_answers("943"))]
    run = night(province(kobo_source(url=kobo.url, senders={"chauthanh": "942"})))
    assert participants(run, "943") == []
    assert run.summary.verdicts == {"quarantined": 1}


@pytest.mark.usefixtures("reads_here")
def test_a_source_has_its_budget_and_its_synthetic_mark(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    kobo.submissions = [
        kobo_submission(n, nested_answers(unit)) for n, unit in enumerate(("942", "943", "944"), 1)
    ]
    budget = SourceBudget(files_per_sender=2)
    source = kobo_source(url=kobo.url, budget=budget.model_dump(), synthetic="phieu")
    settings = province(source)
    run = night(settings)
    assert run.summary.received == 2
    assert len(run.summary.left_to_next_run) == 1
    with Session(run.warehouse) as session:
        assert set(session.scalars(select(DeliveryRow.is_synthetic))) == {True}
    assert night(settings).summary.received == 1


@pytest.mark.usefixtures("reads_here")
def test_a_cursor_of_central_stays_before_what_could_not_be_taken(
    province: Callable[..., Settings], odk: FakeOdk
) -> None:
    odk.submissions = [odk_submission(1)]
    settings = province(odk_source(url=odk.url))
    odk.forced = [Answer(HTTPStatus.OK, page([odk_submission(1), {"__id": "no submission"}]))]
    run = night(settings)
    assert len(run.summary.errors) == 1
    assert read_position(run.warehouse, "phieu").cursor is None
    run = night(settings)
    assert run.summary.errors == []
    assert read_position(run.warehouse, "phieu").cursor == "2025-01-03T01:20:05.123Z"


@pytest.mark.usefixtures("reads_here")
def test_a_submission_of_an_unlisted_account_waits_for_the_office(
    province: Callable[..., Settings], kobo: FakeKobo
) -> None:
    kobo.submissions = [kobo_submission(1, _submitted_by="ai do"), kobo_submission(2)]
    kobo.review(2, "not_approved")
    settings = province(kobo_source(url=kobo.url, senders={"chauthanh": "943"}))
    run = night(settings)
    assert participants(run, "942") == []
    (held,) = held_deliveries(run.warehouse)
    assert held.reason is HoldReason.UNKNOWN_SENDER
    assert held.delivery.name == "phieu 1 (ai do).json"
    release_held(run.warehouse, held.delivery.id, "942", Signature("A", run.now(), "B"))
    run = night(settings)
    assert [value for value, *_ in participants(run, "942")] == [150]
    # One that a reviewer rejects waits no longer.
    kobo.submissions.append(kobo_submission(3, _submitted_by="ai do"))
    night(settings)
    kobo.review(3, "not_approved")
    assert held_deliveries(night(settings).warehouse) == []


def test_a_source_without_an_address_is_not_asked(province: Callable[..., Settings]) -> None:
    run = night(province(kobo_source()))
    assert (run.summary.errors, run.summary.received) == ([], 0)


@BOTH
def test_pack_check_asks_the_tools_for_the_mapped_questions(
    fake: type[FakeKobo | FakeOdk],
    tool: Tool,
    province: Callable[..., Settings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    del tool
    with fake().running() as server:
        made = kobo_source if fake is FakeKobo else odk_source
        settings = province(made(url=server.url))
        pack = load_pack(settings.pack)
        assert list(tool_mistakes(pack, settings)) == []
        survey = [row for row in kobo_survey() if row.get("name") != "dia_diem"]
        monkeypatch.setattr("tests.form_tools.kobo_survey", lambda: survey)
        (sentence,) = tool_mistakes(pack, settings)
    assert "tool_forms/training.yaml: the form in the tool has no question ds_lop/dia_diem" in (
        sentence
    )
