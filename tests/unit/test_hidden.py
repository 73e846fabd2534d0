"""What an .xlsx hides, read from its XML."""

import pytest

from connectors.reader.open.hidden import NOTHING_HIDDEN, Hidden, read_hidden


@pytest.mark.parametrize(
    ("xml", "rows", "columns"),
    [
        (b'<row r="3" hidden="1"><c r="A3"/></row><row r="4"/>', {2}, set()),
        (b"<x:row r='3' ht='15' hidden='true'>", {2}, set()),
        (b'<row r="5" ht="0" customHeight="1"/>', {4}, set()),
        (b'<row><c/></row><row hidden="1"/>', {1}, set()),
        (
            b'<cols><col min="2" max="4" width="9" hidden="1"/><col min="6" max="6" width="0" customWidth="1"/></cols>',
            set(),
            {1, 2, 3, 5},
        ),
        (b'<col min="16384" max="9999999" hidden="1"/>', set(), {16383}),
    ],
)
def test_hidden_rows_and_columns_are_found(xml: bytes, rows: set[int], columns: set[int]) -> None:
    assert read_hidden(xml) == Hidden(frozenset(rows), frozenset(columns))


@pytest.mark.parametrize(
    "xml",
    [
        b'<row r="3" hidden="0"/><col min="1" max="2" hidden="false"/>',
        b'<row r="3" ht="0.75"/><col min="1" max="1" width="0.5703125"/>',
        b'<row r="3"><c t="inlineStr"><is><t>hidden="1"</t></is></c></row>',
        b'<sheetFormatPr defaultRowHeight="15"/>',
    ],
)
def test_what_can_be_seen_is_not_hidden(xml: bytes) -> None:
    assert read_hidden(xml) == NOTHING_HIDDEN


def test_what_is_hidden_is_named_as_excel_names_ranges() -> None:
    hidden = Hidden(frozenset({4, 5, 6, 9, 40}), frozenset({3, 27}))
    assert hidden.among(range(20), [2, 3, 27]) == "5:7, 10:10, D:D, AB:AB"
    assert hidden.among([0], [0]) == ""
