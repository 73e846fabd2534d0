"""Validate what a portal sends: the pages and cursors of docs/portal.md. All of it is untrusted."""

import re
import unicodedata
from datetime import UTC
from typing import Annotated, Self

import requests
from pydantic import (
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from program.delivery import Offer
from program.errors import SourceError

_MAX_NAME_CHARACTERS = 200
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

_Key = Annotated[str, StringConstraints(pattern=r"^[!-~]{1,200}$")]
_UnitCode = Annotated[str, StringConstraints(pattern=r"^[0-9A-Za-z.-]{1,20}$")]
_Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{64}$", to_lower=True)]
_Address = Annotated[str, StringConstraints(min_length=1, max_length=2000)]


class _Foreign(BaseModel):
    """JSON of another system: an unknown key means a newer portal, not an error."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Item(_Foreign):
    """One submission that the portal offers; immutable for one id and version."""

    id: _Key
    version: _Key
    name: str
    unit: _UnitCode | None = None
    submitted_at: AwareDatetime
    size: Annotated[int, Field(ge=0)] | None = None
    sha256: _Sha256 | None = None
    href: _Address


class Page(_Foreign):
    """A page of the list, oldest first.

    `cursor` follows its last item, `next` is the address of the next page.
    """

    items: list[Item]
    cursor: _Key | None = None
    next: _Address | None = None

    @model_validator(mode="after")
    def _has_cursor(self) -> Self:
        if self.items and self.cursor is None:
            raise ValueError("a page with items needs a cursor")
        return self


class Cursor(_Foreign):
    """What is stored between two runs.

    `since` is the portal's own cursor. `etag` is known where the list was read to its end.
    """

    since: _Key | None = None
    etag: _Key | None = None


def etag_of(response: requests.Response) -> str | None:
    """Return the ETag, None where there is none or it cannot be sent back safely."""
    etag = response.headers.get("ETag", "")
    return etag if re.fullmatch(r"[!-~]{1,200}", etag) else None


def parse_cursor(cursor: str | None) -> Cursor:
    """Return a stored cursor, an empty one for None.

    Raises:
        SourceError: for a cursor that this module did not write.
    """
    if not cursor:
        return Cursor()
    try:
        return Cursor.model_validate_json(cursor)
    except ValidationError as wrong:
        raise SourceError(
            f"portal: expected a cursor it gave, found {cursor!r:.80}; forget it to list all again"
        ) from wrong


def parse_page(url: str, body: bytes) -> Page:
    """Return a page of the list.

    Raises:
        SourceError: with the address, the key, and what was expected and found.
    """
    try:
        return Page.model_validate_json(body)
    except ValidationError as wrong:
        raise SourceError(
            f"{url}: expected a page as in docs/portal.md, found {_first_error(wrong)}; "
            "tell the portal's operator"
        ) from wrong


def _first_error(wrong: ValidationError) -> str:
    first = wrong.errors(include_url=False)[0]
    where = ".".join(str(part) for part in first["loc"]) or "the page"
    others = wrong.error_count() - 1
    more = f" (and {others} more)" if others else ""
    return f"{where}: {first['msg']}; found {first['input']!r:.80}{more}"


def offer_of(item: Item) -> Offer:
    """Return the item as an offer, its name made safe to show."""
    return Offer(
        external_id=item.id,
        external_version=item.version,
        name=_clean(item.name),
        offered_at=item.submitted_at.astimezone(UTC),
        sender_unit=item.unit,
        size=item.size,
        sha256=item.sha256,
    )


def _clean(name: str) -> str:
    """Return a file name to show: without path, invisible signs and excessive length.

    A right-to-left mark can hide that a file is an .exe.
    """
    shown = "".join(sign for sign in name if _is_shown(sign))
    return shown[:_MAX_NAME_CHARACTERS].strip()


def _is_shown(sign: str) -> bool:
    return sign not in "/\\" and unicodedata.category(sign) not in _INVISIBLE
