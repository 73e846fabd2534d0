"""The contract of a portal: pages and cursors as in docs/portal.md. Its answers are untrusted."""

import re
from typing import Annotated, Self

import requests
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    ValidationError,
    model_validator,
)

from connectors.file_names import display_name
from connectors.sources.times import utc_of
from program.delivery import Offer, UnusableOffer
from program.errors import SourceError

_Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
_UnitCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,20}$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
_LONE_SURROGATE = re.compile(
    r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    r"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
"""An escape in JSON: a pair of surrogates, half a pair, or any other."""
_Address = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class _Foreign(BaseModel):
    """JSON of a foreign server. An unknown key means a newer portal and is no mistake."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Item(_Foreign):
    """One delivery that the portal offers. It never changes under its id and version."""

    id: _Key
    version: _Key
    name: str
    unit: _UnitCode | None = None
    submitted_at: AwareDatetime
    size: Annotated[int, Field(ge=0)] | None = None
    sha256: _Sha256 | None = None
    href: _Address


class PortalPage(_Foreign):
    """A page of the list, oldest item first.

    `cursor` follows the last item; `next` is the address of the next page. The items are not yet
    checked: a wrong one must not stop the others of its page (`parse_item`).
    """

    items: list[JsonValue]
    cursor: _Key | None = None
    next: _Address | None = None

    @model_validator(mode="after")
    def _has_cursor(self) -> Self:
        if self.items and self.cursor is None:
            raise ValueError("a page with items needs a cursor")
        return self


class PortalCursor(_Foreign):
    """What is stored between two runs.

    `since` is the portal's own cursor. `etag` is that of the list, if it was read to its end.
    """

    since: _Key | None = None
    etag: _Key | None = None


def etag_of(response: requests.Response) -> str | None:
    """Return the ETag of an answer, or None if it has none that can be sent back."""
    etag = response.headers.get("ETag", "")
    return etag if re.fullmatch(r"[!-~]{1,200}", etag) else None


def parse_cursor(cursor: str | None) -> PortalCursor:
    """Return a stored cursor, or an empty one for None.

    Raises SourceError if this program did not write it.
    """
    if not cursor:
        return PortalCursor()
    try:
        return PortalCursor.model_validate_json(cursor)
    except ValidationError as wrong:
        raise SourceError(
            f"portal: expected a cursor it gave, found {cursor!r:.80}; forget it to list all again"
        ) from wrong


def parse_page(url: str, body: bytes) -> PortalPage:
    """Return a page of the list.

    Raises SourceError with the address, the first wrong key, what was expected and what was found.
    """
    try:
        return PortalPage.model_validate_json(_as_unicode(body))
    except ValidationError as wrong:
        raise SourceError(
            f"{url}: expected a page as in docs/portal.md, found {_first_error(wrong)}; "
            "tell the portal's operator"
        ) from wrong


def _as_unicode(body: bytes) -> str:
    """Return JSON with U+FFFD in place of what is no Unicode.

    File names of senders are in it, in any bytes. Without this, the parser refuses the whole page
    for one of them.
    """
    text = body.decode("utf-8", "replace")
    return _LONE_SURROGATE.sub(_without_lone_surrogate, text)


def _without_lone_surrogate(escape: re.Match[str]) -> str:
    return r"\ufffd" if escape["lone"] else escape[0]


def parse_item(url: str, found: JsonValue) -> Item | UnusableOffer:
    """Return an item of a page; an `UnusableOffer` if it is not as docs/portal.md says."""
    try:
        return Item.model_validate(found)
    except ValidationError as wrong:
        identifier = found.get("id") if isinstance(found, dict) else None
        return UnusableOffer(
            name=f"{url}: item {identifier!r:.80}",
            reason=f"expected an item as in docs/portal.md, found {_first_error(wrong)}; "
            "tell the portal's operator",
        )


def _first_error(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the page"
    found = f"{first['input']!r:.80}"
    sentence = f"{where}: {first['msg']}; found {found}"
    others = wrong.error_count() - 1
    if others:
        sentence += f" (and {others} more)"
    return sentence


def offer_of(item: Item) -> Offer:
    """Return the item as an offer. Its name is safe to show."""
    return Offer(
        external_id=item.id,
        external_version=item.version,
        name=display_name(re.sub(r"[/\\]", "", item.name)),
        offered_at=utc_of(item.submitted_at),
        sender_unit=item.unit,
        size=item.size,
        sha256=item.sha256,
    )
