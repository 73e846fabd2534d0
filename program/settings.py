"""Settings: everything that differs between machines. Built once and passed down.

Nothing else reads the environment.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import Field, JsonValue, SecretStr, ValidationError, model_validator
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from program.errors import ConfigurationError
from program.limits import DEFAULT_LIMITS, Limits
from program.pack.secret import SECRET_VARIABLE, Option, Options, SecretText, refuse_password
from program.provinces.provinces_file import Province, province_at

ROOT = Path(__file__).resolve().parents[1]
_PREFIX = "MTQG_"


class Settings(BaseSettings):
    """Environment variables with the prefix `MTQG_`. `.env.example` lists every one of them."""

    model_config = SettingsConfigDict(
        env_prefix=_PREFIX,
        env_file=ROOT / ".env",
        # All variables of `.env` with our prefix reach the check below. Others are for others.
        dotenv_filtering="match_prefix",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
    )

    # Many provinces
    province: str = Field(
        "",
        description="FILE#CODE: the province of a provinces.yaml. All other settings come from "
        "there, and none from the environment or `.env`",
    )

    # Places
    pack: Path = Field(
        ROOT / "config" / "soc-trang", description="folder of the pack: the program as data"
    )
    var: Path = Field(ROOT / "var", description="folder for everything that is written")
    warehouse_url: str = Field(
        "", description="sqlite:///… or postgresql://…; default: a SQLite file in MTQG_VAR"
    )
    archive_url: str = Field(
        "", description="path or URL of the archive; default: a folder in MTQG_VAR"
    )
    archive_options: Options = Field(
        {}, description="JSON: options of the archive's file system, as in sources.yaml"
    )
    inbox_url: str = Field(
        "", description="path or URL of the folder source; default: as the pack says"
    )
    inbox_options: Options = Field(
        {}, description="JSON: options of the file system of MTQG_INBOX_URL"
    )
    portal_url: str = Field("", description="address of the HTTP portal; default: as the pack says")
    portal_token: SecretStr = Field(SecretStr(""), description="bearer token for the portal")
    mailbox_url: SecretStr = Field(
        SecretStr(""),
        description="imaps:// or maildir: URL of the mailbox that units send mails to",
    )
    national_url: str = Field(
        "",
        description="fsspec URL of the folder that each run sends the marts to, for the country; "
        "unset: nothing is sent",
    )
    national_options: Options = Field(
        {}, description="JSON: options of the file system of MTQG_NATIONAL_URL"
    )
    site_url: str = Field(
        "",
        description="address at which the web server shows MTQG_VAR/site; "
        "unset: the country's pages have no links to it",
    )

    # Mail
    smtp_url: SecretStr = Field(
        SecretStr(""),
        description="smtp(s):// URL, or a block; unset: .eml files in MTQG_VAR/outbox",
    )
    bounces_url: SecretStr = Field(
        SecretStr(""), description="imaps:// or maildir: URL of the mailbox that receives bounces"
    )
    alarm_channels: SecretStr = Field(
        SecretStr(""),
        description="apprise URLs, separated by spaces, that get the operator's alarms beside mail",
    )
    office_channels: SecretStr = Field(
        SecretStr(""),
        description="apprise URLs, separated by spaces, that get the office's short notices",
    )
    max_mail_bytes: int = Field(
        5_000_000,
        gt=0,
        description="a mail leaves out the marked workbooks that would make it larger",
    )
    marked_url: str = Field(
        "",
        description="address at which the web server shows MTQG_VAR/marked; "
        "unset: mails have no links to large workbooks",
    )
    keep_marked_days: int = Field(
        30,
        gt=0,
        description="days for which a marked workbook with a link is kept",
    )

    # Limits of one delivery
    max_delivery_bytes: int = Field(
        DEFAULT_LIMITS.delivery_bytes,
        gt=0,
        description="a larger delivery is refused with a finding",
    )
    reading_seconds: float = Field(
        DEFAULT_LIMITS.seconds,
        gt=0,
        le=3600,
        description="seconds of CPU time that reading one delivery may take",
    )
    reading_bytes: int = Field(
        DEFAULT_LIMITS.memory_bytes,
        gt=0,
        description="bytes of memory that reading one delivery may take",
    )

    # Runs
    intake: bool = Field(
        default=True,
        description="false: no intake is deployed, whatever calendar.yaml says; letters then name "
        "no hours. In provinces.yaml `intake: false` says it",
    )
    run_seconds: float = Field(
        16_200,
        gt=0,
        description="seconds after which the process of a run is killed, if Prefect's limit of "
        "four hours did not end it",
    )
    readers: int = Field(
        0,
        ge=0,
        le=256,
        description="processes that read deliveries; 0: one for each core",
    )
    chunk_deliveries: int = Field(
        500,
        gt=0,
        description="deliveries that are read and checked as one batch",
    )
    dask_address: str = Field(
        "",
        pattern=r"^((tcp|tls)://.+)?$",
        description="tcp://… or tls://… of the Dask scheduler whose workers take part in "
        "`mtqg rebuild` and `mtqg rules diff`; unset: this process alone",
    )
    metrics: str = Field(
        "",
        description="folder that Prometheus's textfile collector reads; default: MTQG_VAR/metrics",
    )
    keep_data_docs: int = Field(
        14, gt=0, description="publications whose Data Docs are kept on the site"
    )

    # Collected below, not decoded from a variable of its own.
    secrets: Annotated[dict[str, SecretStr], NoDecode] = Field(
        {},
        description="the variables MTQG_SECRET_…: secrets that sources.yaml or options name",
        repr=False,
    )

    @classmethod
    def _environment(cls) -> Mapping[str, str]:
        """Return the variables that count beside those of files."""
        return os.environ

    @model_validator(mode="before")
    @classmethod
    def _collect_secrets(cls, values: dict[str, object]) -> dict[str, object]:
        """Put the variables of secrets under `secrets`; the environment before `.env`."""
        given = {_variable(name): value for name, value in values.items()}
        given |= cls._environment()
        secrets = {
            name: value
            for name, value in given.items()
            if value and SECRET_VARIABLE.fullmatch(name)
        }
        others = {
            name: value
            for name, value in values.items()
            if not SECRET_VARIABLE.fullmatch(_variable(name))
        }
        return {"secrets": secrets} | others

    @model_validator(mode="before")
    @classmethod
    def _check_names(cls, values: dict[str, object]) -> dict[str, object]:
        # A misspelt variable would be ignored, and its default used, without a word.
        known = {_variable(name) for name in cls.model_fields}
        given = {name for name in cls._environment() if name.startswith(_PREFIX)}
        # `.env` is not in the environment: its variables are among the values.
        given |= {_variable(name) for name in values}
        unknown = sorted(name for name in given - known if not SECRET_VARIABLE.fullmatch(name))
        if unknown:
            found = ", ".join(unknown)
            expected = ", ".join(sorted(known - {"MTQG_SECRETS"} | {"MTQG_SECRET_…"}))
            raise ValueError(f"unknown setting {found}; known: {expected}")
        return values

    @model_validator(mode="after")
    def _check_urls(self) -> Self:
        for field in ("archive_url", "inbox_url"):
            try:
                refuse_password(getattr(self, field))
            except ValueError as wrong:
                raise ValueError(f"{_variable(field)}: {wrong}") from wrong
        return self

    @model_validator(mode="after")
    def _fill_in_paths(self) -> Self:
        var = self.var.expanduser().absolute()
        paths: dict[str, object] = {
            "pack": self.pack.expanduser().absolute(),
            "var": var,
        }
        if not self.warehouse_url:
            paths["warehouse_url"] = f"sqlite:///{var / 'warehouse.sqlite'}"
        if not self.archive_url:
            paths["archive_url"] = str(var / "archive")
        for name, value in paths.items():
            # The fields are frozen for everybody else.
            object.__setattr__(self, name, value)
        return self

    def secret(self, place: SecretText) -> str:
        """Return the secret that is kept at a place.

        Raises ConfigurationError if there is none. Blocks of Prefect are known only after
        `flows.secrets` has read them.
        """
        found = self.secrets.get(str(place))
        if found is not None:
            return found.get_secret_value()
        if place.setting:
            raise ConfigurationError(f"{place} is not set: put the secret there")
        raise ConfigurationError(f"{place} of Prefect was not read; only runs read blocks")

    def revealed(self, options: Mapping[str, Option]) -> dict[str, JsonValue]:
        """Return options with the secrets in their places. Raises ConfigurationError."""
        revealed: dict[str, JsonValue] = {}
        for name, value in options.items():
            revealed[name] = self.secret(value) if isinstance(value, SecretText) else value
        return revealed

    def without_secrets(self) -> Self:
        """Return settings for another machine, which has its own passwords.

        Nothing of the warehouse, whose URL may hold one.
        """
        removed: dict[str, object] = {"secrets": {}, "warehouse_url": ""}
        for name in type(self).model_fields:
            if isinstance(getattr(self, name), SecretStr):
                removed[name] = SecretStr("")
        return self.model_copy(update=removed)

    @property
    def limits(self) -> Limits:
        """The resources of this machine that one delivery may use."""
        return Limits(
            delivery_bytes=self.max_delivery_bytes,
            seconds=self.reading_seconds,
            memory_bytes=self.reading_bytes,
        )

    @property
    def site(self) -> Path:
        """The folder of the published site."""
        return self.var / "site"

    @property
    def metrics_folder(self) -> Path:
        """The folder of the metrics that monitoring reads."""
        if self.metrics:
            return Path(self.metrics)
        return self.var / "metrics"

    @property
    def kept(self) -> Path:
        """The folder of what a run asked the warehouse and the next one need not ask again."""
        return self.var / "kept"

    @property
    def office(self) -> Path:
        """The folder of files that only the office may read: they hold contacts."""
        return self.var / "office"

    @property
    def outbox(self) -> Path:
        """The folder for `.eml` files where no mail server is set."""
        return self.var / "outbox"

    @property
    def marked(self) -> Path:
        """The folder of marked workbooks that are too large for a mail."""
        return self.var / "marked"

    @property
    def dhis2(self) -> Path:
        """The folder with what was sent to DHIS2."""
        return self.var / "dhis2"

    @property
    def alarm_addresses(self) -> Path:
        """The file of the addresses of alarms, as the pack of the last run had them."""
        return self.var / "alarm-addresses.json"

    @property
    def digests(self) -> Path:
        """The folder of the operator's digests, one file for each run."""
        return self.var / "digests"


