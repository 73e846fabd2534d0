"""Settings: all that differs between machines. Built once, passed down; nothing else reads the environment."""

import os
from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from program.errors import ConfigurationError
from program.history import HISTORY_PERIODS
from program.limits import DEFAULT_LIMITS, Limits

ROOT = Path(__file__).resolve().parents[1]


class Settings(BaseSettings):
    """Environment variables with the prefix `MTQG_`; `.env.example` lists every one of them."""

    model_config = SettingsConfigDict(
        env_prefix="MTQG_",
        env_file=ROOT / ".env",
        # Of `.env`, every variable with our prefix reaches the check below; others are for other programs.
        dotenv_filtering="match_prefix",
        env_ignore_empty=True,
        frozen=True,
        extra="ignore",
    )

    pack: Path = Field(ROOT / "config" / "soc-trang", description="folder of the pack: the program as data")
    var: Path = Field(ROOT / "var", description="folder for everything written")
    warehouse_url: str = Field("", description="sqlite:///… or postgresql://…; default: a SQLite file in MTQG_VAR")
    archive_url: str = Field("", description="fsspec URL of the archive; default: a folder in MTQG_VAR")
    inbox_url: str = Field("", description="fsspec URL of the folder source; default: as the pack says")
    portal_url: str = Field("", description="address of the HTTP portal; default: as the pack says")
    portal_token: SecretStr = Field(SecretStr(""), description="bearer token for the portal")
    smtp_url: SecretStr = Field(SecretStr(""), description="smtp(s):// URL, or a block; unset: .eml files in MTQG_VAR/outbox")
    bounces_url: SecretStr = Field(SecretStr(""), description="imaps:// or maildir: URL of the mailbox that bounces come back to")
    max_mail_bytes: int = Field(5_000_000, gt=0, description="marked workbooks that would make a mail larger are not in it")
    marked_url: str = Field(
        "", description="address at which the web server shows MTQG_VAR/marked; unset: no links to large ones"
    )
    keep_marked_days: int = Field(30, gt=0, description="days that a marked workbook with a link is kept")
    max_delivery_bytes: int = Field(DEFAULT_LIMITS.delivery_bytes, gt=0, description="larger ones are refused with a finding")
    max_unpacked_bytes: int = Field(DEFAULT_LIMITS.unpacked_bytes, gt=0, description="so are those that unpack to more")
    max_sheet_cells: int = Field(DEFAULT_LIMITS.sheet_cells, gt=0, description="and those with a sheet of more cells")
    max_packed_files: int = Field(DEFAULT_LIMITS.packed_files, gt=0, description="files that a zip of workbooks may hold")
    max_packed_bytes: int = Field(DEFAULT_LIMITS.packed_bytes, gt=0, description="bytes that they may unpack to in all")
    max_packing_ratio: int = Field(DEFAULT_LIMITS.packing_ratio, gt=0, description="times that one may be larger than packed")
    reading_seconds: float = Field(
        DEFAULT_LIMITS.seconds, gt=0, le=3600, description="seconds of the processor that one delivery may take to read"
    )
    reading_bytes: int = Field(DEFAULT_LIMITS.memory_bytes, gt=0, description="memory that reading one delivery may take")
    readers: int = Field(0, ge=0, le=256, description="processes that read deliveries; 0: one for each core")
    chunk_deliveries: int = Field(500, gt=0, description="deliveries that are read and checked as one batch")
    history_periods: int = Field(HISTORY_PERIODS, gt=0, le=60, description="earlier periods that a report is compared with")
    keep_data_docs: int = Field(14, gt=0, description="nights of Data Docs kept on the site")

    @model_validator(mode="before")
    @classmethod
    def _no_unknown_variable(cls, values: dict[str, object]) -> dict[str, object]:
        known = {f"MTQG_{name.upper()}" for name in cls.model_fields}
        given = {*(name for name in os.environ if name.startswith("MTQG_")), *(f"MTQG_{name.upper()}" for name in values)}
        unknown = sorted(given - known)
        if unknown:
            raise ValueError(f"unknown setting {', '.join(unknown)}; known: {', '.join(sorted(known))}")
        return values

    @model_validator(mode="after")
    def _defaults_below_var(self) -> Self:
        for name in ("pack", "var"):
            object.__setattr__(self, name, getattr(self, name).expanduser().absolute())
        if not self.warehouse_url:
            object.__setattr__(self, "warehouse_url", f"sqlite:///{self.var / 'warehouse.sqlite'}")
        if not self.archive_url:
            object.__setattr__(self, "archive_url", str(self.var / "archive"))
        return self

    @property
    def limits(self) -> Limits:
        """How much one delivery may ask of this machine."""
        return Limits(
            delivery_bytes=self.max_delivery_bytes,
            unpacked_bytes=self.max_unpacked_bytes,
            sheet_cells=self.max_sheet_cells,
            packed_files=self.max_packed_files,
            packed_bytes=self.max_packed_bytes,
            packing_ratio=self.max_packing_ratio,
            seconds=self.reading_seconds,
            memory_bytes=self.reading_bytes,
        )

    @property
    def site(self) -> Path:
        """The folder of the published site."""
        return self.var / "site"

    @property
    def outbox(self) -> Path:
        """The folder of `.eml` files where no mail server is set."""
        return self.var / "outbox"

    @property
    def marked(self) -> Path:
        """The folder of marked workbooks that were too large for a mail."""
        return self.var / "marked"

    @property
    def digests(self) -> Path:
        """The folder of the operator's digests, a file a night."""
        return self.var / "digests"


def load_settings() -> Settings:
    """Return the settings of this process. Raises ConfigurationError naming the variable that is wrong."""
    try:
        return Settings()
    except ValidationError as wrong:
        reasons = "; ".join(f"{'MTQG_' + str(e['loc'][0]).upper() + ': ' if e['loc'] else ''}{e['msg']}" for e in wrong.errors())
        raise ConfigurationError(f"settings: {reasons}") from wrong


def quiet_third_parties(settings: Settings) -> None:
    """Turn off telemetry, and keep Prefect's own files below `MTQG_VAR` unless the operator chose a place.

    Must run before prefect or great_expectations is imported: both read their environment then.
    """
    defaults = {
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "GX_ANALYTICS_ENABLED": "false",
        # The ephemeral server prints tracebacks of its own when it stops (Prefect 3.8.8, seen 2026-11-23).
        "PREFECT_SERVER_LOGGING_LEVEL": "CRITICAL",
    }
    chosen = any(name in os.environ for name in ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILE"))
    if not chosen:
        defaults["PREFECT_HOME"] = str(settings.var / "prefect")
        # The server then lives in this process. Asking a dead one again keeps Ctrl-C waiting for over a minute (3.8.8).
        defaults["PREFECT_CLIENT_MAX_RETRIES"] = "0"
        # It takes 12 s to start on an idle machine, and more than its own limit of 20 s on a busy one (2026-11-25).
        defaults["PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS"] = "180"
    for name, value in defaults.items():
        os.environ.setdefault(name, value)
