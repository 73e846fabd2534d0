"""The portal connector against the reference server, over real HTTP on loopback.

Each test has a server of its own.
"""

import json
import re
import socket
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from connectors.sources.portal import Portal
from connectors.sources.portal_session import Patience
from examples.portal.server import Answer, ReferencePortal, running
from program.delivery import Offer, UnusableOffer
from program.errors import ConfigurationError, SourceError, TransientError

TOKEN = "not-to-be-seen"
IMPATIENT = Patience(retries=2, backoff_seconds=0.01, longest_wait_seconds=1)
ENOUGH = 1_000_000

Fault = Callable[[Answer], Answer]


class FaultyPortal(ReferencePortal):
    """The reference portal; each of `faults` spoils one answer, in order.

    `asked` is what it was asked, with headers.
    """

    def __init__(self, folder: Path, faults: tuple[Fault, ...], page_items: int = 100) -> None:
        super().__init__(folder, TOKEN, page_items=page_items)
        self.faults = deque(faults)
        self.asked: list[tuple[str, Message]] = []

    def answer(self, target: str, headers: Message) -> Answer:
        self.asked.append((target, headers))
        sound = super().answer(target, headers)
        return self.faults.popleft()(sound) if self.faults else sound


@contextmanager
def serving(folder: Path, *faults: Fault, page_items: int = 100) -> Iterator[FaultyPortal]:
    with running(FaultyPortal(folder, faults, page_items)) as server:
        yield server


def client(server: ReferencePortal) -> Portal:
    return Portal(server.url, TOKEN, IMPATIENT)


@contextmanager
def pulling(
    folder: Path, *faults: Fault, token: str = TOKEN, patience: Patience = IMPATIENT
) -> Iterator[Portal]:
    with serving(folder, *faults) as server, Portal(server.url, token, patience) as portal:
        yield portal


def sound(answer: Answer) -> Answer:
    return answer


