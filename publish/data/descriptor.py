"""`datapackage.json`: what each file of the data package holds (Frictionless, version 1)."""

import hashlib
import json
from collections.abc import Mapping
from datetime import date

from program.pack.pack import Pack
from warehouse.queries.marts import Mart, MartColumn


def descriptor_bytes(pack: Pack, day: date, csv_by_mart: Mapping[Mart, bytes]) -> bytes:
    """Return the descriptor of the marts' CSV files. The same files give the same bytes."""
    descriptor = {
        "profile": "tabular-data-package",
        "name": f"mtqg-{pack.program.province}",
        "title": pack.program.site_title,
        "description": pack.program.notice or pack.program.name,
        "sources": [{"title": pack.program.source}],
        "mtqg:as_of": day.isoformat(),
        "resources": [_resource(mart, csv) for mart, csv in csv_by_mart.items()],
    }
    return json.dumps(descriptor, ensure_ascii=False, indent=1).encode()


def csv_name(mart: Mart) -> str:
    """Return where a mart's CSV is in the package."""
    return f"csv/{mart.name}.csv"


def parquet_name(mart: Mart) -> str:
    """Return where a mart's Parquet is in the package."""
    return f"parquet/{mart.name}.parquet"


def _resource(mart: Mart, csv: bytes) -> dict[str, object]:
    schema: dict[str, object] = {"fields": [_field(column) for column in mart.handed_on]}
    if mart.key:
        schema["primaryKey"] = list(mart.key)
    return {
        "profile": "tabular-data-resource",
        "name": mart.name,
        "title": mart.title,
        "description": mart.description,
        "path": csv_name(mart),
        "format": "csv",
        "mediatype": "text/csv",
        # Python's name: readers that take "utf-8" keep the mark as a part of the first name.
        "encoding": "utf-8-sig",
        "bytes": len(csv),
        "hash": f"sha256:{hashlib.sha256(csv).hexdigest()}",
        "mtqg:parquet": parquet_name(mart),
        "schema": schema,
    }


def _field(column: MartColumn) -> dict[str, str]:
    field = {"name": column.name, "type": column.type.value, "title": column.title}
    more = {"unit": column.unit, "description": column.description, "source": column.source}
    field |= {name: text for name, text in more.items() if text}
    return field
