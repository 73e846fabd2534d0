"""A form of ODK Central as a source, by its OData service.

Documentation, read 2026-11-30: https://docs.getodk.org/central-api-odata-endpoints, and
`lib/util/db.js`, `lib/data/odata.js` of github.com/getodk/central-backend:

- `GET /v1/projects/{id}/forms/{form}.svc/Submissions` with `$top` gives pages, each with a link
  `@odata.nextLink` that has a `$skiptoken`; `$orderby` cannot be used with it (501);
- `$expand=*` puts repeats into their submission;
- `$filter` takes `__system/submissionDate` and `__system/updatedAt`. The second is null until the
  first edit or review;
- an edit keeps `__id`, counts `__system/edits` up and gives a new `meta/instanceID`;
- `__system/reviewState` is null, hasIssues, edited, rejected or approved;
- Basic authentication with a web user's e-mail address and password, over https only:
  https://docs.getodk.org/central-api-authentication/.
"""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from urllib.parse import quote, urlencode

from connectors.sources.portal_session import Patience, with_scheme
from connectors.sources.times import utc_of
from connectors.sources.tools.questions import Question, odk_questions
from connectors.sources.tools.submissions import (
    PAGE_SIZE,
    Json,
    Submitted,
    canonical,
    offer_of,
    pages,
    text_of,
    tool_client,
)
from program.delivery import Offer, RejectedOffer, UnusableOffer
from program.errors import SourceError
from program.pack.source import OdkSource

_REJECTED = "rejected"
_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Odk:
    """The submissions of one form, as a `Connector`. It fetches what its list just yielded."""

    def __init__(
        self, source: OdkSource, url: str, password: str, patience: Patience | None = None
    ) -> None:
        self._source = source
        form = quote(source.form, safe="")
        self._form = f"{url.rstrip('/')}/v1/projects/{source.project}/forms/{form}"
        self._content: dict[str, bytes] = {}
        setting = str(source.password)
        login = base64.b64encode(f"{source.account}:{password}".encode()).decode()
        self._client = tool_client(
            "ODK Central",
            source.name,
            url,
            authorization=with_scheme("Basic", login, setting),
            setting=setting,
            what=f"form {source.form} of project {source.project}",
            patience=patience,
        )

    def close(self) -> None:
        """Close the connections. May be called more than once."""
        self._client.close()

    def offers(
        self, cursor: str | None
    ) -> Iterator[tuple[Offer | UnusableOffer | RejectedOffer, str | None]]:
        """Yield what was submitted, edited or reviewed since `cursor`, oldest first.

        ODK Central lists the newest first, so the list is read to its end before the first offer.
        Only the last offer has the new cursor: the latest time that the tool gave. Raises
        SourceError or TransientError.
        """
        entries: list[tuple[datetime, Offer | UnusableOffer | RejectedOffer]] = []
        latest = cursor
        self._content.clear()
        items_key, next_key = "value", "@odata.nextLink"
        seconds = self._source.budget.seconds
        for items in pages(self._client, self._first_page(cursor), next_key, items_key, seconds):
            for item in items:
                submitted = _submitted(item)
                at = (submitted.at if submitted else None) or _BEFORE_ALL
                entries.append((at, self._offer(item, submitted)))
                latest = max(filter(None, (latest, *_times(item))), default=None)
        entries.sort(key=_time_of)
        last = len(entries)
        for number, (_, offer) in enumerate(entries, start=1):
            yield offer, latest if number == last else None

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the JSON of a submission that was just listed; None beyond `max_bytes`.

        Asks the tool for nothing. Raises SourceError for a submission that was not listed.
        """
        content = self._content.get(offer.external_id)
        if content is None:
            raise SourceError(f"{self._form}: {offer.external_id} was not listed in this run")
        return content if len(content) <= max_bytes else None

    def questions(self) -> list[Question]:
        """Return the questions of the form, as it is published now."""
        return odk_questions(self._client, f"{self._form}/fields")

    def _first_page(self, cursor: str | None) -> str:
        query = {"$top": str(PAGE_SIZE), "$expand": "*"}
        if cursor:
            since = _time_for_filter(cursor)
            # Not `gt`: two may have come in the same millisecond. The ledger knows the first.
            query["$filter"] = (
                f"__system/submissionDate ge {since} or __system/updatedAt ge {since}"
            )
        return f"{self._form}.svc/Submissions?{urlencode(query)}"

    def _offer(
        self, item: object, submitted: Submitted | None
    ) -> Offer | UnusableOffer | RejectedOffer:
        if submitted is None:
            return UnusableOffer(
                f"{self._source.name}: an entry of {self._form}",
                "expected a submission with __id and __system that is not encrypted, "
                f"found {item!r:.80}",
            )
        self._content[submitted.key] = submitted.content
        return offer_of(self._source, submitted)


def _time_of(entry: tuple[datetime, object]) -> datetime:
    at, _ = entry
    return at


def _time_for_filter(cursor: str) -> str:
    """Return a stored time for a filter. Raises SourceError if this program did not write it."""
    if utc_of(cursor) is None:
        raise SourceError(
            f"ODK Central: expected a time as cursor, found {cursor!r:.80}; forget it to list all"
        )
    return cursor


def _times(item: object) -> Iterator[str]:
    """Yield the times of a submission as the tool writes them, in UTC: 2026-11-30T04:05:06.789Z."""
    system = item.get("__system") if isinstance(item, dict) else None
    if not isinstance(system, dict):
        return
    for key in ("submissionDate", "updatedAt"):
        value = system.get(key)
        if isinstance(value, str) and value.endswith("Z") and utc_of(value) is not None:
            yield value


def _submitted(item: object) -> Submitted | None:
    """Return an entry of the list as a submission; None for what is none."""
    if not isinstance(item, dict):
        return None
    key = text_of(item.get("__id"))
    system = item.get("__system")
    # A status says that the form is encrypted: its answers are not here.
    if key is None or not isinstance(system, dict) or system.get("status"):
        return None
    edits = system.get("edits") or 0
    # A review changes `updatedAt` too, and leaves the answers as they are.
    changed_at = system.get("updatedAt") if edits else None
    return Submitted(
        key=key,
        version=_version(item, edits),
        at=utc_of(changed_at or system.get("submissionDate")),
        account=text_of(system.get("submitterName")),
        account_id=text_of(system.get("submitterId")),
        is_rejected=system.get("reviewState") == _REJECTED,
        content=canonical(item),
    )


def _version(item: Json, edits: object) -> str:
    meta = item.get("meta")
    instance = text_of(meta.get("instanceID")) if isinstance(meta, dict) else None
    return f"{edits}-{instance or item['__id']}"
