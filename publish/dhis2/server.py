"""A DHIS2 server: send data values, and read the import summary.

Documentation, read 2026-11-30: "Data values" of the Web API, https://docs.dhis2.org/en/develop, and
the page "Data" of github.com/dhis2/dhis2-docs:

- `POST /api/dataValueSets` takes `dataValues`, each with its own period and org unit;
- parameters `dryRun`, `importStrategy` (CREATE_AND_UPDATE, DELETE), `idScheme`, `async`;
- the summary counts imported, updated, ignored and deleted values, and lists conflicts. Up to 2.37
  it is the answer itself; later it is below `response`, with `indexes` and `rejectedIndexes`. An
  answer with conflicts may have the status 409;
- a personal access token: `Authorization: ApiToken …`; else Basic authentication.
"""

import base64
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Literal, Self
from urllib.parse import urlencode

import requests

from connectors.sources.http_client import HttpClient
from connectors.sources.portal_session import HttpService, Patience, with_scheme
from program.errors import PushRefusedError, SourceError
from program.settings import Settings
from program.tools.dhis2 import Dhis2
from publish.dhis2.data_values import DataValue

Strategy = Literal["CREATE_AND_UPDATE", "DELETE"]

_MOST_AT_ONCE = 5_000
_MAX_SUMMARY_BYTES = 20_000_000
_NAMED = 20
_WITH_SUMMARY = (HTTPStatus.OK, HTTPStatus.CONFLICT)


@dataclass(frozen=True, slots=True)
class ImportCount:
    """How many values a server imported, updated, ignored and deleted."""

    imported: int = 0
    updated: int = 0
    ignored: int = 0
    deleted: int = 0

    def __add__(self, other: "ImportCount") -> "ImportCount":
        return ImportCount(
            self.imported + other.imported,
            self.updated + other.updated,
            self.ignored + other.ignored,
            self.deleted + other.deleted,
        )

    def __str__(self) -> str:
        return (
            f"imported {self.imported}, updated {self.updated}, "
            f"ignored {self.ignored}, deleted {self.deleted}"
        )


class Dhis2Server:
    """Sends values to one server. Connections stay open until the end of the `with`."""

    def __init__(
        self, mapping: Dhis2, settings: Settings, patience: Patience | None = None
    ) -> None:
        """Raise ConfigurationError for a wrong address or a missing secret."""
        self._mapping = mapping
        setting = str(mapping.token or mapping.password)
        service = HttpService(
            title="DHIS2",
            url=mapping.url,
            authorization=_authorization(mapping, settings, setting),
            url_setting="url of dhis2.yaml",
            advice={
                401: f"check {setting}: it is missing, wrong or expired",
                403: f"the account of {setting} may not write data values",
                404: "check url of dhis2.yaml: it ends before /api",
            },
            operator="the administrator of DHIS2",
        )
        self._client = HttpClient(service, patience)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self._client.close()

    def send(
        self, values: Sequence[DataValue], strategy: Strategy, *, is_dry_run: bool
    ) -> ImportCount:
        """Send values, at most 5,000 in a request, and return what the server did with them.

        Raises PushRefusedError if it ignored a value or reports a conflict: the message names the
        figures. Values that it took stay there. Raises SourceError for what is no summary, and
        TransientError where trying again may help: the same values twice are as good as once.
        """
        total = ImportCount()
        for start in range(0, len(values), _MOST_AT_ONCE):
            part = values[start : start + _MOST_AT_ONCE]
            total += self._send(part, strategy, is_dry_run=is_dry_run)
        return total

    def _send(
        self, values: Sequence[DataValue], strategy: Strategy, *, is_dry_run: bool
    ) -> ImportCount:
        parameters = {
            "dryRun": str(is_dry_run).lower(),
            "importStrategy": strategy,
            "idScheme": self._mapping.id_scheme,
            "async": "false",
        }
        url = f"{self._mapping.url.rstrip('/')}/api/dataValueSets?{urlencode(parameters)}"
        body = {"dataValues": [value.as_json() for value in values]}
        with self._client.post(url, body) as response:
            if response.status_code not in _WITH_SUMMARY:
                raise self._client.refusal(response)
            summary = self._summary(response)
        count = _count(summary, url)
        refusals = list(_refusals(summary, values))
        if count.ignored or refusals or summary.get("status") == "ERROR":
            raise PushRefusedError(_sentence(count, refusals, summary, is_dry_run=is_dry_run))
        return count

    def _summary(self, response: requests.Response) -> dict[str, Any]:
        content = self._client.read(response, _MAX_SUMMARY_BYTES)
        try:
            answer = json.loads((content or b"").decode("utf-8"))
        except (ValueError, RecursionError) as wrong:
            raise SourceError(
                f"{response.url}: expected an import summary as JSON: {str(wrong)[:100]}; "
                "is this the address of a DHIS2 server?"
            ) from wrong
        if not isinstance(answer, dict):
            raise SourceError(f"{response.url}: expected an import summary, found {answer!r:.60}")
        inner = answer.get("response")
        return inner if isinstance(inner, dict) else answer


