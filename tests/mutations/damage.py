"""Ways to damage a workbook: anywhere in its bytes, in the members of its package, in its XML, or in its records."""

import io
import re
import struct
import zipfile
from collections.abc import Callable, Sequence
from random import Random

from tests.mutations.seeds import SEEDS, members_of, packed, seed

Damage = Callable[[bytes, Random], bytes]

_ATTRIBUTE = re.compile(rb'="([^"<>]*)"')
_TAG = re.compile(rb"<[^<>]+>")
_VALUE = re.compile(rb"<v>([^<]*)</v>")
_ELEMENT = re.compile(
    rb"<(row|c|si|mergeCell|xf|table:table-row|table:table-cell|sheet)\b[^<>]*>.*?</\1>", re.DOTALL
)
_ADDRESS = re.compile(rb'\br="[A-Z]+[0-9]+"')
_STYLE = re.compile(rb'\bs="[0-9]+"')
_FIGURES = [0, 1, 0x7F, 0xFF, 0x7FFF, 0x8000, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF]
_WORDS = [
    b"",
    b"-1",
    b"0",
    b"99999999999999999999",
    b"1e308",
    b"NaN",
    b"A1:XFD1048576",
    b"XFD1048576",
    b"../../x",
    b"&#0;",
    b"%s" * 9,
]
_INSERTS = [
    b'<mergeCells count="1"><mergeCell ref="A1:XFD1048576"/></mergeCells>',
    b'<c r="D12"><v>4711</v></c>',
    b"<row><c><v>1</v></c></row>",
    b"<f>WEBSERVICE(A1)</f>",
    b'<workbookPr date1904="1"/>',
    b'<table:table-row table:number-rows-repeated="1048576"/>',
    b'<table:table-cell table:number-columns-repeated="16384" office:value="1"/>',
    b"<!-- -->",
    b"]]>",
]


def mutated(number: int, seed_of_all: int) -> tuple[str, bytes]:
    """Return what was done to which seed, and the damaged workbook: the same for the same numbers."""
    chance = Random(f"{seed_of_all}:{number}")
    name = chance.choice(list(SEEDS))
    content = seed(name)
    done = []
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        damage = chance.choice(_ways(content))
        content = damage(content, chance)
        done.append(damage.__name__)
    return f"{name}: {', '.join(done)}", content


def _ways(content: bytes) -> Sequence[Damage]:
    if zipfile.is_zipfile(io.BytesIO(content)):
        return [*ANYWHERE, *IN_PACKAGES, *IN_PACKAGES, *(IN_XML * 3)]
    if content.startswith(b"\xd0\xcf\x11\xe0"):
        return [*ANYWHERE, *(IN_RECORDS * 4)]
    return [*ANYWHERE, *IN_LINES]


# --- anywhere
# -----------------------------------------------------------------------------------------------------


def flip_bits(content: bytes, chance: Random) -> bytes:
    """Flip one to eight bits."""
    damaged = bytearray(content)
    for _ in range(chance.randint(1, 8) if damaged else 0):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def cut(content: bytes, chance: Random) -> bytes:
    """Cut the end off."""
    return content[: chance.randint(0, len(content))]


def _piece(content: bytes, chance: Random) -> tuple[int, int]:
    start = chance.randint(0, len(content))
    return start, min(len(content), start + chance.choice([1, 2, 16, 64, 512]))


def lose(content: bytes, chance: Random) -> bytes:
    """Leave a piece out."""
    start, end = _piece(content, chance)
    return content[:start] + content[end:]


def repeat(content: bytes, chance: Random) -> bytes:
    """Write a piece twice and more."""
    start, end = _piece(content, chance)
    return content[:end] + content[start:end] * chance.randint(1, 50) + content[end:]


def exchange(content: bytes, chance: Random) -> bytes:
    """Let two pieces change places."""
    (a, b), (c, d) = sorted([_piece(content, chance), _piece(content, chance)])
    return (
        content if b > c else content[:a] + content[c:d] + content[b:c] + content[a:b] + content[d:]
    )


