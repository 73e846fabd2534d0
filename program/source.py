"""Where deliveries come from, as a pack declares it in `sources.yaml`."""

import re
from typing import Annotated, Literal

from pydantic import Field, field_validator

from program.configuration import Model


def _compiled(pattern: str) -> re.Pattern[str]:
    """Return the pattern compiled. Raises ValueError, as pydantic wants it, where it is none."""
    try:
        return re.compile(pattern)
    except re.error as wrong:
        raise ValueError(f"not a regular expression: {wrong}") from wrong


class FolderSource(Model):
    """A folder by fsspec URL. `MTQG_INBOX_URL` takes precedence over `url`.

    `sender` is a pattern on the path below the folder; its group `unit` is the sending unit's code.
    `synthetic` is a pattern of names whose figures are invented and marked so wherever they are shown.
    """

    name: str
    kind: Literal["folder"]
    url: str
    sender: str
    synthetic: str | None = None
    settle_seconds: int = 60

    @field_validator("sender")
    @classmethod
    def _names_the_unit(cls, pattern: str) -> str:
        if "unit" not in _compiled(pattern).groupindex:
            raise ValueError("the pattern needs a group (?P<unit>…)")
        return pattern

    @field_validator("synthetic")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        return pattern and _compiled(pattern).pattern


class PortalSource(Model):
    """The province's HTTP portal (docs/portal.md). `MTQG_PORTAL_URL` takes precedence; no address, no source."""

    name: str
    kind: Literal["portal"]
    url: str | None = None
    synthetic: str | None = None

    @field_validator("synthetic")
    @classmethod
    def _is_a_pattern(cls, pattern: str | None) -> str | None:
        return pattern and _compiled(pattern).pattern


Source = Annotated[FolderSource | PortalSource, Field(discriminator="kind")]
