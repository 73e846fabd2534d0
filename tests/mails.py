"""Mails as mail programs write them, and as nobody should: for tests of a mailbox."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence

UNIT = "dan-toc@chau-thanh.example"
OTHER_UNIT = "dan-toc@ke-sach.example"
OFFICE = "tong-hop@bandantoc.soctrang.example"
STRANGER = "ai-do@la.example"
SERVER = "mx.soctrang.example"
DATE = "Mon, 20 Jan 2025 09:30:00 +0700"
PASSED = (
    f"{SERVER}; spf=pass smtp.mailfrom=chau-thanh.example; dkim=pass header.d=chau-thanh.example"
)

Part = tuple[Sequence[str], bytes]
"""The headers of a part and its body."""


def mail(
    parts: Sequence[Part] = (),
    *,
    sender: str = UNIT,
    number: str | None = "1@chau-thanh.example",
    subject: str = "Báo cáo quý IV",
    more: Sequence[str] = (),
    kind: str = "mixed",
) -> bytes:
    """Return a multipart mail of some parts."""
    lines = [f"From: {sender}", f"To: {OFFICE}", f"Date: {DATE}", f"Subject: {subject}"]
    lines += [f"Message-ID: <{number}>"] if number else []
    inside = b"".join(joined(part) for part in parts)
    boundary = hashlib.sha256(inside).hexdigest()[:12]
    lines += [*more, "MIME-Version: 1.0", f"Content-Type: multipart/{kind}; boundary={boundary}"]
    line = f"--{boundary}".encode()
    body = b"".join(line + b"\r\n" + joined(part) + b"\r\n" for part in parts)
    return "\r\n".join([*lines, "", ""]).encode() + body + line + b"--\r\n"


def joined(part: Part) -> bytes:
    headers, body = part
    return "\r\n".join([*headers, "", ""]).encode() + body


def plain(text: str, charset: str = "utf-8") -> Part:
    headers = [f"Content-Type: text/plain; charset={charset}", "Content-Transfer-Encoding: 8bit"]
    return headers, text.encode(charset)


def page(source: str) -> Part:
    return ["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: 8bit"], (
        source.encode()
    )


def attached(
    name: str | None,
    content: bytes,
    *,
    media_type: str = "application/octet-stream",
    more: Sequence[str] = (),
    disposition: str = "attachment",
    encoding: str = "base64",
) -> Part:
    """Return an attachment. `name` stands in the header as it is given."""
    named = f"; filename={name}" if name else ""
    headers = [
        f"Content-Type: {media_type}",
        f"Content-Disposition: {disposition}{named}",
        f"Content-Transfer-Encoding: {encoding}",
        *more,
    ]
    body = base64.encodebytes(content) if encoding == "base64" else content
    return headers, body


def forwarded(inner: bytes) -> Part:
    return ["Content-Type: message/rfc822", "Content-Disposition: attachment"], inner


def packed(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for name, content in files.items():
            package.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()
