"""Folders and archives on other machines: real servers for SFTP, S3 and WebDAV on loopback."""

import sys
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import quote

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from connectors.archive import Archive, name_of
from connectors.shared_folder import SharedFolder
from connectors.sources import folder as folder_module
from connectors.sources.folder import Folder
from flows.archive import open_archive
from flows.night import collecting
from flows.night.run_context import RunContext, open_run
from program.delivery import Offer, UnusableOffer
from program.errors import ArchiveError, ConfigurationError, SourceError, TransientError
from program.machine.atomic_write import UNFINISHED
from program.pack.source import FolderSource
from program.settings import Settings
from tests.conftest import Fill
from tests.integration import test_sending
from tests.remote_servers import (
    DROPS,
    PASSWORD,
    USER,
    closed_port,
    endless_server,
    s3_knows_nobody,
    s3_server,
    sftp_server,
    webdav_server,
)
from warehouse.tables import DeliveryRow

certificate = test_sending.certificate
KINDS = ["sftp", "s3", "webdav"]
LIMIT = 1_000_000
WRONG = "hunter2"
"""A secret that no line of a traceback may show; the code is among these lines."""
SENDER = r"^(?P<unit>\d{3})[^/]*/"
SHORT = {"seconds": 60, "answer_seconds": 0.5}


@dataclass(frozen=True)
class Remote:
    """A folder on a server, and how its senders put files into it."""

    url: str
    options: dict
    put: Callable[[str, bytes], object]

    def source(self, **changes: object) -> FolderSource:
        return FolderSource(name="inbox", kind="folder", url=self.url, sender=SENDER, **changes)

    def open(self, source: FolderSource | None = None, **options: object) -> Folder:
        return Folder(source or self.source(), self.url, self.options | options)

    def below(self, name: str) -> "Remote":
        return replace(self, url=f"{self.url}/{name}")


def put(folder: Path, name: str, content: bytes) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(content)


@pytest.fixture
def sftp(tmp_path: Path) -> Iterator[Remote]:
    inbox = tmp_path / "served"
    inbox.mkdir()
    with sftp_server(inbox) as keys:
        known_hosts = tmp_path / "known_hosts"
        known_hosts.write_text(keys.known_hosts)
        yield Remote(
            f"sftp://127.0.0.1:{keys.port}/",
            {"username": USER, "password": PASSWORD, "known_hosts": str(known_hosts)},
            partial(put, inbox),
        )


@pytest.fixture
def s3(tmp_path: Path) -> Iterator[Remote]:
    with s3_server() as (address, bucket):
        yield Remote(
            "s3://reports",
            {"key": USER, "secret": PASSWORD, "endpoint_url": address},
            lambda name, content: bucket.pipe_file(f"reports/{name}", content),
        )


@pytest.fixture
def webdav(tmp_path: Path) -> Iterator[Remote]:
    inbox = tmp_path / "served"
    inbox.mkdir()
    with webdav_server(inbox) as port:
        yield Remote(
            f"webdav+http://127.0.0.1:{port}/remote.php/dav/files/mtqg",
            {"username": USER, "password": PASSWORD},
            partial(put, inbox),
        )


@pytest.fixture(params=KINDS)
def remote(request: pytest.FixtureRequest) -> Remote:
    return request.getfixturevalue(request.param)


def offered(folder: Folder) -> list[Offer | UnusableOffer]:
    return [offer for offer, _ in folder.offers(None)]


def run_of(settings: Settings, remote: Remote) -> RunContext:
    """Collect once, as the settings name the folder, and return the run."""
    names = {"key", "secret", "password"} & remote.options.keys()
    hidden = {name: {"setting": f"MTQG_SECRET_{name.upper()}"} for name in names}
    chosen = Settings(
        _env_file=None,
        var=settings.var,
        inbox_url=remote.url,
        inbox_options=remote.options | hidden,
        secrets={f"MTQG_SECRET_{name.upper()}": remote.options[name] for name in names},
    )
    run = open_run(chosen, None)
    collecting.collect(run, run.sources("inbox")[0])
    return run


