"""Secrets: named in a pack or a setting, kept elsewhere, never shown."""

import re
from pathlib import Path

import pytest
from prefect.blocks.system import Secret
from pydantic import TypeAdapter, ValidationError

from flows.secrets import with_blocks
from program.errors import ConfigurationError
from program.pack.secret import Options, SecretText, refuse_password
from program.pack.source import FolderSource, MailboxSource
from program.pack.yaml_file import load_model
from program.settings import Settings, load_settings

SFTP = SecretText(setting="MTQG_SECRET_SFTP")
OPTIONS = TypeAdapter(Options)


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def test_an_option_names_where_its_secret_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_SECRET_SFTP", "hunter2")
    options = OPTIONS.validate_python({"port": 22, "password": {"setting": "MTQG_SECRET_SFTP"}})
    assert options == {"port": 22, "password": SFTP}
    assert load_settings().revealed(options) == {"port": 22, "password": "hunter2"}


def test_a_variable_takes_precedence_over_the_env_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("MTQG_SECRET_SFTP=file\nMTQG_SECRET_S3=file\n")
    monkeypatch.setenv("MTQG_SECRET_SFTP", "environment")
    settings = Settings(_env_file=tmp_path / ".env")
    assert settings.secret(SFTP) == "environment"
    assert settings.secret(SecretText(setting="MTQG_SECRET_S3")) == "file"


@pytest.mark.parametrize(
    ("place", "complaint"),
    [
        (SFTP, "^MTQG_SECRET_SFTP is not set: put the secret there$"),
        (SecretText(block="sftp"), "^block sftp of Prefect was not read; only runs read blocks$"),
    ],
)
def test_a_missing_secret_is_one_sentence(place: SecretText, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        load_settings().secret(place)


def test_settings_do_not_show_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_SECRET_SFTP", "hunter2")
    settings = load_settings()
    assert "hunter2" not in f"{settings!r} {settings} {settings.model_dump_json()}"


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        ({"password": "hunter2"}, "password holds a secret: write {setting: MTQG_SECRET_…}"),
        ({"secret": 20022}, "secret holds a secret"),
        ({"key": "hunter2"}, "key holds a secret"),
        ({"account_key": "hunter2"}, "account_key holds a secret"),
        ({"apiKey2": "hunter2"}, "apiKey2 holds a secret"),
        ({"connection_string": "hunter2"}, "connection_string holds a secret"),
        (
            {"client_kwargs": {"aws_secret_access_key": {"setting": "MTQG_SECRET_S3"}}},
            "aws_secret_access_key: only an option at the top can name a secret",
        ),
        ({"sas-token": "hunter2"}, "sas-token holds a secret"),
        ({"headers": {"Authorization": "Bearer hunter2"}}, "Authorization holds a secret"),
        ({"auth": ["mtqg", "hunter2"]}, "auth holds a secret"),
        ({"client_keys": "-----BEGIN OPENSSH PRIVATE KEY-----hunter2"}, "name its file instead"),
        ({"password": {"setting": "hunter2"}}, "expected the name of a variable MTQG_SECRET_…"),
        ({"password": {"block": "hunter2 !"}}, "expected the name of a Secret block"),
        ({"password": {"setting": 20022}}, "expected the name of a variable MTQG_SECRET_…"),
        ({"password": {"block": "a", "setting": "MTQG_SECRET_A"}}, "either setting or block"),
        ({"known_hosts": None}, "host keys are checked"),
        ({"known_hosts": ""}, "host keys are checked"),
        ({"client_kwargs": {"verify": False}}, "certificates are checked"),
    ],
)
def test_an_option_that_holds_a_secret_or_turns_a_check_off_is_refused(
    tmp_path: Path, options: dict[str, object], complaint: str
) -> None:
    with pytest.raises(ValidationError, match=complaint):
        OPTIONS.validate_python(options)
    # YAML is a superset of JSON.
    path = tmp_path / "sources.yaml"
    text = TypeAdapter(dict).dump_json({"name": "x", "kind": "folder", "options": options})
    path.write_bytes(text[:-1] + b', "url": "sftp://h/x", "sender": "(?P<unit>x)"}')
    with pytest.raises(ConfigurationError, match=complaint) as refused:
        load_model(path, FolderSource)
    assert not re.search("hunter2|20022", str(refused.value))


