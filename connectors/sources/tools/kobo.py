"""A form of KoboToolbox as a source, by its API v2.

Documentation, read 2026-11-30:

- the data endpoint, `GET /api/v2/assets/{uid}/data.json` with `start`, `limit`, `query`, `sort`:
  https://support.kobotoolbox.org/data_endpoint.html and "List of submissions" in the API docs of
  github.com/kobotoolbox/kpi;
- at most 1,000 submissions a page, 100 where `limit` is not given:
  https://community.kobotoolbox.org/t/74610;
- `Authorization: Token …`: https://support.kobotoolbox.org/migrating_api.html.

An edit keeps `_id` and `_submission_time` and gives a new `_uuid`. No time of the edit is served
(github.com/kobotoolbox/kpi/issues/7259). So the whole list is asked for each time, as a folder is,
and the ledger knows what is new.
"""

from collections.abc import Iterator
from urllib.parse import quote, urlencode

from connectors.sources.portal_session import Patience, with_scheme
from connectors.sources.times import utc_of
from connectors.sources.tools.questions import Question, kobo_questions
from connectors.sources.tools.submissions import (
    PAGE_SIZE,
    Submitted,
    ask_json,
    canonical,
    offer_of,
    pages,
    text_of,
    tool_client,
)
from program.delivery import Offer, RejectedOffer, UnusableOffer
from program.errors import SourceError
from program.pack.source import KoboSource

_NOT_APPROVED = "validation_status_not_approved"


class Kobo:
    """The submissions of one asset, as a `Connector`. It fetches what its list just yielded."""

    def __init__(
        self, source: KoboSource, url: str, token: str, patience: Patience | None = None
    ) -> None:
        self._source = source
        self._url = f"{url.rstrip('/')}/api/v2/assets/{quote(source.asset)}"
        self._content: dict[str, bytes] = {}
        setting = str(source.token)
        self._client = tool_client(
            "KoboToolbox",
            source.name,
            url,
            authorization=with_scheme("Token", token, setting),
            setting=setting,
            what=f"asset {source.asset}",
            patience=patience,
        )

    def close(self) -> None:
        """Close the connections. May be called more than once."""
        self._client.close()

    def offers(
        self, cursor: str | None
    ) -> Iterator[tuple[Offer | UnusableOffer | RejectedOffer, str | None]]:
        """Yield every submission, oldest first, with no cursor.

        An entry that is no submission is an `UnusableOffer`. Raises SourceError or TransientError,
        possibly after some offers.
        """
        del cursor  # a Connector gets one
        # By the number of a submission: an order by which later pages do not shift.
        query = urlencode({"limit": PAGE_SIZE, "sort": '{"_id":1}'})
        first = f"{self._url}/data.json?{query}"
        for items in pages(self._client, first, "next", "results", self._source.budget.seconds):
            self._content.clear()
            for item in items:
                yield self._offer(item), None

    def fetch(self, offer: Offer, max_bytes: int) -> bytes | None:
        """Return the JSON of a submission that was just listed; None beyond `max_bytes`.

        Asks the tool for nothing. Raises SourceError for a submission that was not listed.
        """
        content = self._content.get(offer.external_id)
        if content is None:
            raise SourceError(f"{self._url}: {offer.external_id} was not listed in this run")
        return content if len(content) <= max_bytes else None

    def questions(self) -> list[Question]:
        """Return the questions of the form, as it is deployed now."""
        return kobo_questions(ask_json(self._client, f"{self._url}.json"), self._url)

    def _offer(self, item: object) -> Offer | UnusableOffer | RejectedOffer:
        submitted = _submitted(item)
        if submitted is None:
            return UnusableOffer(
                f"{self._source.name}: an entry of {self._url}",
                f"expected a submission with _id and _uuid, found {item!r:.80}",
            )
        self._content[submitted.key] = submitted.content
        return offer_of(self._source, submitted)


def _submitted(item: object) -> Submitted | None:
    """Return an entry of the list as a submission; None for what is none."""
    if not isinstance(item, dict):
        return None
    key = text_of(item.get("_id"))
    version = text_of(item.get("_uuid"))
    if key is None or version is None:
        return None
    status = item.get("_validation_status")
    is_rejected = isinstance(status, dict) and status.get("uid") == _NOT_APPROVED
    return Submitted(
        key=key,
        version=version,
        # Given in UTC without a zone.
        at=utc_of(item.get("_submission_time")),
        account=text_of(item.get("_submitted_by")),
        is_rejected=is_rejected,
        content=canonical(item),
    )