def test_a_second_run_finds_nothing_new_and_a_changed_file_is_a_new_version(
    remote: Remote, settings: Settings, fill: Fill
) -> None:
    remote.put("942-chau-thanh/Báo cáo.xlsx", fill("942", "2024-Q3"))
    remote.put("943/inner/report.xlsx", fill("943", "2024-Q3"))
    first = run_of(settings, remote)
    assert (first.summary.received, first.summary.errors) == (2, [])
    second = run_of(settings, remote)
    assert (second.summary.received, second.summary.known) == (0, 2)
    remote.put("942-chau-thanh/Báo cáo.xlsx", fill("942", "2024-Q4", classes=[]) + b"\0")
    third = run_of(settings, remote)
    assert (third.summary.received, third.summary.known) == (1, 1)
    with Session(third.warehouse) as session:
        rows = session.execute(select(DeliveryRow.external_id, DeliveryRow.sender_unit)).all()
    assert sorted(rows) == [
        ("942-chau-thanh/Báo cáo.xlsx", "942"),
        ("942-chau-thanh/Báo cáo.xlsx", "942"),
        ("943/inner/report.xlsx", "943"),
    ]
    for run in (first, second, third):
        run.close()


def test_names_with_signs_of_addresses_come_as_they_are(remote: Remote, fill: Fill) -> None:
    name = "942 Châu Thành/Báo cáo 50% #2 a%20b?.xlsx"
    content = fill("942", "2024-Q3")
    remote.put(name, content)
    folder = remote.open()
    (offer,) = offered(folder)
    assert (offer.external_id, offer.size) == (name, len(content))
    assert abs(offer.offered_at - datetime.now(UTC)) < timedelta(minutes=5)
    assert folder.fetch(offer, LIMIT) == content
    assert folder.fetch(offer, 10) is None


def test_a_file_that_changes_while_it_is_read_waits_for_the_next_run(remote: Remote) -> None:
    remote.put("942/report.csv", b"one")
    folder = remote.open()
    (offer,) = offered(folder)
    remote.put("942/report.csv", b"one and two")
    with pytest.raises(SourceError, match="report.csv is still being written"):
        folder.fetch(offer, LIMIT)


def test_a_file_that_vanished_after_the_list_lasts(remote: Remote) -> None:
    remote.put("942/report.csv", b"one")
    folder = remote.open()
    (offer,) = offered(folder)
    gone = replace(offer, external_id="942/gone.csv", name="gone.csv")
    with pytest.raises(
        SourceError, match="cannot read 942/gone.csv: it was removed after"
    ) as error:
        folder.fetch(gone, LIMIT)
    assert not isinstance(error.value, TransientError)


def refusal_of(call: Callable[[], object]) -> SourceError:
    """The error of a call, after a look for the secret in it and in all its causes."""
    with pytest.raises(SourceError) as refused:
        call()
    whole = "".join(traceback.format_exception(refused.value))
    assert WRONG not in whole
    assert PASSWORD not in whole
    return refused.value


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("sftp", "cannot reach sftp://.*Permission denied for user mtqg.*check username and"),
        ("webdav", "cannot list webdav.*401.*username or password is wrong"),
    ],
)
def test_a_wrong_password_lasts_and_is_shown_nowhere(
    request: pytest.FixtureRequest, kind: str, sentence: str
) -> None:
    remote = request.getfixturevalue(kind)
    error = refusal_of(lambda: offered(remote.open(password=WRONG)))
    assert not isinstance(error, TransientError)
    error.args = (str(error).replace("\n", " "),)
    with pytest.raises(SourceError, match=sentence):
        raise error


def test_a_key_that_s3_does_not_know_lasts(s3: Remote) -> None:
    with s3_knows_nobody():
        error = refusal_of(lambda: offered(s3.open(secret=WRONG)))
    assert not isinstance(error, TransientError)
    assert str(error) == (
        "cannot list s3://reports: Forbidden; check key, secret and the rights of that user"
    )