def _authorization(mapping: Dhis2, settings: Settings, setting: str) -> str | None:
    if mapping.token is not None:
        return with_scheme("ApiToken", settings.secret(mapping.token), setting)
    if mapping.password is None:
        return None
    login = f"{mapping.account}:{settings.secret(mapping.password)}"
    return with_scheme("Basic", base64.b64encode(login.encode()).decode(), setting)


def _count(summary: dict[str, Any], url: str) -> ImportCount:
    counts = summary.get("importCount")
    names = ("imported", "updated", "ignored", "deleted")
    if isinstance(counts, dict):
        numbers = [counts[name] for name in names if isinstance(counts.get(name), int)]
        if len(numbers) == len(names):
            return ImportCount(*numbers)
    found = str(summary.get("message") or summary)[:200]
    raise SourceError(f"{url}: expected an import summary with importCount, found {found}")


def _refusals(summary: dict[str, Any], values: Sequence[DataValue]) -> Iterator[str]:
    """Yield a sentence for each conflict, with the figures that it is about."""
    named: set[int] = set()
    for conflict in _dicts(summary.get("conflicts")):
        said = str(conflict.get("value") or conflict.get("object") or conflict)
        code = conflict.get("errorCode")
        at = _positions(conflict.get("indexes"), values)
        # Servers before 2.38 name the identifier only.
        at = at or _positions_of(str(conflict.get("object")), values)
        named.update(at)
        about = "; ".join(values[position].about for position in at[:_NAMED])
        yield f"{code + ' ' if code else ''}{said}" + (f": {about}" if about else "")
    for position in _positions(summary.get("rejectedIndexes"), values):
        if position not in named:
            yield f"rejected: {values[position].about}"


def _dicts(found: object) -> Iterator[dict[str, Any]]:
    if isinstance(found, list):
        for each in found:
            if isinstance(each, dict):
                yield each


def _positions(found: object, values: Sequence[DataValue]) -> list[int]:
    if not isinstance(found, list):
        return []
    return [each for each in found if isinstance(each, int) and 0 <= each < len(values)]


def _positions_of(identifier: str, values: Sequence[DataValue]) -> list[int]:
    positions: list[int] = []
    for position, value in enumerate(values):
        if identifier in value.as_json().values():
            positions.append(position)
    return positions


def _sentence(
    count: ImportCount,
    refusals: Sequence[str],
    summary: dict[str, Any],
    *,
    is_dry_run: bool,
) -> str:
    kind = "would not take" if is_dry_run else "did not take"
    lines = [f"DHIS2 {kind} every value: {count}"]
    lines += [f"  {refusal}" for refusal in refusals[:_NAMED]]
    if len(refusals) > _NAMED:
        lines.append(f"  … and {len(refusals) - _NAMED} more")
    if not refusals:
        said = summary.get("description") or summary.get("status")
        lines.append(f"  it does not say which: {str(said)[:200]}")
    return "\n".join(lines)
