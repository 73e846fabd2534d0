"""What a template says of itself, and what is current of it."""

from dataclasses import replace

import pytest

from program.forms.template_marker import MARKER_SHEET, TemplateMarker, read_marker, rows_of

MARKER = TemplateMarker("outcomes", "v1", "942", "2024", "estimate")
ROWS = rows_of(MARKER)


def test_what_was_written_is_read() -> None:
    assert read_marker(ROWS) == MARKER
    assert read_marker([list(row) for row in ROWS]) == MARKER


def test_the_rows_are_names_and_codes_with_the_checksum_last() -> None:
    assert MARKER_SHEET == "_mtqg"
    assert ROWS[:-1] == [
        ("form", "outcomes"),
        ("version", "v1"),
        ("unit", "942"),
        ("period", "2024"),
        ("stage", "estimate"),
    ]
    assert ROWS[-1][0] == "checksum"
    assert len(ROWS[-1][1]) == 16


def test_blank_rows_further_columns_and_later_names_are_passed_over() -> None:
    assert (
        read_marker(
            [[""], [], *[[*row, "", None] for row in ROWS], ["made_by", "somebody"], [3.0, "x"]]
        )
        == MARKER
    )


def test_the_rows_may_come_in_any_order() -> None:
    assert read_marker(list(reversed(ROWS))) == MARKER


@pytest.mark.parametrize("gone", range(len(ROWS)))
def test_a_marker_that_lacks_a_row_is_none(gone: int) -> None:
    assert read_marker(ROWS[:gone] + ROWS[gone + 1 :]) is None


@pytest.mark.parametrize("at", range(len(ROWS)))
def test_a_marker_with_another_code_than_its_checksum_says_is_none(at: int) -> None:
    assert (
        read_marker([(name, "9" if n == at else text) for n, (name, text) in enumerate(ROWS)])
        is None
    )


def test_two_markers_of_one_kind_share_no_checksum() -> None:
    other = replace(MARKER, unit="943")
    assert read_marker([*rows_of(other)[:-1], ROWS[-1]]) is None
    assert (
        rows_of(TemplateMarker("a", "b", "c", "2024", "final"))[-1]
        != rows_of(TemplateMarker("a", "b", "c2024", "", "final"))[-1]
    )


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [[]],
        [["form"]],
        [*ROWS, ROWS[0]],
        [("form", 3.0), *ROWS[1:]],
        [("form", None), *ROWS[1:]],
        [("form", "\ud800"), *ROWS[1:]],
        rows_of(replace(MARKER, form="\ud800"))[:-1],
        rows_of(replace(MARKER, period="2024-Q9")),
        rows_of(replace(MARKER, stage="draft")),
    ],
    ids=[
        "nothing",
        "a blank row",
        "no code",
        "said twice",
        "a number",
        "no text",
        "half a letter",
        "no checksum",
        "no period",
        "no stage",
    ],
)
def test_what_is_no_marker_is_none_and_never_an_error(rows: list) -> None:
    assert read_marker(rows) is None