@pytest.mark.parametrize(
    "options",
    [
        {"client_keys": "/etc/mtqg/id_ed25519", "known_hosts": "/etc/mtqg/known_hosts"},
        {"anon": True, "endpoint_url": "https://minio.example", "key": None},
        {"verify": "/etc/mtqg/ca.pem", "timeout": 30},
    ],
)
def test_options_without_secrets_pass_as_they_are(options: dict[str, object]) -> None:
    assert OPTIONS.validate_python(options) == options


@pytest.mark.parametrize("password", ["hunter2", "hun/ter2", "hunter2@"])
def test_a_url_with_a_password_is_refused_and_not_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(
        "{name: x, kind: folder, url: 'sftp://mtqg:PASSWORD@host/x', sender: '(?P<unit>x)'}".replace(
            "PASSWORD", password
        )
    )
    with pytest.raises(ConfigurationError, match="the URL holds a password") as in_pack:
        load_model(path, FolderSource)
    monkeypatch.setenv("MTQG_ARCHIVE_URL", f"sftp://mtqg:{password}@host/x")
    with pytest.raises(ConfigurationError, match="MTQG_ARCHIVE_URL: the URL holds") as in_setting:
        load_settings()
    assert "ter2" not in f"{in_pack.value} {in_setting.value}"


def test_no_error_of_a_pack_shows_a_url_with_a_password(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    wrong_mailbox = "{name: x, kind: mailbox, url: 'imaps://mtqg:hunter2@host/INBOX'}"
    for text in (wrong_mailbox, wrong_mailbox.replace("url", "adress")):
        path.write_text(text)
        with pytest.raises(ConfigurationError) as refused:
            load_model(path, MailboxSource)
        assert "hunter2" not in str(refused.value)


@pytest.mark.parametrize("url", ["sftp://mtqg@host:22/a@b/c:d", "sftp://host:22/a@b", "/srv/a:b@c"])
def test_a_url_without_a_password_passes(url: str) -> None:
    assert refuse_password(url) == url


def test_a_source_lists_the_secrets_that_it_needs() -> None:
    source = FolderSource(
        name="x",
        kind="folder",
        url="sftp://mtqg@host/x",
        sender="(?P<unit>x)",
        options={"password": {"block": "sftp"}, "port": 22, "passphrase": SFTP},
    )
    assert list(source.secrets()) == [SecretText(block="sftp"), SFTP]


@pytest.mark.parametrize("text", ["no json hunter2", '{"password": "hunter2"}', "[1]"])
def test_options_of_a_setting_are_json_with_the_same_rules(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv("MTQG_INBOX_OPTIONS", text)
    with pytest.raises(ConfigurationError, match="settings: .*(?i:inbox_options)") as refused:
        load_settings()
    assert "hunter2" not in str(refused.value)


def test_a_block_of_prefect_is_read_for_the_layers_below(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    blocks = {"sftp": Secret(value="hunter2"), "number": Secret(value=20022)}

    def load(name: str) -> Secret:
        if name not in blocks:
            raise ValueError(f"Unable to find block document named {name}")
        return blocks[name]

    monkeypatch.setattr(Secret, "load", load)
    places = [SecretText(block="sftp"), SecretText(block="number"), SFTP]
    settings = with_blocks(load_settings(), places)
    assert [settings.secret(place) for place in places[:2]] == ["hunter2", "20022"]
    with pytest.raises(ConfigurationError, match="Prefect has no block secret/other; `prefect"):
        with_blocks(settings, [SecretText(block="other")])


def test_prefect_is_not_asked_where_no_block_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Secret, "load", None)
    settings = load_settings()
    assert with_blocks(settings, [SFTP]) is settings
