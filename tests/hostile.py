"""Files that mean harm, or look as if: `python -m tests.hostile` reads each and prints what came of it and what it cost."""

import io
import os
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from connectors.reader.reader_pool import Outcome, Readers, Unread
from program.delivery import Delivery
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, Settings
from tests.measured import NOTES, Cost, costs, read_measured
from tests.old_workbooks import biff5
from tests.workbooks import Formula, report, summary

Members = dict[str, bytes]

_SHEET, _STRINGS, _BOOK = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/workbook.xml"
_ODS = ROOT / "tests" / "data" / "good" / "training-libreoffice.ods"


@cache
def good() -> Members:
    """The members of a good report."""
    return members_of(report())


def members_of(content: bytes) -> Members:
    """Return the members of a package by name."""
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def zipped(members: Members) -> bytes:
    """Return a package of `members`."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, content in members.items():
            package.writestr(name, content)
    return buffer.getvalue()


def changed(member: str, old: bytes, new: bytes, members: Members | None = None) -> bytes:
    """Return a good report with a piece of a member replaced, where it stands first."""
    members = members or good()
    assert old in members[member]
    return zipped(members | {member: members[member].replace(old, new, 1)})


def many_texts() -> bytes:
    """Ten million shared texts."""
    return changed(_STRINGS, b"</sst>", b"<si><t>x</t></si>" * 10_000_000 + b"</sst>")


def many_members() -> bytes:
    """A package of 60,000 members."""
    return zipped(good() | {f"xl/media/{n}.png": b"" for n in range(60_000)})


def nested() -> bytes:
    """A zip of zips of zips, each of zeros: the 42-zip."""
    content = zipped({"xl/workbook.xml": bytes(10_000_000)})
    for depth in range(3):
        content = zipped({f"xl/{depth}-{n}.zip": content for n in range(16)})
    return content


def long_text() -> bytes:
    """A cell with ten million letters."""
    return changed(
        _SHEET,
        b"<sheetData>",
        b'<sheetData><row r="1"><c r="K1" t="inlineStr"><is><t>'
        + b"x" * 10_000_000
        + b"</t></is></c></row>",
    )


def many_sheets() -> bytes:
    """A hundred thousand sheets, all of them the same part."""
    tag = good()[_BOOK].split(b"<sheets>")[1].split(b"/>")[0] + b"/>"
    sheets = b"".join(tag.replace("Tổng hợp".encode(), b"S%d" % n, 1) for n in range(100_000))
    return changed(_BOOK, b"</sheets>", sheets + b"</sheets>")


def deep() -> bytes:
    """A million tags, each inside the one before, on a sheet."""
    return changed(
        _SHEET, b"</sheetData>", b"<row>" * 1_000_000 + b"</row>" * 1_000_000 + b"</sheetData>"
    )


def long_formula() -> bytes:
    """A formula of a million letters that nothing has calculated."""
    rows = [*summary(), [Formula("=" + "+".join(["A1"] * 300_000))]]
    return report(levels=rows)


def many_names() -> bytes:
    """Names defined by names, ten of each, to a depth of nine, and a hundred thousand more."""
    bomb = b"".join(
        b'<definedName name="a%d">%s</definedName>' % (n, b"+".join([b"a%d" % (n - 1)] * 10))
        for n in range(1, 10)
    )
    more = b"".join(b'<definedName name="b%d">1</definedName>' % n for n in range(100_000))
    return changed(
        _BOOK, b"</sheets>", b"</sheets><definedNames>" + bomb + more + b"</definedNames>"
    )


def many_merges() -> bytes:
    """Two hundred thousand merged ranges, each of them the whole sheet."""
    merges = b'<mergeCell ref="A1:XFD1048576"/>' * 200_000
    return changed(_SHEET, b"</sheetData>", b"</sheetData><mergeCells>" + merges + b"</mergeCells>")


def rows_of_a_word() -> bytes:
    """Half a million rows with one word each."""
    rows = b"".join(
        b'<row r="%d"><c r="A%d" t="inlineStr"><is><t>x</t></is></c></row>' % (n, n)
        for n in range(1000, 500_000)
    )
    return changed(_SHEET, b"</sheetData>", rows + b"</sheetData>")


def different_words() -> bytes:
    """A CSV of two hundred thousand different words in ten columns."""
    return "\n".join(
        ";".join(f"chữ {row}-{at}" for at in range(10)) for row in range(20_000)
    ).encode()


def foreign_entity(members: Members, member: str, root: bytes) -> bytes:
    """A text that is said to stand in a file of the reader's machine."""
    doctype = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname"><!ENTITY % p SYSTEM "http://127.0.0.1:9/x.dtd">]>'
    xml = members[member].replace(root, doctype + root, 1)
    return zipped(members | {member: xml.replace("Huyện Châu Thành".encode(), b"&e;", 1)})


def laughing_ods() -> bytes:
    """A billion times "lol" in an .ods."""
    entities = b'<!ENTITY a0 "lol">' + b"".join(
        b'<!ENTITY a%d "%s">' % (n, b"&a%d;" % (n - 1) * 10) for n in range(1, 10)
    )
    members = members_of(_ODS.read_bytes())
    xml = members["content.xml"].replace(
        b"<office:document-content", b"<!DOCTYPE x [" + entities + b"]><office:document-content", 1
    )
    return zipped(members | {"content.xml": xml.replace("Huyện Châu Thành".encode(), b"&a9;", 1)})