def status(code: HTTPStatus, **headers: str) -> Fault:
    return lambda _: Answer(
        code, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


def page(**changes: Any) -> Fault:
    """Change keys of the listed page."""
    return lambda answer: replace(
        answer, body=json.dumps(json.loads(answer.body) | changes).encode()
    )


def item(**changes: Any) -> Fault:
    """Change keys of each listed item."""

    def change(answer: Answer) -> Answer:
        listing = json.loads(answer.body)
        listing["items"] = [listed | changes for listed in listing["items"]]
        return replace(answer, body=json.dumps(listing).encode())

    return change


def first_item(**changes: Any) -> Fault:
    """Change keys of the first listed item only."""

    def change(answer: Answer) -> Answer:
        listing = json.loads(answer.body)
        listing["items"][0] |= changes
        return replace(answer, body=json.dumps(listing).encode())

    return change


def body(content: bytes) -> Fault:
    return lambda answer: replace(answer, body=content)


def broken_off(answer: Answer) -> Answer:
    headers = {"Content-Length": str(len(answer.body)), "Connection": "close"}
    return replace(answer, body=answer.body[:-1], headers=headers)


def without_length(answer: Answer) -> Answer:
    return replace(answer, headers={"Connection": "close"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for number, sender in enumerate(("942-chau-thanh", "943-ke-sach", "khac"), start=1):
        (tmp_path / sender).mkdir()
        # The file system's clock ticks every few milliseconds; equal times sort by id, which is
        # enough for these tests.
        (tmp_path / sender / f"báo cáo {number}.xlsx").write_bytes(b"workbook " * number)
    return tmp_path


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that urllib3 waits before it asks again: noted, not waited."""
    noted: list[float] = []
    monkeypatch.setattr(
        "urllib3.util.retry.time", SimpleNamespace(sleep=noted.append, time=time.time)
    )
    return noted


def only_offer(portal: Portal) -> Offer:
    return next(offer for offer, _ in portal.offers(None) if offer.sender_unit == "942")


# Listing


def test_offers_say_what_the_portal_lists(folder: Path) -> None:
    with pulling(folder) as portal:
        offers = {offer.name: offer for offer, _ in portal.offers(None)}

    assert {name: offer.sender_unit for name, offer in offers.items()} == {
        "báo cáo 1.xlsx": "942",
        "báo cáo 2.xlsx": "943",
        "báo cáo 3.xlsx": None,
    }
    assert offers["báo cáo 2.xlsx"].size == len(b"workbook " * 2)
    assert all(
        offer.sha256 and offer.offered_at.utcoffset() is not None for offer in offers.values()
    )


def test_pages_are_followed_and_the_cursor_moves_with_the_last_offer_of_a_page(
    folder: Path,
) -> None:
    with serving(folder, page_items=2) as server, client(server) as portal:
        first, second, third = portal.offers(None)

        assert len({first[0], second[0], third[0]}) == 3
        assert first[1] is None
        assert second[1] != third[1]
        assert [offer for offer, _ in portal.offers(second[1])] == [third[0]]


def test_a_list_that_did_not_change_answers_304_and_yields_nothing(folder: Path) -> None:
    answered = []

    def note(answer: Answer) -> Answer:
        answered.append(answer.status)
        return answer

    with serving(folder, note, note, note, page_items=2) as server, client(server) as portal:
        *_, (_, cursor) = portal.offers(None)
        assert list(portal.offers(cursor)) == []

    assert answered == [HTTPStatus.OK, HTTPStatus.OK, HTTPStatus.NOT_MODIFIED]


def test_what_came_since_the_cursor_is_all_that_is_listed(folder: Path) -> None:
    with pulling(folder) as portal:
        *_, (_, cursor) = portal.offers(None)
        time.sleep(0.05)
        (folder / "943-ke-sach" / "mới.xlsx").write_bytes(b"new")
        assert [offer.name for offer, _ in portal.offers(cursor)] == ["mới.xlsx"]


def test_a_file_sent_again_is_a_new_version_of_the_same_id(folder: Path) -> None:
    with pulling(folder) as portal:
        before = only_offer(portal)
        (folder / "942-chau-thanh" / "báo cáo 1.xlsx").write_bytes(b"corrected")
        after = only_offer(portal)

        assert before.external_id == after.external_id
        assert before.external_version != after.external_version
        assert portal.fetch(after, ENOUGH) == b"corrected"
        with pytest.raises(SourceError, match=r"410 Gone; the portal no longer knows"):
            portal.fetch(before, ENOUGH)


def test_no_cursor_remembers_the_etag_of_a_list_that_was_not_read_to_its_end(folder: Path) -> None:
    with serving(folder, page_items=2) as server, client(server) as portal:
        first, second, *_ = portal.offers(None)
        assert next(portal.offers(first[1]))[0] == first[0]
        list(portal.offers(second[1]))
        assert not any("If-None-Match" in headers for _, headers in server.asked)


def test_a_damaged_cursor_is_named(folder: Path) -> None:
    with pulling(folder) as portal, pytest.raises(SourceError, match="found '17-nonsense'"):
        list(portal.offers("17-nonsense"))


# Fetching


def test_the_bytes_come_back_as_they_were_sent(folder: Path) -> None:
    with pulling(folder) as portal:
        assert portal.fetch(only_offer(portal), ENOUGH) == b"workbook "


def test_an_offer_of_another_run_is_refused(folder: Path) -> None:
    with (
        serving(folder) as server,
        client(server) as portal,
        client(server) as other,
        pytest.raises(SourceError, match="was not listed in this run"),
    ):
        other.fetch(only_offer(portal), ENOUGH)


def test_a_body_of_exactly_the_limit_is_kept(folder: Path) -> None:
    with pulling(folder) as portal:
        assert portal.fetch(only_offer(portal), len(b"workbook ")) == b"workbook "


def test_a_body_over_the_limit_is_refused_by_its_content_length(folder: Path) -> None:
    def announced_only(answer: Answer) -> Answer:
        return replace(answer, body=b"", headers={"Content-Length": "50000001"})

    with pulling(folder, sound, announced_only) as portal:
        assert portal.fetch(only_offer(portal), 50_000_000) is None


@pytest.mark.parametrize("claimed", [sound, item(size=None, sha256=None)])
def test_a_body_over_the_limit_is_refused_while_it_streams_where_no_length_is_announced(
    folder: Path, claimed: Fault
) -> None:
    def endless(answer: Answer) -> Answer:
        return without_length(replace(answer, body=b"x" * 200_000))

    with pulling(folder, claimed, endless) as portal:
        assert portal.fetch(only_offer(portal), 100_000) is None


def test_a_body_that_ends_before_its_content_length_is_transient(folder: Path) -> None:
    with (
        pulling(folder, item(size=None, sha256=None), broken_off) as portal,
        pytest.raises(TransientError, match=r"the body broke off; expected 9 bytes"),
    ):
        portal.fetch(only_offer(portal), ENOUGH)


def test_a_body_that_ends_early_without_content_length_is_seen_by_the_listed_size(
    folder: Path,
) -> None:
    def short(answer: Answer) -> Answer:
        return without_length(replace(answer, body=b"work"))

    with (
        pulling(folder, item(sha256=None), short) as portal,
        pytest.raises(TransientError, match="expected 9 bytes, found 4"),
    ):
        portal.fetch(only_offer(portal), ENOUGH)


def test_bytes_that_differ_from_the_listed_sha256_are_transient(folder: Path) -> None:
    with (
        pulling(folder, item(sha256="AB" * 32)) as portal,
        pytest.raises(TransientError, match=rf"expected sha256 {'ab' * 32}, found [0-9a-f]{{64}}"),
    ):
        portal.fetch(only_offer(portal), ENOUGH)


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"],
    ids=["headers", "body"],
)
def test_an_answer_that_trickles_is_given_up_while_it_is_waited_for(beginning: bytes) -> None:
    """No byte comes late enough for the read time-out, and the answer never ends."""
    ended = threading.Event()

    def trickle() -> None:
        with suppress(OSError):
            while not ended.is_set():
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65_536)
                    connection.sendall(beginning)
                    while not ended.wait(0.01):
                        connection.sendall(b"x")

    patience = replace(IMPATIENT, retries=0, answer_seconds=0.2)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=trickle)
        thread.start()
        try:
            with (
                Portal(f"http://127.0.0.1:{listener.getsockname()[1]}", TOKEN, patience) as portal,
                pytest.raises(TransientError, match=r"not complete after 0\.2 s|timed out"),
            ):
                list(portal.offers(None))
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


# Retries


def test_a_busy_portal_is_asked_again_after_the_time_it_names(
    folder: Path, pauses: list[float]
) -> None:
    with pulling(folder, status(HTTPStatus.SERVICE_UNAVAILABLE, Retry_After="1")) as portal:
        assert len(list(portal.offers(None))) == 3
    assert pauses == [1]


def test_an_hour_of_retry_after_does_not_stall_the_run(folder: Path, pauses: list[float]) -> None:
    with pulling(folder, status(HTTPStatus.TOO_MANY_REQUESTS, Retry_After="3600")) as portal:
        assert len(list(portal.offers(None))) == 3
    assert pauses == [IMPATIENT.longest_wait_seconds]


def test_a_retry_after_that_makes_no_sense_is_transient(folder: Path) -> None:
    with (
        pulling(folder, status(HTTPStatus.SERVICE_UNAVAILABLE, Retry_After="soon")) as portal,
        pytest.raises(TransientError, match="Invalid Retry-After header: soon"),
    ):
        list(portal.offers(None))


@pytest.mark.parametrize(
    "code", [HTTPStatus.INTERNAL_SERVER_ERROR, HTTPStatus.BAD_GATEWAY, HTTPStatus.TOO_MANY_REQUESTS]
)
def test_a_portal_that_stays_down_is_given_up_as_transient(folder: Path, code: HTTPStatus) -> None:
    with serving(folder, *[status(code)] * 9) as server, client(server) as portal:
        with pytest.raises(
            TransientError, match=rf"expected 200, found {code.value} .* in 3 attempts"
        ):
            list(portal.offers(None))
        assert len(server.asked) == IMPATIENT.retries + 1


def test_a_portal_that_does_not_answer_in_time_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        patience = replace(IMPATIENT, retries=0, read_seconds=0.1)
        with (
            Portal(url, TOKEN, patience) as portal,
            pytest.raises(TransientError, match=r"no usable answer in 1 attempts.*timed out"),
        ):
            list(portal.offers(None))


def test_a_portal_that_is_not_there_is_transient() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with (
        Portal(url, TOKEN, IMPATIENT) as portal,
        pytest.raises(TransientError, match=f"{url}/submissions: no usable answer"),
    ):
        list(portal.offers(None))


# Other origins


def test_a_next_link_to_another_origin_is_refused_and_nothing_is_sent_there(folder: Path) -> None:
    with (
        serving(folder) as foreign,
        pulling(folder, page(next=f"{foreign.url}/submissions")) as portal,
        pytest.raises(SourceError, match=f"found {foreign.url}: not followed"),
    ):
        list(portal.offers(None))
    assert foreign.asked == []


@pytest.mark.parametrize(
    "link",
    [
        "http://{foreign}/x",
        "//{foreign}/x",
        "http://{foreign}\\@{own}/x",
        "http://{own}@{foreign}/x",
    ],
)
def test_bytes_at_another_origin_are_refused_and_nothing_is_sent_there(
    folder: Path, link: str
) -> None:
    with serving(folder) as foreign, serving(folder) as server, client(server) as portal:
        server.faults.append(item(href=link.format(foreign=foreign.url[7:], own=server.url[7:])))
        with pytest.raises(SourceError, match=f"found {foreign.url}: not followed"):
            portal.fetch(only_offer(portal), ENOUGH)
    assert foreign.asked == []


def test_a_redirect_to_another_origin_is_refused_and_nothing_is_sent_there(folder: Path) -> None:
    with (
        serving(folder) as foreign,
        pulling(folder, status(HTTPStatus.FOUND, Location=f"{foreign.url}/submissions")) as portal,
        pytest.raises(
            SourceError,
            match=rf"found {foreign.url}: not followed\. If the portal has moved, set MTQG_PORTAL_URL",
        ),
    ):
        list(portal.offers(None))
    assert foreign.asked == []


def test_a_redirect_within_the_portal_is_followed_with_the_token(folder: Path) -> None:
    with pulling(
        folder, status(HTTPStatus.PERMANENT_REDIRECT, Location="/submissions?since=")
    ) as portal:
        assert len(list(portal.offers(None))) == 3


def test_a_redirect_that_never_ends_is_given_up(folder: Path) -> None:
    with (
        pulling(folder, *[status(HTTPStatus.FOUND, Location="/submissions")] * 9) as portal,
        pytest.raises(SourceError, match="more than 5 redirects"),
    ):
        list(portal.offers(None))


def test_empty_pages_with_ever_new_links_end_the_list_with_an_error(folder: Path) -> None:
    endless = [page(items=[], next=f"/submissions?page={number}") for number in range(30)]
    with (
        pulling(folder, *endless) as portal,
        pytest.raises(SourceError, match="21 pages in a row without a submission"),
    ):
        list(portal.offers(None))


def test_some_empty_pages_before_the_last_one_are_no_error(folder: Path) -> None:
    some = [page(items=[], next=f"/submissions?page={number}") for number in range(20)]
    with pulling(folder, *some) as portal:
        assert list(portal.offers(None))


def test_a_next_link_in_a_circle_is_noticed(folder: Path) -> None:
    with (
        pulling(folder, page(next="/submissions")) as portal,
        pytest.raises(SourceError, match="`next` leads back to a page read before"),
    ):
        list(portal.offers(None))


@pytest.mark.parametrize(
    "link", ["http://[", "ftp://127.0.0.1/x", "http://127.0.0.1:x/", "http:///x"]
)
def test_a_link_that_is_no_address_is_a_source_error(folder: Path, link: str) -> None:
    with pulling(folder, page(next=link)) as portal, pytest.raises(SourceError):
        list(portal.offers(None))


# What is not in the contract


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"<!DOCTYPE html><title>login</title>", "the page: Invalid JSON.*<!DOCTYPE html>"),
        (b"[]", "the page: "),
        (b'{"items": 7}', "items: Input should be a valid .*; found 7"),
        (b'{"items": [], "cursor": "a b"}', "cursor: .*found 'a b'"),
        (b'{"items": [], "cursor": "\\ud800"}', "cursor: .*found '\ufffd'"),
        (b"\xff\xfe", "the page: Invalid JSON"),
    ],
)
def test_a_page_that_does_not_fit_the_contract_says_what_was_expected_and_found(
    folder: Path, content: bytes, found: str
) -> None:
    with (
        serving(folder, body(content)) as server,
        client(server) as portal,
        pytest.raises(
            SourceError, match=rf"(?s)^{server.url}/submissions: expected a page .*{found}"
        ) as refusal,
    ):
        list(portal.offers(None))
    assert len(str(refusal.value)) < 600


@pytest.mark.parametrize(
    "wrong",
    [
        {"submitted_at": "2025-01-10"},
        {"submitted_at": "2025-01-10T08:00:00"},
        {"id": 7},
        {"size": -1},
        {"sha256": "abc"},
    ],
)
def test_an_item_that_does_not_fit_the_contract_is_named_and_keeps_no_other_out(
    folder: Path, wrong: dict[str, Any]
) -> None:
    with pulling(folder, first_item(**wrong)) as portal:
        unusable, *others = [offer for offer, _ in portal.offers(None)]
    assert isinstance(unusable, UnusableOffer)
    assert re.search(rf"{next(iter(wrong))}: .*found ", unusable.reason)
    assert [type(offer) for offer in others] == [Offer, Offer]


@pytest.mark.parametrize("time_sent", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_a_time_outside_the_calendar_is_unknown_and_keeps_nothing_out(
    folder: Path, time_sent: str
) -> None:
    with pulling(folder, first_item(submitted_at=time_sent)) as portal:
        offers = [offer for offer, _ in portal.offers(None)]
    assert len(offers) == 3
    assert offers[0].offered_at is None


def test_items_without_a_cursor_are_refused(folder: Path) -> None:
    with (
        pulling(folder, page(cursor=None)) as portal,
        pytest.raises(SourceError, match="a page with items needs a cursor"),
    ):
        list(portal.offers(None))


def test_keys_of_a_newer_portal_are_ignored(folder: Path) -> None:
    with pulling(folder, lambda a: page(total=3)(item(comment="hello")(a))) as portal:
        assert len(list(portal.offers(None))) == 3


def test_times_of_another_zone_become_utc(folder: Path) -> None:
    with pulling(folder, item(submitted_at="2025-01-10T06:30:00+07:00")) as portal:
        assert only_offer(portal).offered_at.isoformat() == "2025-01-09T23:30:00+00:00"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("../../etc/passwd", "....etcpasswd"),
        ("C:\\báo cáo\\quý 4.xlsx", "C:báo cáoquý 4.xlsx"),
        ("a\r\nBcc: x\x00\u2028.xlsx", "a Bcc: x .xlsx"),
        ("bao\u202excod.exe", "baoxcod.exe"),
        ("b\udce1o.xlsx", "b\ufffdo.xlsx"),
        ("\\udce1 \U0001f600.xlsx", "udce1 \U0001f600.xlsx"),
        ("", "?"),
        ("dài" * 1000, ("dài" * 100)[:199] + "…"),
    ],
)
def test_a_name_is_text_to_show_and_never_a_path(folder: Path, sent: str, shown: str) -> None:
    with pulling(folder, item(name=sent)) as portal:
        assert only_offer(portal).name == shown


def test_a_page_is_not_read_without_bound(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.sources.portal._MAX_LIST_BYTES", 100)
    with (
        pulling(folder, without_length) as portal,
        pytest.raises(SourceError, match="expected at most 100 bytes, found more"),
    ):
        list(portal.offers(None))


@pytest.mark.parametrize(
    "code", [HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED, HTTPStatus.CONFLICT]
)
def test_a_status_that_was_not_asked_for_is_a_source_error(folder: Path, code: HTTPStatus) -> None:
    with (
        pulling(folder, status(code)) as portal,
        pytest.raises(SourceError, match=f"expected 200, found {code.value}"),
    ):
        list(portal.offers(None))


@contextmanager
def saying(reply: bytes) -> Iterator[str]:
    """Answer every connection with these bytes, whatever is asked; yield the address."""

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(reply)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    "reply",
    [
        b"",
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 999 Odd\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\n{}",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n{}",
        b"HTTP/1.1 200 OK\r\n" + b"X-Y: z\r\n" * 200 + b"\r\n{}",
        b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://[\r\n\r\n",
        b"HTTP/1.1 302 Found\r\nLocation: http://\xff\xfe:99999/\r\n\r\n",
    ],
)
def test_no_answer_however_odd_raises_anything_but_our_own_errors(reply: bytes) -> None:
    with (
        saying(reply) as url,
        Portal(url, TOKEN, IMPATIENT) as portal,
        pytest.raises(SourceError, match="http://") as refusal,
    ):
        list(portal.offers(None))
    assert TOKEN not in "".join(traceback.format_exception(refusal.value))


# The token and the settings


@pytest.mark.parametrize("token", ["another-secret", ""])
def test_a_refused_token_names_the_setting_and_not_the_token(folder: Path, token: str) -> None:
    with (
        pulling(folder, token=token) as portal,
        pytest.raises(SourceError, match="401 Unauthorized; check MTQG_PORTAL_TOKEN") as refusal,
    ):
        list(portal.offers(None))
    assert type(refusal.value) is SourceError
    assert "another-secret" not in repr(refusal.value)


def test_a_netrc_does_not_replace_the_token(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login someone password else\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with pulling(folder) as portal:
        assert list(portal.offers(None))


@pytest.mark.parametrize("token", ["two words", "ends with a line break\n", "mật-khẩu"])
def test_a_token_that_no_header_can_hold_is_a_configuration_error_that_does_not_show_it(
    token: str,
) -> None:
    with pytest.raises(ConfigurationError, match="MTQG_PORTAL_TOKEN") as refusal:
        Portal("http://127.0.0.1:1", token)
    assert token.strip() not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "portal.example",
        "ftp://portal.example",
        "https://me:pw@portal.example",
        "http://[",
        "http://x?y",
    ],
)
def test_an_address_that_is_none_is_a_configuration_error(url: str) -> None:
    with pytest.raises(ConfigurationError, match="MTQG_PORTAL_URL: expected https://"):
        Portal(url, TOKEN)


def test_a_portal_below_a_path_is_asked_below_that_path(folder: Path) -> None:
    with (
        serving(folder, *[status(HTTPStatus.NOT_FOUND)]) as server,
        Portal(f"{server.url}/api/", TOKEN, IMPATIENT) as portal,
    ):
        with pytest.raises(
            SourceError, match=f"{server.url}/api/submissions: .*check MTQG_PORTAL_URL"
        ):
            list(portal.offers(None))
        assert server.asked[0][0] == "/api/submissions"


def test_a_portal_that_nobody_closes_leaves_no_connection_open(folder: Path) -> None:
    with serving(folder) as server:
        portal = client(server)
        session = portal._client._session
        list(portal.offers(None))
        del portal
        assert not session.get_adapter(server.url).poolmanager.pools.keys()  # type: ignore[attr-defined]


def test_closing_twice_does_no_harm(folder: Path) -> None:
    with pulling(folder) as portal:
        list(portal.offers(None))
        portal.close()
