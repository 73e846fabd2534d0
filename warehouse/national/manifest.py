"""What a province sends beside its marts: who it is, its run, and its definitions.

A province's partition is a folder `mart/province=<code>` with the manifest, `province.json`, and a
folder of Parquet files, `data=<digest>`. The manifest is written last and names that folder: who
reads it finds all files of one run, or those of the run before.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import date, datetime

from pydantic import ValidationError

from program.errors import WarehouseError
from program.pack.yaml_file import Model
from warehouse.national.definitions import IndicatorDefinition
from warehouse.queries.marts import declared_marts

FORMAT = 2
"""The version of the manifest. A reader takes no other."""
MANIFEST = "province.json"
PARTITIONS = "mart"
"""The folder of all partitions."""
PREFIX = "province="
"""Before the code of the province in its folder's name."""


class PartitionFile(Model):
    """A Parquet file of a mart. `path` is relative to the province's folder."""

    path: str
    rows: int
    bytes: int
    sha256: str


class DueReports(Model):
    """How complete the reports of a province's units are on the day of its run.

    Of the reports that are due: how many came, are accepted, came in time, and wait for a
    correction; and by how many working days the latest missing one is late.
    """

    due: int
    received: int
    accepted: int
    timely: int
    to_fix: int
    most_days_late: int


class ProvinceManifest(Model):
    """A province's `province.json`.

    `pack_digest` changes with any file of the pack, `schema_digest` with the declared columns of
    the marts. `site` is the address of the province's own pages, "" where it has none. `plans`
    gives what each planned figure is, as `plan_definitions_of` does.
    """

    format: int
    province: str
    name: str
    pack: str
    pack_digest: str
    run: int
    as_of: date
    written_at: datetime
    rules_version: str
    program_version: str
    site: str
    schema_digest: str
    lateness: DueReports
    files: Mapping[str, PartitionFile]
    indicators: Mapping[str, IndicatorDefinition]
    plans: Mapping[str, str]


def partition_folder(province: str) -> str:
    """Return where a province's partition is, below the folder of all."""
    return f"{PARTITIONS}/{PREFIX}{province}"


def manifest_bytes(manifest: ProvinceManifest) -> bytes:
    """Return a manifest as it is written."""
    values = manifest.model_dump(mode="json")
    return json.dumps(values, ensure_ascii=False, indent=1, sort_keys=True).encode()


def read_manifest(content: bytes) -> ProvinceManifest:
    """Return a manifest from its bytes.

    Raises:
        WarehouseError: It is no manifest, or one of another version. The message says why.
    """
    try:
        values = json.loads(content)
    except ValueError as wrong:
        raise WarehouseError(f"{MANIFEST} is no JSON: {wrong}") from wrong
    found = values.get("format") if isinstance(values, dict) else None
    if found != FORMAT:
        raise WarehouseError(
            f"{MANIFEST} has format {found}, this program reads {FORMAT}: "
            "the province and the country run different versions"
        )
    try:
        return ProvinceManifest.model_validate(values)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise WarehouseError(f"{MANIFEST}: {place}: {first['msg']}") from wrong


def schema_digest() -> str:
    """Return what changes when a declared column of a mart changes its name, type or unit."""
    lines = []
    for mart in declared_marts():
        columns = mart.handed_on
        lines += [f"{mart.name}.{each.name} {each.type} {each.unit}" for each in columns]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