def calling() -> bytes:
    """Formulas that would fetch something or start something, and their last results."""
    formulas = [
        '=WEBSERVICE("http://127.0.0.1:9/")',
        "=cmd|'/c calc'!A0",
        "='http://127.0.0.1:9/[x.xlsx]S'!A1",
        '=RTD("x","","y")',
    ]
    return report(levels=[*summary(), [], *[[Formula(text, 5)] for text in formulas]])


def double_members() -> bytes:
    """A sheet that stands in its package twice, with another figure each time."""
    other = good()[_SHEET].replace(b"<v>120</v>", b"<v>999</v>")
    assert other != good()[_SHEET]
    buffer = io.BytesIO(report())
    import warnings

    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as package:
        warnings.simplefilter("ignore")
        package.writestr(_SHEET, other)
    return buffer.getvalue()


def circle() -> bytes:
    """An .xls whose sectors follow each other in a circle."""
    content = bytearray(biff5([["a", 1]], "cp1252"))
    content[512 + 8 : 512 + 12] = (2).to_bytes(4, "little")
    return bytes(content)


def huge_stream() -> bytes:
    """An .xls whose stream says to be 4 GB long, and whose sheet has records of 65,535 bytes."""
    content = bytearray(biff5([["a", 1]], "cp1252"))
    at = content.index("Book".encode("utf-16-le"))
    content[at + 120 : at + 124] = b"\xff\xff\xff\xff"
    at = content.index(b"\x04\x02")
    content[at + 2 : at + 4] = b"\xff\xff"
    return bytes(content)


def repeated_rows() -> bytes:
    """An .ods with rows repeated to the sheet's end, each with cells repeated to its end, and a value in one of a million."""
    row = b'<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    members = members_of(_ODS.read_bytes())
    return zipped(
        members
        | {
            "content.xml": members["content.xml"].replace(
                b"</table:table>", row * 3 + b"</table:table>", 1
            )
        }
    )


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "ten million shared texts": (many_texts, "training"),
    "60,000 members": (many_members, "training"),
    "zips in zips in zips": (nested, "FILE-03"),
    "a text of 10 MB": (long_text, "training"),
    "100,000 sheets": (many_sheets, "FILE-08"),
    "a million tags in each other": (deep, "training"),
    "a formula of 900 kB": (long_formula, "training"),
    "names made of names": (many_names, "training"),
    "200,000 merged ranges": (many_merges, "training"),
    "half a million rows": (rows_of_a_word, "FILE-08"),
    "200,000 different words": (different_words, "FORM-01"),
    "a foreign entity, .xlsx": (lambda: foreign_entity(good(), _STRINGS, b"<sst"), "FILE-03"),
    "a foreign entity, .ods": (
        lambda: foreign_entity(
            members_of(_ODS.read_bytes()), "content.xml", b"<office:document-content"
        ),
        "FILE-03",
    ),
    "a billion laughs, .ods": (laughing_ods, "FILE-03"),
    "WEBSERVICE, DDE, links": (calling, "training"),
    "a member that is there twice": (double_members, "FILE-03"),
    "sectors in a circle, .xls": (circle, "FILE-03"),
    "a stream of 4 GB, .xls": (huge_stream, "FILE-03"),
    "rows repeated × cells repeated, .ods": (repeated_rows, "training"),
}
"""What each is, how it is made, and the FILE rule it ends in, or the form that is read all the same."""


def said(outcome: Outcome) -> str:
    """Return the rule about the file as a whole, or the form."""
    if isinstance(outcome, Unread):
        return f"no verdict: {outcome.error!r}"
    rules = [
        p.rule
        for p in outcome.problems
        if p.rule.startswith(("FILE", "FORM-01")) and p.rule not in ("FILE-06", "FILE-07")
    ]
    return rules[0] if rules else outcome.form.code if outcome.form else "no form"


def read_all(
    pack: Pack, settings: Settings, contents: dict[str, bytes]
) -> Iterator[tuple[str, Outcome, Cost | None]]:
    """Yield what came of each content, and what it cost its process.

    None where that did not live to tell.
    """
    with TemporaryDirectory() as folder, Readers(pack, settings, read_measured) as readers:
        os.environ[NOTES] = str(notes := Path(folder) / "notes")
        names = list(contents)
        deliveries = [
            Delivery(n, "inbox", "folder", f"{n}.xlsx", datetime.now(UTC), None)
            for n in range(len(names))
        ]
        for outcome in readers.read(deliveries, lambda delivery: contents[names[delivery.id]]):
            number = outcome.delivery.id
            yield (
                names[number],
                outcome,
                next((cost for cost in costs(notes) if cost.delivery == number), None),
            )


def main() -> None:
    """Print a row for each hostile file, as docs/reading.md keeps it."""
    settings = Settings(_env_file=None, readers=1)
    pack = load_pack(settings.pack)
    print("| file | bytes | verdict | seconds | peak MB |\n| --- | --- | --- | --- | --- |")
    for name, (build, _) in HOSTILE.items():
        content = build()
        for _, outcome, cost in read_all(pack, settings, {name: content}):
            measured = f"{cost.seconds:.1f} | {cost.peak:.0f}" if cost else "– | –"
            print(f"| {name} | {len(content):,} | {said(outcome)} | {measured} |", flush=True)


if __name__ == "__main__":
    main()