def test_a_certificate_is_checked_and_an_option_names_whom_to_trust(
    tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    put(tmp_path / "served", "942/report.csv", b"one")
    with webdav_server(tmp_path / "served", certificate) as port:
        url = f"webdav+https://localhost:{port}/remote.php/dav/files/mtqg"
        remote = Remote(url, {"username": USER, "password": PASSWORD}, print)
        error = refusal_of(lambda: offered(remote.open()))
        assert not isinstance(error, TransientError)
        assert "no trusted TLS connection; check the certificate, or verify" in str(error)
        (offer,) = offered(remote.open(verify=str(certificate[0])))
    assert offer.external_id == "942/report.csv"
    with pytest.raises(ConfigurationError, match="verify: there is no file /no/such"):
        remote.open(verify="/no/such")


def at_port(kind: str, port: int, known_hosts: Path) -> Remote:
    """A folder on a server of which only the port is known."""
    known_hosts.touch()
    login = {"username": USER, "password": PASSWORD}
    return {
        "sftp": Remote(
            f"sftp://127.0.0.1:{port}/", login | {"known_hosts": str(known_hosts)}, print
        ),
        "s3": Remote(
            "s3://reports",
            {"key": USER, "secret": PASSWORD, "endpoint_url": f"http://127.0.0.1:{port}"},
            print,
        ),
        "webdav": Remote(f"webdav+http://127.0.0.1:{port}/dav", login, print),
    }[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_away_may_come_back(kind: str, tmp_path: Path) -> None:
    remote = at_port(kind, closed_port(), tmp_path / "known_hosts")
    error = refusal_of(lambda: offered(remote.open()))
    assert isinstance(error, TransientError)


SILENCE = b""
ENDLESS_HEADER = b"HTTP/1.1 207 Multi-Status\r\nX-"


@pytest.mark.parametrize(
    ("kind", "answer"), [*((kind, SILENCE) for kind in KINDS), ("webdav", ENDLESS_HEADER)]
)
def test_a_server_that_hangs_does_not_hang_the_run(
    kind: str, answer: bytes, tmp_path: Path
) -> None:
    with endless_server(answer) as port:
        remote = at_port(kind, port, tmp_path / "known_hosts")
        error = refusal_of(lambda: offered(remote.open(remote.source(budget=SHORT))))
    assert isinstance(error, TransientError)
    assert str(error).endswith("no complete answer within 0.5 seconds")


def test_a_server_that_hangs_between_two_folders_is_left_for_this_run(
    sftp: Remote,
) -> None:
    sftp.put("hangs/report.csv", b"one")
    folder = sftp.open(sftp.source(budget=SHORT))
    with pytest.raises(TransientError, match="no complete answer within 0.5 seconds"):
        offered(folder)
    with pytest.raises(TransientError, match="left an earlier question without an answer"):
        offered(folder)


def test_a_list_without_an_end_stops_after_the_source_s_seconds(
    sftp: Remote, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        sftp.put(f"942/{number}.csv", b"one")
    clock = iter(range(0, 1000, 20))
    monkeypatch.setattr(folder_module, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with pytest.raises(TransientError, match="the list has no end after 60 seconds"):
        offered(sftp.open(sftp.source(budget={"seconds": 60})))


def test_a_connection_that_breaks_is_no_fault_of_the_folder(sftp: Remote) -> None:
    sftp.put("drops/report.csv", b"one")
    assert isinstance(refusal_of(lambda: offered(sftp.open())), TransientError)


def test_a_folder_that_may_not_be_listed_stops_no_other(sftp: Remote) -> None:
    sftp.put("locked/report.csv", b"one")
    sftp.put("942/report.csv", b"one")
    report, locked = offered(sftp.open())
    assert (report.external_id, locked.name) == ("942/report.csv", "locked")
    assert locked.reason.startswith("the folder cannot be listed: Permission denied; give")


def test_a_link_on_an_sftp_server_is_refused(sftp: Remote, tmp_path: Path) -> None:
    sftp.put("942/report.csv", b"one")
    (tmp_path / "served" / "942" / "other.csv").symlink_to("/etc/hostname")
    offers = {offer.name: offer for offer in offered(sftp.open())}
    assert offers["report.csv"].refusal is None
    assert offers["other.csv"].refusal.values == {"kind": "liên kết đến tệp khác"}


def test_names_that_are_not_utf_8_come_by_sftp_as_they_do_from_this_machine(
    sftp: Remote, tmp_path: Path
) -> None:
    name = "b\udce1o c\udce1o.csv"
    sftp.put(name, b"")
    (offer,) = offered(sftp.open())
    assert (offer.external_id, offer.name) == (r"b\xe1o c\xe1o.csv", "báo cáo.csv")


def without_known_hosts(remote: Remote) -> Remote:
    options = {name: value for name, value in remote.options.items() if name != "known_hosts"}
    return replace(remote, options=options)


def test_host_keys_are_looked_for_in_the_user_s_known_hosts_unless_an_option_names_a_file(
    sftp: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    unnamed = without_known_hosts(sftp)
    error = refusal_of(unnamed.open)
    assert not isinstance(error, TransientError)
    assert "is not in ~/.ssh/known_hosts. Compare the fingerprint of `ssh-keyscan -p" in str(error)
    known_hosts = tmp_path / "home" / ".ssh" / "known_hosts"
    known_hosts.parent.mkdir(parents=True)
    known_hosts.write_bytes(Path(sftp.options["known_hosts"]).read_bytes())
    assert offered(unnamed.open()) == []


@pytest.mark.parametrize("algorithm", ["ssh-ed25519", "ecdsa-sha2-nistp256"])
def test_a_changed_host_key_is_refused_with_what_to_do(algorithm: str, tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    with sftp_server(tmp_path) as keys:
        known_hosts.write_text(keys.known_hosts)
    remote = at_port("sftp", keys.port, known_hosts)
    with sftp_server(tmp_path, keys.port, algorithm):
        error = refusal_of(remote.open)
    assert not isinstance(error, TransientError)
    assert f"127.0.0.1 port {keys.port} is not the one in {known_hosts}" in str(error)
    assert "Nothing was read or sent. Ask the server's operator" in str(error)


def test_a_file_of_host_keys_that_is_missing_is_a_sentence(sftp: Remote) -> None:
    with pytest.raises(ConfigurationError, match="known_hosts: there is no file /no/such on this"):
        sftp.open(known_hosts="/no/such")


def test_what_is_no_folder_is_a_sentence_and_never_an_empty_list(remote: Remote) -> None:
    remote.put("942/report.csv", b"one")
    with pytest.raises(SourceError, match="no folder at .*nowhere; create it"):
        offered(remote.below("nowhere").open())
    with pytest.raises(SourceError, match="report.csv is a file; name the folder that it is in"):
        offered(remote.below(quote("942/report.csv")).open())


def test_an_option_that_the_library_does_not_know_is_a_sentence(remote: Remote) -> None:
    with pytest.raises(ConfigurationError, match="source inbox: cannot use .*'pasword'"):
        remote.open(pasword=WRONG)


@pytest.mark.parametrize(
    ("url", "module", "sentence"),
    [
        ("sftp://host/x", "sshfs", 'sshfs is missing: run `pip install "mtqg-monitor[sftp]"`'),
        ("s3://bucket/x", "s3fs", 's3fs is missing: run `pip install "mtqg-monitor[s3]"`'),
        ("webdav+https://host/x", "webdav4", 'run `pip install "mtqg-monitor[webdav]"`'),
    ],
)
def test_a_missing_package_is_a_sentence_with_the_command(
    monkeypatch: pytest.MonkeyPatch, url: str, module: str, sentence: str
) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ConfigurationError) as missing:
        Remote(url, {}, print).open()
    assert sentence in str(missing.value)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1/inbox", "an HTTP server does not list its folders; a WebDAV folder"),
        ("https://host/inbox", "begins with webdav.https://"),
        ("webdav://host/inbox", "begins with webdav.https://"),
        ("ftp://host/inbox", "use sftp://"),
        ("fax://host/inbox", "fax"),
        ("webdav+http://host/inbox", "a password is not sent to host without encryption"),
    ],
)
def test_an_address_that_cannot_be_listed_or_is_not_safe_is_refused(
    url: str, sentence: str
) -> None:
    options = {"username": USER, "password": PASSWORD} if "webdav+" in url else {}
    with pytest.raises(ConfigurationError, match=f"source inbox: cannot use .*{sentence}"):
        Remote(url, options, print).open()


def test_a_folder_of_this_machine_takes_no_options(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="a folder of this machine takes no options"):
        Remote(str(tmp_path), {"username": USER}, print).open()


def archive_of(remote: Remote, **options: object) -> Archive:
    return Archive(f"{remote.url.rstrip('/')}/kept", remote.options | options)


def test_an_archive_keeps_what_it_is_given(remote: Remote) -> None:
    remote.put("kept/ledger/older.json", b"0")
    archive = archive_of(remote)
    sha256 = archive.put(b"content")
    assert archive.put(b"content") == sha256
    archive.write("ledger/runs/1.json", b"one")
    archive.write("ledger/runs/1.json", b"two")
    again = archive_of(remote)
    assert again.get(sha256) == b"content"
    assert again.read("ledger/runs/1.json") == b"two"
    assert again.read("ledger/runs/2.json") is None
    assert (again.holds(sha256), again.holds("0" * 64)) == (True, False)
    assert list(again.names()) == sorted(
        [name_of(sha256), "ledger/older.json", "ledger/runs/1.json"]
    )
    assert list(again.names("ledger/runs")) == ["ledger/runs/1.json"]
    again.remove("ledger/runs/1.json")
    again.remove("ledger/runs/1.json")
    with pytest.raises(ArchiveError, match="0000 is missing in"):
        again.get("0" * 64)


def test_bytes_that_did_not_all_arrive_have_no_name_in_the_archive(sftp: Remote) -> None:
    with pytest.raises(ArchiveError, match="archive: cannot keep "):
        archive_of(sftp).put(DROPS)
    archive = archive_of(sftp)
    assert list(archive.names()) == []
    now = datetime.now(UTC)
    assert archive.sweep(now - timedelta(hours=1)) == 0
    assert archive.sweep(now + timedelta(hours=1)) == 1


def test_a_server_that_cannot_replace_a_file_in_one_step_keeps_no_archive(tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    served = tmp_path / "served"
    put(served, "kept/ledger/1.json", b"earlier")
    with sftp_server(served, renames=False) as keys:
        known_hosts.write_text(keys.known_hosts)
        archive = archive_of(at_port("sftp", keys.port, known_hosts))
        with pytest.raises(ArchiveError, match="needs the extension posix-rename@openssh.com"):
            archive.write("ledger/1.json", b"later")
    assert (served / "kept/ledger/1.json").read_bytes() == b"earlier"
    assert list((served / "kept" / UNFINISHED).iterdir()) == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_archive_that_is_away_is_not_an_archive_that_lost_its_bytes(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    away = at_port(kind, closed_port(), tmp_path / "known_hosts")
    for ask in (
        lambda archive: archive.get("0" * 64),
        lambda archive: archive.holds("0" * 64),
        lambda archive: archive.put(b"content"),
        lambda archive: list(archive.names()),
        lambda archive: archive.read("ledger/1.json"),
    ):
        with pytest.raises(ArchiveError) as error:
            ask(archive_of(away))
        assert "is missing" not in str(error.value)


def test_the_settings_name_an_archive_with_options(webdav: Remote, settings: Settings) -> None:
    chosen = Settings(
        _env_file=None,
        var=settings.var,
        archive_url=webdav.url,
        archive_options=webdav.options | {"password": {"setting": "MTQG_SECRET_ARCHIVE"}},
        secrets={"MTQG_SECRET_ARCHIVE": PASSWORD},
    )
    archive = open_archive(chosen)
    assert archive.get(archive.put(b"content")) == b"content"
    lost = chosen.model_copy(update={"secrets": {}})
    with pytest.raises(ConfigurationError, match="MTQG_SECRET_ARCHIVE is not set"):
        open_archive(lost)


def test_a_shared_folder_is_written_read_listed_and_cleaned(remote: Remote, tmp_path: Path) -> None:
    folder = SharedFolder(remote.url, remote.options)
    for name in ("mart/p=1/data=a/x.parquet", "mart/p=1/data=b/x.parquet", "mart/p=1/p.json"):
        folder.write(name, name.encode())
    folder.write("mart/p=1/p.json", b"new")
    assert folder.names("mart/p=1") == ["data=a", "data=b", "p.json"]
    folder.remove_folder("mart/p=1/data=a")
    again = SharedFolder(remote.url, remote.options)
    assert (again.names("mart"), again.names("mart/p=1")) == (["p=1"], ["data=b", "p.json"])
    assert (again.read("mart/p=1/p.json"), again.exists("mart/p=1/data=a/x.parquet")) == (
        b"new",
        False,
    )
    copy = again.local_copy("mart/p=1/data=b/x.parquet", tmp_path / "copies")
    assert copy.read_bytes() == b"mart/p=1/data=b/x.parquet"
    with pytest.raises(FileNotFoundError):
        again.read("mart/p=2/p.json")