def overwrite(content: bytes, chance: Random) -> bytes:
    """Put a number of two or four bytes somewhere that is at the end of its range."""
    width = chance.choice([2, 4])
    at = chance.randint(0, max(0, len(content) - width))
    figure = chance.choice(_FIGURES) & (1 << 8 * width) - 1
    return content[:at] + figure.to_bytes(width, "little") + content[at + width :]


ANYWHERE: list[Damage] = [flip_bits, cut, lose, repeat, exchange, overwrite]


# --- in a package
# -------------------------------------------------------------------------------------------------


def _members(content: bytes) -> list[tuple[str, bytes]]:
    try:
        return members_of(content)
    except Exception:  # damaged before
        return []


def lose_member(content: bytes, chance: Random) -> bytes:
    """Leave a member out."""
    members = _members(content)
    if members:
        members.pop(chance.randrange(len(members)))
    return packed(members) if members else content


def double_member(content: bytes, chance: Random) -> bytes:
    """Write a member twice, once damaged."""
    members = _members(content)
    if not members:
        return content
    name, body = chance.choice(members)
    members.insert(chance.randint(0, len(members)), (name, _edit(body, chance)))
    return packed(members)


def exchange_members(content: bytes, chance: Random) -> bytes:
    """Let two members change names."""
    members = _members(content)
    if len(members) > 1:
        a, b = chance.sample(range(len(members)), 2)
        members[a], members[b] = (members[a][0], members[b][1]), (members[b][0], members[a][1])
    return packed(members) if members else content


def damage_member(content: bytes, chance: Random) -> bytes:
    """Damage a member anywhere; what the checksum of the package does not find."""
    return _in_member(content, chance, lambda body: chance.choice(ANYWHERE)(body, chance))


def _in_member(content: bytes, chance: Random, damage: Callable[[bytes], bytes]) -> bytes:
    members = _members(content)
    if not members:
        return content
    # The members with the figures are what counts; the others come up often enough.
    heavy = [
        n
        for n, (name, _) in enumerate(members)
        if "sheet" in name or "haredStrings" in name or name == "content.xml"
    ]
    at = chance.choice(heavy) if heavy and chance.random() < 0.6 else chance.randrange(len(members))
    members[at] = members[at][0], damage(members[at][1])
    return packed(members)


IN_PACKAGES: list[Damage] = [lose_member, double_member, exchange_members, damage_member]


# --- in XML
# -------------------------------------------------------------------------------------------------------


def _edit(body: bytes, chance: Random) -> bytes:
    return chance.choice(
        [_other_attribute, _lose_tag, _insert, _repeat_element, _other_value, _other_address]
    )(body, chance)


def _replace(
    pattern: re.Pattern[bytes], body: bytes, chance: Random, new: Callable[[re.Match[bytes]], bytes]
) -> bytes:
    found = list(pattern.finditer(body))
    if not found:
        return body
    match = chance.choice(found)
    return body[: match.start()] + new(match) + body[match.end() :]


def _other_attribute(body: bytes, chance: Random) -> bytes:
    return _replace(_ATTRIBUTE, body, chance, lambda _: b'="' + chance.choice(_WORDS) + b'"')


def _lose_tag(body: bytes, chance: Random) -> bytes:
    return _replace(_TAG, body, chance, lambda _: b"")


def _insert(body: bytes, chance: Random) -> bytes:
    return _replace(_TAG, body, chance, lambda match: match[0] + chance.choice(_INSERTS))


def _repeat_element(body: bytes, chance: Random) -> bytes:
    return _replace(_ELEMENT, body, chance, lambda match: match[0] * chance.choice([2, 2, 3, 1000]))


def _other_value(body: bytes, chance: Random) -> bytes:
    values = [
        b"999999",
        b"-1",
        b"1e400",
        b"",
        b"1.5",
        b"7",
        b"x",
        str(chance.randint(0, 60)).encode(),
    ]
    return _replace(_VALUE, body, chance, lambda _: b"<v>" + chance.choice(values) + b"</v>")


