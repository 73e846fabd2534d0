"""Settings: every one listed, none unknown, each wrong one named."""

import re
from pathlib import Path

import pytest

from program.errors import ConfigurationError
from program.settings import ROOT, Settings, load_settings

LINE = re.compile(r"^# (MTQG_[A-Z_]+)=(.*)$")


@pytest.fixture(autouse=True)
def no_env_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own .env has no say in tests."""
    monkeypatch.setitem(Settings.model_config, "env_file", None)


def listed() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return {match[1]: match[2] for line in lines if (match := LINE.match(line))}


def default(name: str) -> str:
    value = Settings.model_fields[name].default
    secret = value.get_secret_value() if hasattr(value, "get_secret_value") else value
    return str(secret.relative_to(ROOT)) if isinstance(secret, Path) else str(secret)


def test_the_example_lists_every_setting_with_its_default_and_nothing_else() -> None:
    settings = {
        f"MTQG_{name.upper()}": default(name) for name in Settings.model_fields if name != "secrets"
    }
    assert listed() == settings | {"MTQG_SECRET_NAME": ""}


def test_every_setting_of_the_example_is_explained_in_the_line_above_it() -> None:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    above = [lines[number - 1] for number, line in enumerate(lines) if LINE.match(line)]
    assert all(re.match(r"^# .{10,}\.$", line) for line in above)
    assert len(set(above)) == len(Settings.model_fields)


def test_the_example_changes_nothing_as_it_stands_and_works_with_every_line_taken_in(
    tmp_path: Path,
) -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    (tmp_path / "as-is").write_text(text, encoding="utf-8")
    (tmp_path / "taken-in").write_text(re.sub(r"(?m)^# (MTQG_)", r"\1", text), encoding="utf-8")
    assert Settings(_env_file=tmp_path / "as-is") == Settings(_env_file=None)
    taken = Settings(_env_file=tmp_path / "taken-in")
    assert (taken.max_delivery_bytes, taken.smtp_url.get_secret_value()) == (50_000_000, "")


def test_an_unknown_variable_is_refused_with_a_sentence_that_lists_the_known_ones(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MTQG_WAREHOUSE", "x")
    with pytest.raises(
        ConfigurationError,
        match="settings: .*unknown setting MTQG_WAREHOUSE; known: MTQG_ALARM_CHANNELS, .*MTQG_ARCHIVE_OPTIONS, .*MTQG_SECRET_…, .*MTQG_WAREHOUSE_URL",
    ):
        load_settings()


def test_an_unknown_variable_in_the_env_file_is_refused_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("MTQG_KEEP_DOCS=3\nPREFECT_HOME=/tmp/x\nother=1\n")
    monkeypatch.setitem(Settings.model_config, "env_file", tmp_path / ".env")
    with pytest.raises(ConfigurationError, match="unknown setting MTQG_KEEP_DOCS; known"):
        load_settings()


def test_variables_of_other_programs_are_none_of_our_business(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PREFECT_HOME=/tmp/x\nother=1\nMTQG_KEEP_DATA_DOCS=3\n")
    assert Settings(_env_file=tmp_path / ".env").keep_data_docs == 3


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        (
            "MTQG_KEEP_DATA_DOCS",
            "many",
            "settings: MTQG_KEEP_DATA_DOCS: Input should be a valid integer",
        ),
        (
            "MTQG_KEEP_DATA_DOCS",
            "0",
            "settings: MTQG_KEEP_DATA_DOCS: Input should be greater than 0",
        ),
        ("MTQG_MAX_DELIVERY_BYTES", "-1", "settings: MTQG_MAX_DELIVERY_BYTES"),
    ],
)
def test_a_wrong_value_is_refused_by_the_variable_s_name(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=complaint):
        load_settings()


def test_what_is_not_set_lies_below_var(tmp_path: Path) -> None:
    settings = Settings(_env_file=None, var=tmp_path)
    assert settings.warehouse_url == f"sqlite:///{tmp_path}/warehouse.sqlite"
    assert settings.archive_url == str(tmp_path / "archive")
    assert (settings.site, settings.outbox) == (tmp_path / "site", tmp_path / "outbox")
    assert settings.inbox_url == settings.portal_url == ""


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_CHUNK_DELIVERIES", "")
    assert load_settings().chunk_deliveries == 500


def test_paths_are_absolute_wherever_the_command_is_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MTQG_VAR", "night")
    assert load_settings().var == tmp_path / "night"


def test_secrets_are_never_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MTQG_PORTAL_TOKEN", "hush-hush")
    monkeypatch.setenv("MTQG_SMTP_URL", "smtps://user:hush-hush@mail.example")
    settings = load_settings()
    assert settings.portal_token.get_secret_value() == "hush-hush"
    assert "hush-hush" not in f"{settings} {settings!r}"
