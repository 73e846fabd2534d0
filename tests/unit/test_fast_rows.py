"""What is passed over in a sheet's XML has nothing to tell."""

import io
import zipfile
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.reader.open.hidden import read_hidden
from connectors.reader.open.markup import Markup, read_markup

PARTS = {
    "xl/workbook.xml": b'<workbook><sheets><sheet name="A" sheetId="1" r:id="a"/></sheets>%b</workbook>',
    "xl/_rels/workbook.xml.rels": b'<Relationships><Relationship Id="a" Target="worksheets/sheet1.xml"/></Relationships>',
    "xl/styles.xml": b'<styleSheet><cellXfs><xf numFmtId="%b"/><xf numFmtId="9"/><xf numFmtId="0"/></cellXfs></styleSheet>',
}
STALE = b'<calcPr fullCalcOnLoad="1"/>'

BODIES = [
    b"<v>1</v>",
    b"<v>0</v>",
    b"<v/>",
    b"<v></v>",
    b"<is><t>a</t></is>",
    b"",
    b"<f>A1</f>",
    b"<f>A1</f><v>0</v>",
]
BODIES += [
    b"<f>A1</f><v>5</v>",
    b'<f t="shared" si="0"/><v>5</v>',
    b"<f/>",
    b'<f t="shared" si="0"/><v>0</v>',
    b"<f>A1</f><v></v>",
]
KINDS = [
    b"",
    b' t="s"',
    b' t="n"',
    b' t="str"',
    b' t="e"',
    b' t="b"',
    b' t="inlineStr"',
    b" t='e'",
    b' t="&#101;"',
]
STYLES = [b"", b' s="0"', b' s="1"', b' s="01"', b" s='1'", b' s="2"']


def cell(row: int) -> st.SearchStrategy[bytes]:
    """Return cells of a row: most as Excel writes them, so that whole rows are plain."""
    plain = st.sampled_from([b' r="A%d"' % row, b' r="XFD%d"' % row, b' r="B%d"' % row])
    styles, kinds = st.sampled_from(STYLES[:3]), st.sampled_from(KINDS[:5])
    usual = st.tuples(plain, styles, kinds, st.sampled_from(BODIES)).map(
        lambda p: b"<c%b%b%b>%b</c>" % p
    )
    empty = st.tuples(plain, styles).map(lambda p: b"<c%b%b/>" % p)
    address, name = (
        st.sampled_from([b"", b' r="C9"', b' r="AA%d"' % row]),
        st.sampled_from([b"c", b"x:c"]),
    )
    parts = st.tuples(
        name, address, st.sampled_from(STYLES), st.sampled_from(KINDS), st.sampled_from(BODIES)
    )
    return st.one_of(usual, usual, empty, parts.map(lambda p: b"<%b%b%b%b>%b</%b>" % (*p, p[0])))


@st.composite
def sheets(draw: st.DrawFn) -> bytes:
    rows = []
    for number in draw(st.lists(st.integers(1, 12), max_size=6)):
        tag = draw(
            st.sampled_from(
                [
                    b'<row r="%d">',
                    b'<row r="%d">',
                    b'<row r="%d" spans="1:3" ht="12.5">',
                    b'<row r="%d" hidden="1">',
                    b'<row r="%d" ht=\'0.0\' hidden="false">',
                    b"<row>",
                    b"<x:row r='%d'>",
                ]
            )
        )
        cells = b"".join(draw(st.lists(cell(number), max_size=3)))
        rows.append(
            (tag % number if b"%d" in tag else tag)
            + cells
            + (b"</x:row>" if b"x:" in tag else b"</row>")
        )
    return b"<worksheet><sheetData>" + b"".join(rows) + b"</sheetData></worksheet>"


def look(
    sheet: bytes, most_cells: int, *, stale: bool = False, first_style: bytes = b"0"
) -> Markup:
    """Return what is found in a sheet.

    The first style of its workbook may be one of percentages.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("xl/worksheets/sheet1.xml", sheet)
        for name, content in PARTS.items():
            package.writestr(
                name,
                content % (first_style if "styles" in name else STALE if stale else b"")
                if b"%b" in content
                else content,
            )
    with zipfile.ZipFile(buffer) as package:
        return read_markup(package, most_cells)[0]


@given(sheet=sheets(), stale=st.booleans(), first_style=st.sampled_from([b"0", b"10"]))
def test_what_is_passed_over_changes_nothing_but_how_exactly_the_reach_is_known(
    sheet: bytes, stale: bool, first_style: bytes
) -> None:
    quick, careful = (
        look(sheet, most, stale=stale, first_style=first_style) for most in (10**12, -1)
    )
    assert quick.uncomputed == careful.uncomputed
    assert sorted(quick.percentages) == sorted(careful.percentages)
    assert quick.rows >= careful.rows
    assert quick.columns >= careful.columns
    assert quick.hidden == read_hidden(sheet)


@pytest.mark.parametrize("stale", [False, True])
@pytest.mark.parametrize("first_style", [b"0", b"10"])
def test_no_kind_of_cell_is_passed_over_that_has_a_value(stale: bool, first_style: bytes) -> None:
    for number, (style, kind, body) in enumerate(product(STYLES, KINDS, BODIES), start=1):
        row = b'<row r="%d"><c r="B%d"%b%b>%b</c></row>' % (number, number, style, kind, body)
        sheet = b"<worksheet><sheetData>%b</sheetData></worksheet>" % row
        quick, careful = (
            look(sheet, most, stale=stale, first_style=first_style) for most in (10**12, -1)
        )
        assert (quick.uncomputed, quick.percentages, quick.rows) == (
            careful.uncomputed,
            careful.percentages,
            careful.rows,
        ), row


ROW = b'<row r="%d"><c r="A%d"><v>1</v></c><c r="%b%d" s="2"/></row>'


@pytest.mark.parametrize(("letters", "columns"), [(b"C", 26), (b"AB", 26), (b"XFD", 26)])
def test_formats_beyond_the_last_value_reach_nowhere(letters: bytes, columns: int) -> None:
    rows = b"".join(ROW % (row, row, letters, row) for row in range(1, 4))
    found = look(b"<worksheet><sheetData>" + rows + b"</sheetData></worksheet>", 10**6)
    assert (found.rows, found.columns) == (3, columns)


def test_the_reach_is_exact_where_it_may_be_too_far() -> None:
    sheet = b'<worksheet><sheetData><row r="9"><c r="B9"><v>1</v></c></row><row r="99" s="1"><c r="A99" s="1"/></row></sheetData></worksheet>'
    assert (look(sheet, 100).rows, look(sheet, 100).columns) == (9, 2)


def test_a_value_in_a_far_corner_is_never_passed_over() -> None:
    sheet = b'<worksheet><sheetData><row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData></worksheet>'
    assert look(sheet, 5_000_000).rows * look(sheet, 5_000_000).columns == 1_048_576 * 16_384
