"""CSV and TSV: the encoding and the separator follow from the text, and a text that is no table is not taken for one."""

import codecs
import csv
import io
import unicodedata
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.reader.open.delimited import NoRows, read_delimited
from connectors.reader.values.parse_cell import text_of_cell
from program.pack.pack import Pack
from tests.workbooks import (
    Rows,
    class_list,
    facts,
    met,
    old_tcvn3,
    old_vni,
    read,
    summary,
    workbook,
)

ROWS: Rows = [*summary(), [], *class_list(identity=[])]
SEPARATORS = pytest.mark.parametrize(
    "separator", [";", "\t", ","], ids=["semicolon", "tab", "comma"]
)


def text(separator: str = ";", rows: Rows = ROWS) -> str:
    """The rows as Excel writes them on a Vietnamese machine: 152,3 and 02/12/2024."""
    buffer = io.StringIO()
    width = max(map(len, rows))
    writer = csv.writer(buffer, delimiter=separator)
    writer.writerows(
        [
            ["" if cell is None else text_of_cell(cell) for cell in row] + [""] * (width - len(row))
            for row in rows
        ]
    )
    return buffer.getvalue()


def windows_1258(text: str) -> bytes:
    """Vowels with their hats as one letter, tones as marks after them, as Windows has it."""
    written = []
    for letter in unicodedata.normalize("NFC", text):
        base, *marks = unicodedata.normalize("NFD", letter)
        tone = "".join(m for m in marks if m in "\u0300\u0301\u0303\u0309\u0323")
        rest = unicodedata.normalize("NFC", base + "".join(m for m in marks if m not in tone))
        written.append(rest + tone)
    return "".join(written).encode("cp1258")


ENCODED = {
    "UTF-8": str.encode,
    "UTF-8 with a mark": lambda text: codecs.BOM_UTF8 + text.encode(),
    "UTF-8 decomposed": lambda text: unicodedata.normalize("NFD", text).encode(),
    "UTF-16 little": lambda text: codecs.BOM_UTF16_LE + text.encode("utf-16-le"),
    "UTF-16 big": lambda text: codecs.BOM_UTF16_BE + text.encode("utf-16-be"),
    "Windows-1258": windows_1258,
    "TCVN3": lambda text: old_tcvn3(text).encode("latin-1"),
    "VNI": lambda text: old_vni(text).encode("cp1252"),
    "VNI letters in UTF-8": lambda text: old_vni(text).encode(),
}


@SEPARATORS
@pytest.mark.parametrize("encoding", ENCODED)
def test_a_report_as_delimited_text_has_the_same_facts(
    pack: Pack, encoding: str, separator: str
) -> None:
    reading = read(ENCODED[encoding](text(separator)), pack, sender="942")
    expected = facts(read(workbook(("CSV", ROWS)), pack))
    assert len(expected) == 44
    assert facts(reading) == expected
    notes = [("FILE-07", None)] if encoding.startswith(("TCVN3", "VNI")) else []
    assert met(reading, without=["CELL-09"]) == notes


def rows_of(content: bytes | str) -> list[list[str]] | NoRows:
    return read_delimited(content.encode() if isinstance(content, str) else content, max_cells=1000)


def test_rows_have_the_numbers_that_excel_shows() -> None:
    assert rows_of('a;b\n\n"1\n2";c;d\ne;f') == [["a", "b"], [], ["1\n2", "c", "d"], ["e", "f"]]
    assert rows_of("a\rb;c\rd;e\r") == [["a"], ["b", "c"], ["d", "e"]]


def test_a_separator_that_is_announced_is_taken_and_its_line_is_no_row() -> None:
    assert rows_of("sep=,\r\na,1;2;3\r\nb,1;2;3\r\nc,d,e\r\nf,g,h") == [
        ["a", "1;2;3"],
        ["b", "1;2;3"],
        ["c", "d", "e"],
        ["f", "g", "h"],
    ]


def test_decimal_commas_are_no_separators() -> None:
    assert rows_of("Cấp;Kinh phí\nHuyện;152,3\nXã;20,5\n") == [
        ["Cấp", "Kinh phí"],
        ["Huyện", "152,3"],
        ["Xã", "20,5"],
    ]


@pytest.mark.parametrize(
    "content",
    [
        "Số lớp;12",
        "Kính gửi: Ban Dân tộc tỉnh,\n\nPhòng Dân tộc huyện, theo Công văn số 12, xin báo cáo,\nnhư sau, kèm theo, biểu số 1.\n",
        "Chào anh,\n\nGửi anh báo cáo quý 4; số liệu đã đủ.\n\nTrân trọng,\nPhòng Dân tộc\n",
        "2024-12-01 08:00:01,123 INFO start\n2024-12-01 08:00:02,456 INFO stop\n2024-12-01 08:00:03,456 INFO end, ok\n",
        "a\nb\nc\n",
        "\n\n\n",
        " ",
        "<html><body>;;;\n;;;</body></html>",
    ],
)
def test_a_text_without_a_table_is_no_workbook(pack: Pack, content: str) -> None:
    assert [p.rule for p in read(content.encode(), pack).problems] == ["FILE-02"]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a;b\n\0;c\n", NoRows.NO_TEXT),
        (b"\xff\xfea\x00b", NoRows.NO_TEXT),
        (b"\x01\x02;\x03\n;\n;", NoRows.NO_TEXT),
        (b"\xef\xbb\xbfa;\xff\nb;c\n", NoRows.NO_TEXT),
        ("ß;ÿ\nþð;Ðæ\n".encode("latin-1"), NoRows.UNKNOWN_ENCODING),
        (b'a;b\nc;d\n"c;d\ne;f\n', NoRows.OPEN_QUOTE),
        (b'a;b\n"c" d;e\ne;f\n', NoRows.OPEN_QUOTE),
        (b"a;b\n" * 501, NoRows.TOO_LARGE),
    ],
)
def test_why_there_are_no_rows_is_said(content: bytes, expected: NoRows) -> None:
    assert rows_of(content) is expected


def test_a_few_very_wide_lines_are_too_large(pack: Pack) -> None:
    content = b"a;b\n" * 3000 + b";" * 3000 + b"\n"
    assert [p.rule for p in read(content, pack).problems] == ["FILE-05"]


def test_a_class_s_name_in_quotes_keeps_them(pack: Pack) -> None:
    rows = [
        *summary(),
        [],
        *class_list(
            identity=[],
            lines=[[1, 'Lớp "A"; nâng cao', None, "Cấp xã", None, None, date(2024, 12, 4), 5]],
        ),
    ]
    found = facts(read(text(rows=rows).encode(), pack))
    assert 'Lớp "A"; nâng cao' in {f[-1] for f in found}


@settings(max_examples=150)
@given(st.binary(max_size=300) | st.text(alphabet='ab;,\t\n"\r0ểÖ', max_size=80).map(str.encode))
def test_any_bytes_end_in_rows_or_a_reason(content: bytes) -> None:
    found = rows_of(content)
    assert isinstance(found, NoRows) or all(isinstance(cell, str) for row in found for cell in row)
