"""What a backup says of itself: `manifest.json`, the last member of the zip that it is."""

import json
import re
import zipfile
from datetime import datetime
from typing import Literal

from pydantic import ValidationError, field_validator

from program.configuration import Model
from program.errors import AskedError

MANIFEST = "manifest.json"
Database = Literal["sqlite", "postgresql"]
WAREHOUSE = "warehouse"
"""The member with the copy of the warehouse."""
ARCHIVE = "archive/"
"""How the members with the archive's files begin."""


_NAME = re.compile(rf"{WAREHOUSE}|{ARCHIVE}([0-9a-f]{{2}}/[0-9a-f]{{64}}|ledger/[a-z]+/[0-9a-zA-Z-]+\.json)")


class Member(Model):
    """One file of the backup. `sha256` is that of its content."""

    sha256: str
    size: int


class Manifest(Model):
    """All of a backup but its bytes. `missing` are bytes that the archive had lost before, or kept changed."""

    format: Literal[1] = 1
    made_at: datetime
    database: Database
    schema_version: str
    rows: dict[str, int]
    sha256s: tuple[str, ...]
    missing: tuple[str, ...] = ()
    members: dict[str, Member]

    @field_validator("members")
    @classmethod
    def _lead_nowhere_else(cls, members: dict[str, Member]) -> dict[str, Member]:
        if strange := [name for name in members if not _NAME.fullmatch(name)]:
            raise ValueError(f"a member with a name of its own: {strange[0]!r}")
        return members


def read_manifest(backup: zipfile.ZipFile) -> Manifest:
    """Return what a backup says of itself. Raises AskedError where it is none, or none of this format."""
    try:
        return Manifest.model_validate(json.loads(backup.read(MANIFEST)))
    except (KeyError, ValueError, ValidationError, zipfile.BadZipFile) as wrong:
        raise AskedError(f"{backup.filename}: no backup of this program: {str(wrong).splitlines()[0]}") from wrong
