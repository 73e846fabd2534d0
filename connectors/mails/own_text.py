"""What the sender of a mail wrote: its text without quotations and signature, and its links.

The rules are simple, and they show rather too much than too little: people read the result.
"""

import re
from collections.abc import Iterator
from email.message import Message

from lxml import html
from lxml.etree import LxmlError

from connectors.mails.headers import decoded_text

_MAX_BYTES = 200_000
"""How much of a text is read."""
_MAX_TEXT = 20_000
"""How many characters of it are kept."""
_MAX_LINKS = 20
_QUOTED_CLASSES = ("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "gmail_signature")
_QUOTED_IDS = ("divRplyFwdMsg", "appendonsend", "OLK_SRC_BODY_SECTION", "Signature")
_UNSEEN_TAGS = ("style", "script", "head", "title", "blockquote")
_LINE_TAGS = ("p", "div", "br", "tr", "li", "h1", "h2", "h3", "table")

_ATTRIBUTION = re.compile(
    r"^(On\b.{4,200}\bwrote|Vào\b.{4,200}(đã )?viết|Ngày\b.{4,200}(đã )?viết)\s*:\s*$",
    re.IGNORECASE | re.DOTALL,
)
"""The line before a quotation; mail programs wrap it, so it may be two lines."""
_SEPARATOR = re.compile(
    r"^\s*(-{2,}\s*(original message|forwarded message|thư gốc|tin nhắn gốc|thư gốc được gửi|"
    r"thư đã chuyển tiếp|thư được chuyển tiếp|tin nhắn được chuyển tiếp)\s*-{2,}|_{20,})\s*$",
    re.IGNORECASE,
)
_FROM = re.compile(r"^\s*\*?(From|Từ|Người gửi)\s*:\*?\s+\S", re.IGNORECASE)
_NEXT_HEADER = re.compile(
    r"^\s*\*?(Sent|Date|To|Cc|Subject|Đã gửi|Ngày|Gửi|Thời gian|Đến|Tới|Người nhận|Chủ đề|"
    r"Tiêu đề)\s*:",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(
    r"^(-- ?|(Sent from my|Get Outlook for|Được gửi từ|Đã gửi từ|Gửi từ)\b.*)$", re.IGNORECASE
)
_LINK = re.compile(
    r"https?://(?:"
    r"(?:drive|docs)\.google\.com|photos\.app\.goo\.gl|1drv\.ms|onedrive\.live\.com"
    r"|[\w.-]{1,80}\.sharepoint\.com|(?:www\.)?dropbox\.com|we\.tl|(?:www\.)?wetransfer\.com"
    r"|(?:www\.)?mediafire\.com|(?:www\.)?fshare\.vn|mega\.nz|(?:www\.)?icloud\.com"
    r"|disk\.yandex\.\w{2,3}|(?:app\.)?box\.com"
    r")/[^\s<>\"'\])}]{1,500}",
    re.IGNORECASE,
)


def own_text_of(bodies: list[Message]) -> str:
    """Return what the sender wrote, at most 20,000 characters, from the text parts of a mail."""
    text = _readable_text(bodies)
    kept = _without_quotations(text.splitlines())
    shortened = "\n".join(kept).strip()[:_MAX_TEXT]
    return re.sub(r"\n{3,}", "\n\n", shortened)


def links_of(bodies: list[Message]) -> tuple[str, ...]:
    """Return the links to files in clouds in the text parts of a mail, without doubles."""
    found: dict[str, None] = {}
    for body in bodies:
        # Of a page, its source: a link may stand behind other words.
        for link in _LINK.findall(_source(body).replace("&amp;", "&")):
            found[link.rstrip(".,;:!?")] = None
    return tuple(found)[:_MAX_LINKS]


def _readable_text(bodies: list[Message]) -> str:
    """Return the first plain text, or the text of the first page where there is none."""
    for body in bodies:
        if body.get_content_type() == "text/plain":
            return _source(body)
    for body in bodies:
        return _text_of_page(_source(body))
    return ""


def _source(body: Message) -> str:
    """Return a text part as it was written, without characters that no database takes."""
    content = body.get_payload(decode=True)
    if not isinstance(content, bytes):
        return ""
    if len(content) > _MAX_BYTES:
        # At the end of a line: half a letter would make another encoding of the text.
        content = content[: content.rfind(b"\n", 0, _MAX_BYTES)]
    text = decoded_text(content, body.get_content_charset())
    return "".join(sign for sign in text if sign in "\n\t" or sign.isprintable())


def _text_of_page(source: str) -> str:
    """Return the text of a web page, without what mail programs mark as quoted."""
    try:
        page = html.fromstring(source)
    except (LxmlError, ValueError, RecursionError):
        return re.sub(r"<[^>]{0,1000}>", " ", source)
    for element in list(page.iter()):
        if _is_unseen(element) and element.getparent() is not None:
            element.drop_tree()
    for element in page.iter(*_LINE_TAGS):
        element.tail = f"\n{element.tail or ''}"
    text: str = page.text_content()
    return text


def _is_unseen(element: html.HtmlElement) -> bool:
    # A comment has a function in place of a tag.
    if not isinstance(element.tag, str) or element.tag in _UNSEEN_TAGS:
        return True
    if element.get("id") in _QUOTED_IDS:
        return True
    classes = (element.get("class") or "").split()
    return any(name in _QUOTED_CLASSES for name in classes)


def _without_quotations(lines: list[str]) -> Iterator[str]:
    """Yield the lines that the sender wrote, up to a signature or a mail quoted as a whole."""
    for number, line in enumerate(lines):
        if _SIGNATURE.match(line.strip()) or _SEPARATOR.match(line):
            return
        if _begins_headers(lines[number : number + 4]):
            return
        attribution = _attribution(lines[number : number + 2])
        if attribution:
            # What stands below a quotation with > is the sender's own again.
            if _is_marked(lines[number + attribution :]):
                lines[number + attribution - 1] = ">"
                continue
            return
        if not line.lstrip().startswith(">"):
            yield line.rstrip()


def _attribution(lines: list[str]) -> int:
    """Return how many lines say whom a quotation is from, 0 where none does."""
    if lines[0].lstrip().startswith(">"):
        return 0
    if _ATTRIBUTION.match(lines[0].strip()):
        return 1
    if len(lines) > 1 and _ATTRIBUTION.match(" ".join(lines).strip()):
        return 2
    return 0


def _is_marked(lines: list[str]) -> bool:
    """Tell whether the next line with a text is quoted with >."""
    first = next((line for line in lines if line.strip()), "")
    return first.lstrip().startswith(">")


def _begins_headers(lines: list[str]) -> bool:
    """Tell whether lines begin as the headers of a mail that Outlook quotes."""
    if not _FROM.match(lines[0]):
        return False
    return any(_NEXT_HEADER.match(line) for line in lines[1:])
