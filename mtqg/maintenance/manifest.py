"""The manifest of a backup: `manifest.json`, the last member of its zip."""

import json
import re
import zipfile
from datetime import datetime
from typing import Literal

from pydantic import ValidationError, field_validator

from program.errors import UsageError
from program.pack.yaml_file import Model

MANIFEST = "manifest.json"
Database = Literal["sqlite", "postgresql"]
WAREHOUSE = "warehouse"
"""The name of the member with the copy of the warehouse."""
ARCHIVE = "archive/"
"""The prefix of the members with the archive's files."""

_NAME = re.compile(
    rf"{WAREHOUSE}|{ARCHIVE}([0-9a-f]{{2}}/[0-9a-f]{{64}}|ledger/([a-z]+/)?[0-9a-zA-Z-]+\.json)"
)


class ManifestMember(Model):
    """One file of a backup. `sha256` is that of its content, `size` is in bytes."""

    sha256: str
    size: int


class Manifest(Model):
    """What a backup holds.

    `sha256s` are the bytes that the ledger names. `missing` are bytes that the archive had lost
    before the backup, or held changed.
    """

    format: Literal[1] = 1
    made_at: datetime
    database: Database
    schema_version: str
    rows: dict[str, int]
    sha256s: tuple[str, ...]
    missing: tuple[str, ...] = ()
    members: dict[str, ManifestMember]

    @field_validator("members")
    @classmethod
    def _refuse_other_names(cls, members: dict[str, ManifestMember]) -> dict[str, ManifestMember]:
        # A restore writes members to files: another name could lead out of the archive.
        unknown = [name for name in members if not _NAME.fullmatch(name)]
        if unknown:
            raise ValueError(f"a member with an unknown name: {unknown[0]!r}")
        return members


def read_manifest(backup: zipfile.ZipFile) -> Manifest:
    """Return the manifest of a backup.

    Raises UsageError if the file is no backup, or has another format.
    """
    try:
        return Manifest.model_validate(json.loads(backup.read(MANIFEST)))
    except (KeyError, ValueError, ValidationError, zipfile.BadZipFile) as wrong:
        reason = str(wrong).splitlines()[0]
        raise UsageError(f"{backup.filename}: no backup of this program: {reason}") from wrong