def _other_address(body: bytes, chance: Random) -> bytes:
    address = f"{chance.choice('ABCDEFGHIJ')}{chance.randint(1, 14)}".encode()
    return _replace(
        _ADDRESS,
        body,
        chance,
        lambda _: b'r="' + chance.choice([address, address, b"XFD1048576", b"A0"]) + b'"',
    )


def _other_style(body: bytes, chance: Random) -> bytes:
    return _replace(
        _STYLE, body, chance, lambda _: b's="%d"' % chance.choice([0, 1, 2, 3, 65_535, 999_999])
    )


def edit_xml(content: bytes, chance: Random) -> bytes:
    """Change an attribute, a tag, an element or a value of a member."""
    return _in_member(content, chance, lambda body: _edit(body, chance))


def edit_cells(content: bytes, chance: Random) -> bytes:
    """Change a value, an address or a style of a sheet's cell: such a file is often well formed."""
    kinds = [_other_value, _other_address, _other_style, _repeat_element]
    return _in_member(content, chance, lambda body: chance.choice(kinds)(body, chance))


IN_XML: list[Damage] = [edit_xml, edit_cells]


# --- in records and lines
# -----------------------------------------------------------------------------------------


def _records(content: bytes) -> list[int]:
    """Return where the records of an .xls begin, from its first one on."""
    at = content.find(b"\x09\x08", 512)
    found = []
    while 0 <= at < len(content) - 4 and len(found) < 5000:
        found.append(at)
        at += 4 + struct.unpack_from("<H", content, at + 2)[0]
    return found


def other_length(content: bytes, chance: Random) -> bytes:
    """Let a record say another length, or be of another kind."""
    records = _records(content)
    at = chance.choice(records) + chance.choice([0, 2, 2, 2]) if records else 0
    return (
        content[:at]
        + struct.pack("<H", chance.choice([*_FIGURES[:7], chance.randrange(1 << 16)]))
        + content[at + 2 :]
    )


def other_body(content: bytes, chance: Random) -> bytes:
    """Overwrite two bytes of a record's body: its place, its style, its index of a text."""
    records = _records(content)
    at = chance.choice(records) + 4 + 2 * chance.randint(0, 5) if records else 0
    return (
        content[:at]
        + struct.pack("<H", chance.choice([*_FIGURES[:7], chance.randrange(40)]))
        + content[at + 2 :]
    )


def other_sector(content: bytes, chance: Random) -> bytes:
    """Overwrite a number in the header or the table of sectors."""
    at = chance.choice([44, 48, 56, 60, 64, 68, 72, 76, *range(512, 1024, 4)])
    figure = chance.choice([*_FIGURES, chance.randrange(40)])
    return content[:at] + struct.pack("<I", figure) + content[at + 4 :]


IN_RECORDS: list[Damage] = [other_length, other_body, other_body, other_sector]


def edit_lines(content: bytes, chance: Random) -> bytes:
    """Lose, repeat or exchange lines, or put a sign where it does not belong."""
    lines = content.split(b"\n")
    at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    match chance.randrange(5):
        case 0:
            del lines[at]
        case 1:
            lines[at:at] = [lines[at]] * chance.choice([1, 2, 5000])
        case 2:
            lines[at], lines[other] = lines[other], lines[at]
        case 3:
            lines[at] = lines[at].replace(
                b";", chance.choice([b",", b"\t", b'"', b";;", b""]), chance.choice([1, -1])
            )
        case _:
            sign = chance.choice(
                [
                    b'"',
                    b"\0",
                    b";",
                    b"\r",
                    b"\xff",
                    b"=1+1",
                    b"[",
                    b"{",
                    b"NaN",
                    b"9" * 400,
                    b'"a": 1,',
                ]
            )
            place = chance.randint(0, len(lines[at]))
            lines[at] = lines[at][:place] + sign + lines[at][place:]
    return b"\n".join(lines)


IN_LINES: list[Damage] = [edit_lines] * 6