class ProvinceSettings(Settings):
    """The settings of a province of `provinces.yaml`: of the file and its `env_files` alone.

    The environment of a worker, and `.env`, are shared by all provinces that run there.
    """

    @classmethod
    def _environment(cls) -> Mapping[str, str]:
        return {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (as pydantic-settings has it)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the sources: what `provinces.yaml` says, then its files."""
        return init_settings, dotenv_settings


class _AlarmSettings(Settings):
    """The settings that an alarm needs, and no others: a wrong one of those must not stop it."""

    @classmethod
    def _environment(cls) -> Mapping[str, str]:
        return {}

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  (as pydantic-settings has it)
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return the only source: what the caller gives."""
        return (init_settings,)


_OF_ALARM = ("pack", "var", "warehouse_url", "smtp_url", "alarm_channels")


def load_alarm_settings() -> tuple[Settings, str]:
    """Return the settings that an alarm is sent by, and what is wrong with the settings or "".

    Where any is wrong, no run begins and the alarm must say so: then only those of the
    environment that an alarm needs count.

    Raises:
        ConfigurationError: One that the alarm needs is wrong, or one of a province of many.
    """
    try:
        return load_settings(), ""
    except ConfigurationError as wrong:
        # The settings of a province of many stand in files, which may be what is wrong.
        if f"{_PREFIX}PROVINCE" in os.environ:
            raise
        given = {
            field: os.environ[_variable(field)]
            for field in _OF_ALARM
            if _variable(field) in os.environ
        }
        return _valid(_AlarmSettings, "settings", **given), str(wrong)


def load_settings(**instead: Any) -> Settings:
    """Return the settings of this process: of MTQG_PROVINCE where that is set.

    `instead` are values that count in place of what is set.

    Raises:
        ConfigurationError: A variable is wrong. The message names it.
    """
    # Asked first: `.env` has no say in a province's settings, right or wrong.
    place = os.environ.get(f"{_PREFIX}PROVINCE", "")
    if not place:
        settings = _valid(Settings, "settings", **instead)
        place = settings.province
        if not place:
            return settings
    _refuse_other_variables()
    return settings_of(province_at(place), **instead)


def _refuse_other_variables() -> None:
    # Silently ignored, such a variable would be looked for in vain.
    given = {name for name in os.environ if name.startswith(_PREFIX)}
    others = sorted(given - {f"{_PREFIX}PROVINCE"})
    if others:
        raise ConfigurationError(
            f"settings: MTQG_PROVINCE is set, so {', '.join(others)} of the environment would not "
            "count: unset it, and write it into provinces.yaml or one of its env_files"
        )


def settings_of(province: Province, **instead: Any) -> Settings:
    """Return the settings of a province, whatever the environment of this process says.

    Raises:
        ConfigurationError: A setting or a file of secrets is wrong. The message names the province.
    """
    for file in province.env_files:
        if not file.is_file():
            raise ConfigurationError(f"province {province.code}: {file}: the file is missing")
    given = {
        **province.settings,
        "intake": province.has_intake,
        "province": province.place,
        "_env_file": province.env_files,
    }
    where = f"province {province.code} of {province.file}"
    first = _valid(ProvinceSettings, where, **(given | instead))
    if not province.secrets:
        return first
    # Once more, with the values that the first reading found in the files.
    for field, place in province.secrets.items():
        given[field] = first.secret(place)
    return _valid(ProvinceSettings, where, **(given | instead))


def _valid(kind: type[Settings], where: str, **given: Any) -> Settings:
    try:
        return kind(**given)
    except ValidationError as wrong:
        reasons = "; ".join(_reason(error) for error in wrong.errors())
        raise ConfigurationError(f"{where}: {reasons}") from wrong
    except SettingsError as wrong:
        # Without its cause, which holds the value. Only options are JSON.
        raise ConfigurationError(
            f"{where}: {wrong}: MTQG_ARCHIVE_OPTIONS and MTQG_INBOX_OPTIONS are JSON objects"
        ) from None


def _reason(error: ErrorDetails) -> str:
    # An error about all variables together has no location.
    if not error["loc"]:
        return error["msg"]
    name = str(error["loc"][0])
    return f"{_variable(name)}: {error['msg']}"


def _variable(field: str) -> str:
    """Return the environment variable of a field."""
    return _PREFIX + field.upper()


def quiet_third_parties(settings: Settings) -> None:
    """Turn off telemetry, and keep Prefect's own files below `MTQG_VAR`.

    What the operator has set in the environment stays. Call this before importing prefect or
    great_expectations: both read their environment at import time.
    """
    defaults = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "GX_ANALYTICS_ENABLED": "false",
        # The ephemeral server prints its own tracebacks when it stops (Prefect 3.8.8, 2026-11-23).
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
        # A server of this process takes 12 s to start on an idle machine. On a busy one it takes
        # more than its own limit of 20 s (2026-11-25).
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "600",
    }
    chosen_by_operator = ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE")
    if not any(name in os.environ for name in chosen_by_operator):
        defaults["PREFECT_HOME"] = str(settings.var / "prefect")
    if not os.environ.get("PREFECT_API_URL"):
        # The server then runs beside this process. Once it has stopped, retries of its client keep
        # Ctrl-C waiting for over a minute (3.8.8).
        defaults["PREFECT_CLIENT_MAX_RETRIES"] = "0"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
