"""Sources that say anything at all: each thing that is listed ends in an outcome, and the good neighbour's file comes in."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from email.message import Message
from http import HTTPStatus
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import settings as trying
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from connectors.file_names import path_as_listed
from connectors.sources.folder import Folder
from connectors.sources.portal import Portal
from examples.portal.server import Answer, ReferencePortal, running
from flows.night import collecting
from flows.night.run_context import RunContext, open_run
from program.delivery import Offer
from program.errors import SourceError, TransientError
from program.settings import Settings
from tests.integration.test_portal import IMPATIENT, TOKEN
from tests.unit.test_folder import OLD, SOURCE, OneFile

GOOD = b"the good neighbour's report"

NAMES = st.binary(min_size=1, max_size=60).map(
    lambda raw: raw.replace(b"/", b"-").replace(b"\0", b"-")
)
PATHS = st.lists(NAMES.filter(lambda name: name not in (b".", b"..")), min_size=1, max_size=3)
KINDS = st.sampled_from(["file", "pipe", "link", "folder"])
SECONDS = st.integers(-(2**33), 2**40)


def _json(texts: SearchStrategy[str]) -> SearchStrategy[Any]:
    numbers = st.integers() | st.integers(0, 400).map(lambda power: 10**power)
    floats = st.floats(allow_nan=False, allow_infinity=False)
    return st.recursive(
        st.none() | st.booleans() | numbers | floats | texts,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=6,
    )


JSON = _json(st.text(st.characters(codec=None), max_size=40))
"""Also what is no Unicode: Python and JavaScript write a lone surrogate as an escape."""
DETAILS = _json(st.text(max_size=40)) | st.floats()


@pytest.fixture
def run(settings: Settings) -> Iterator[RunContext]:
    """A run of a warehouse that all examples of a test share."""
    with open_run(settings, None) as run:
        yield run


class Fuzzed:
    """A run that collects from one source after the other, and how many outcomes each has."""

    def __init__(self, run: RunContext, monkeypatch: pytest.MonkeyPatch) -> None:
        self._run = run
        self._connector: object = None
        monkeypatch.setattr(collecting, "connect", lambda *_: self._connector)

    def outcomes(self, connector: object, kind: str) -> int:
        """Collect from a connector, and return how many of its offers ended in an outcome."""
        self._connector = connector
        before = self._count()
        again = 0
        try:
            collecting.collect(self._run, self._run.sources(kind)[0])
        except TransientError as failed:
            # It says of how many files, and the run says it to the operator.
            again = int(str(failed).partition(" of the offered files")[0])
        return self._count() - before + again

    def _count(self) -> int:
        summary = self._run.summary
        came = summary.received + summary.duplicates + summary.known + summary.still_arriving
        return came + len(summary.errors)


def _put(root: Path, parts: list[bytes], kind: str, seconds: int) -> None:
    """Put an entry below a folder, if there is room for it: an earlier one may have its name."""
    path = Path(os.fsdecode(os.fsencode(root) + b"/" + b"/".join(parts)))
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        match kind:
            case "file":
                path.write_bytes(parts[-1])
            case "pipe":
                os.mkfifo(path)
            case "link":
                path.symlink_to(os.fsdecode(parts[-1]))
            case "folder":
                path.mkdir()
        with suppress(OSError, OverflowError):
            os.utime(path, (seconds, seconds), follow_symlinks=False)


def test_whatever_lies_in_a_folder_ends_in_an_outcome(
    run: RunContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fuzzed = Fuzzed(run, monkeypatch)

    @trying(max_examples=25)
    @given(st.lists(st.tuples(PATHS, KINDS, SECONDS), max_size=6))
    @example([([b"b\xe1o c\xe1o.xlsx"], "file", OLD), ([b"\\xe1.xlsx"], "file", OLD)])
    @example([([b"a.xlsx"], "file", 2**40), ([b"b.xlsx"], "link", OLD)])
    def each_ends(entries: list[tuple[list[bytes], str, int]]) -> None:
        root = Path(mkdtemp(dir=tmp_path))
        _put(root, [b"942-a", b"good.xlsx"], "file", OLD)
        for parts, kind, seconds in entries:
            _put(root, parts, kind, seconds)
        folder = Folder(SOURCE, str(root))
        offers = [offer for offer, _ in folder.offers(None)]
        ids = [offer.external_id for offer in offers if isinstance(offer, Offer)]
        assert "942-a/good.xlsx" in ids
        assert len(set(ids)) == len(offers)
        for offer in offers:
            offer.external_id.encode()
            assert os.path.lexists(root / path_as_listed(offer.external_id))
            assert offer.name.isprintable()
            assert len(offer.name) <= 200
        assert fuzzed.outcomes(folder, "inbox") == len(offers)
        shutil.rmtree(root)

    each_ends()


def test_whatever_a_file_system_says_of_a_file_ends_in_an_outcome(
    run: RunContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fuzzed = Fuzzed(run, monkeypatch)

    class Remote(OneFile):
        def cat_file(self, path: str) -> bytes:
            return GOOD

        def info(self, path: str) -> dict[str, Any]:
            return self.ls(path.rpartition("/")[0], detail=True)[0]

    keys = st.sampled_from(["mtime", "modified", "LastModified", "created", "size", "ETag"])

    @trying(max_examples=25)
    @given(st.dictionaries(keys, DETAILS))
    @example({"size": "17"})
    @example({"size": -1, "mtime": float("nan")})
    def it_ends(details: dict[str, Any]) -> None:
        folder = Folder(SOURCE, str(tmp_path))
        monkeypatch.setattr(folder, "_files", Remote(details))
        assert fuzzed.outcomes(folder, "inbox") == 1

    it_ends()


class FuzzedPortal(ReferencePortal):
    """A portal that lists what it is given, and has the same bytes at every other address."""

    page: bytes = b""

    def answer(self, target: str, headers: Message) -> Answer:
        is_list = target.partition("?")[0] == "/submissions"
        return Answer(HTTPStatus.OK, self.page if is_list else GOOD)


def _item(**wrong: Any) -> dict[str, Any]:
    stamp = datetime(2025, 1, 10, 8, tzinfo=UTC).isoformat()
    sound = {"id": "1", "version": "1", "name": "a.xlsx", "submitted_at": stamp, "href": "/a"}
    return sound | wrong


KEYS = ["id", "version", "name", "unit", "submitted_at", "size", "sha256", "href", "more"]
ITEMS = (
    st.dictionaries(st.sampled_from(KEYS), JSON | st.text(max_size=12), max_size=3).map(
        lambda wrong: _item(**wrong)
    )
    | JSON
)


def test_whatever_a_portal_lists_ends_in_an_outcome(
    run: RunContext, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fuzzed = Fuzzed(run, monkeypatch)
    numbers = iter(range(10**6))

    @trying(max_examples=25)
    @given(st.lists(ITEMS, max_size=5), st.booleans())
    @example([_item(name="b\udce1o.xlsx")], True)
    @example([_item(href="\\\\host\\a"), _item(href="/\udce1"), _item(size=10**400)], False)
    def each_ends(items: list[Any], is_first: bool) -> None:
        good = _item(id=f"good-{next(numbers)}")
        listed = [good, *items] if is_first else [*items, good]
        portal.page = json.dumps({"items": listed, "cursor": "c"}).encode()
        with Portal(portal.url, TOKEN, IMPATIENT) as source:
            assert fuzzed.outcomes(source, "portal") == len(listed)
            assert good["id"] in known()

    def known() -> set[str]:
        return {
            external_id for external_id, _ in collecting.known_versions(run.warehouse, "portal")
        }

    with running(FuzzedPortal(tmp_path, TOKEN)) as portal:
        each_ends()


def test_whatever_a_portal_answers_to_the_list_is_a_page_or_a_sentence(tmp_path: Path) -> None:
    page = st.dictionaries(st.sampled_from(["items", "cursor", "next", "more"]), JSON)

    @trying(max_examples=25)
    @given(page.map(json.dumps).map(str.encode) | st.binary(max_size=60))
    @example(b'{"items": [], "next": "//\xff\xfe"}')
    @example(b"[" * 100_000)
    @example(b'{"items": [], "cursor": ' + b"9" * 5000 + b"}")
    def it_ends(answer: bytes) -> None:
        portal.page = answer
        with Portal(portal.url, TOKEN, IMPATIENT) as source, suppress(SourceError):
            assert isinstance(list(source.offers(None)), list)

    with running(FuzzedPortal(tmp_path, TOKEN)) as portal:
        it_ends()
