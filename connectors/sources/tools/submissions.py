"""What the form tools have in common: pages of submissions, and a submission as an offer.

All answers of a tool are untrusted. Each submission is an offer of its own.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any, NoReturn, TypeAlias

from connectors.file_names import display_name
from connectors.sources.http_client import HttpClient, join
from connectors.sources.portal_session import HttpService, Patience
from program.delivery import Offer, RejectedOffer
from program.errors import SourceError
from program.pack.source import ToolSource

Json: TypeAlias = dict[str, Any]

MAX_PAGE_BYTES = 50_000_000
"""A page has up to 250 submissions; one with a list of 1,000 lines is 200 kB."""
PAGE_SIZE = 250

_LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Submitted:
    """A submission as its tool lists it.

    Attributes:
        key: What identifies it, through all its versions.
        version: What changes when somebody edits it, and only then.
        at: When this version came, as the tool claims it.
        account: The account that sent it, as people write it; None for nobody known.
        account_id: The tool's number for that account, where it has one.
        is_rejected: A reviewer refused it in the tool.
        content: What the tool sent, as JSON in one fixed way of writing.
    """

    key: str
    version: str
    at: datetime | None
    account: str | None
    is_rejected: bool
    content: bytes
    account_id: str | None = None


def offer_of(source: ToolSource, submitted: Submitted) -> Offer | RejectedOffer:
    """Return a submission as an offer; as a rejected one where a reviewer refused it.

    Its sender is the unit of the account that sent it; None where the source lists no such account.
    """
    # A key is the tool's: it may hold what no name of a file should.
    account = f" ({submitted.account})" if submitted.account else ""
    name = f"{source.name} {submitted.key}{account}.json"
    name = display_name(re.sub(r"[/\\]", "", name))
    if submitted.is_rejected:
        return RejectedOffer(submitted.key, name)
    accounts = (submitted.account_id, submitted.account)
    # Two accounts may have one name: the number, where it is listed, comes first.
    listed = [source.senders[each] for each in accounts if each in source.senders]
    sender = listed[0] if listed else None
    return Offer(
        external_id=submitted.key,
        external_version=submitted.version,
        name=name,
        offered_at=submitted.at,
        sender_unit=sender,
        size=len(submitted.content),
    )


def canonical(submission: Json) -> bytes:
    """Return a submission as JSON in UTF-8 with sorted keys: the same data, the same bytes."""
    text = json.dumps(submission, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # Half a pair of surrogates, which JSON can escape, is no Unicode.
    return text.encode("utf-8", "replace")


def text_of(value: object) -> str | None:
    """Return a text or number of a tool as a key; None for anything else, and for a long text."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value)
    if not text or len(text) > _LONGEST_KEY or not text.isprintable():
        return None
    return text


def pages(
    client: HttpClient, url: str, next_key: str, items_key: str, seconds: float
) -> Iterator[list[Any]]:
    """Yield the items of each page of a list, from `url` on, by the links to the next page.

    Raises SourceError for what is no page, for a list that goes round, and for one that does not
    end within `seconds`; raises TransientError where asking again may help.
    """
    deadline = monotonic() + seconds
    visited: set[str] = set()
    while url not in visited:
        visited.add(url)
        if monotonic() > deadline:
            raise SourceError(f"{url}: the list did not end in {seconds:.0f} s; gave up")
        page = ask_json(client, url)
        items = page.get(items_key)
        link = page.get(next_key)
        if not isinstance(items, list) or not isinstance(link, str | None):
            raise SourceError(
                f"{url}: expected a page with a list {items_key} and a link {next_key}, "
                f"found {', '.join(sorted(page)) or 'nothing'}; is this the address of the tool?"
            )
        yield items
        if link is None:
            return
        if not items:
            raise SourceError(f"{url}: an empty page has a next one; the list has no end")
        url = join(url, link)
    raise SourceError(f"{url}: {next_key} leads back to a page read before")


def ask_json(client: HttpClient, url: str) -> Json:
    """Return the object that an address answers with.

    Raises SourceError for a body that is too long or no JSON object in UTF-8, as a sign-in page.
    """
    with client.ask(url) as response:
        body = client.read(response, MAX_PAGE_BYTES)
        kind = response.headers.get("Content-Type", "nothing")
    if body is None:
        raise SourceError(f"{url}: expected at most {MAX_PAGE_BYTES} bytes, found more")
    try:
        answer = json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as wrong:
        raise SourceError(
            f"{url}: expected JSON in UTF-8, found {len(body)} bytes of {kind:.60}: "
            f"{str(wrong)[:100]}"
        ) from wrong
    if not isinstance(answer, dict):
        raise SourceError(f"{url}: expected a JSON object, found {str(answer)[:60]!r}")
    return answer


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")


def tool_client(
    tool: str,
    source: str,
    url: str,
    *,
    authorization: str | None,
    setting: str,
    what: str,
    patience: Patience | None,
) -> HttpClient:
    """Return the client of a form tool, whose errors name the source, the setting and `what`."""
    service = HttpService(
        title=tool,
        url=url,
        authorization=authorization,
        url_setting=f"url of source {source}",
        advice=_advice(setting, what),
        operator=f"the administrator of {tool}",
    )
    return HttpClient(service, patience)


def _advice(setting: str, what: str) -> Mapping[int, str]:
    """Return what to check for the status codes of a tool. `what` is the form or asset."""
    return {
        400: f"the tool does not take this question; is {what} right?",
        401: f"check {setting}: it is missing, wrong or expired",
        403: f"the account of {setting} may not read the submissions of {what}",
        404: f"there is no {what} at this address, or the account of {setting} may not see it",
    }
