"""Reports as the portal sends them: the same rules as for a workbook, every cell with an address, and strict JSON."""

import json

import pytest

from connectors.reader.reader import read_parts
from program.limits import Limits
from program.pack.pack import Pack
from tests.conftest import delivery
from tests.portal_reports import LEVELS, REPORT
from tests.workbooks import class_list, facts, figures, met, read, read_all, summary, workbook


def sent(**changes: object) -> bytes:
    return json.dumps({**REPORT, **changes}, ensure_ascii=False).encode()


def levels(*lines: dict[str, object]) -> bytes:
    return sent(tables={**REPORT["tables"], "levels": list(lines)})


def without_places(found: set) -> set:
    """Return facts without the cell that each came from, and lists' lines in their order."""
    rows = sorted({line for _, line, *_ in found})
    return {(element, rows.index(line), value, text) for element, line, _, value, text in found}


def test_the_same_figures_give_the_same_facts_as_a_workbook(pack: Pack) -> None:
    as_workbook = read(
        workbook(("Tổng hợp", summary()), ("Danh sách lớp", class_list())), pack, sender="942"
    )
    as_json = read(sent(), pack, sender="942")
    assert met(as_json) == []
    assert len(facts(as_json)) == len(facts(as_workbook)) > 40
    assert without_places(facts(as_json)) == without_places(facts(as_workbook))
    assert (as_json.unit_code, as_json.period, as_json.stage) == (
        as_workbook.unit_code,
        as_workbook.period,
        as_workbook.stage,
    )


def test_every_cell_has_its_address(pack: Pack) -> None:
    assert ("participants_total", 0, "C4", 150.0, None) in facts(read(sent(), pack))


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + sent(),
        b"  \n" + sent(),
        sent(unit="Huyện Châu Thành"),
        sent(period="Quý 4 năm 2024"),
    ],
)
def test_small_differences_of_writing_change_nothing(pack: Pack, content: bytes) -> None:
    assert facts(read(content, pack, sender="942")) == facts(read(sent(), pack, sender="942"))


def test_a_text_goes_through_the_same_value_reader(pack: Pack) -> None:
    total = {**LEVELS[-1], "participants": "1.448 đại biểu", "days": "ba"}
    reading = read(levels(*LEVELS[:-1], total), pack)
    assert figures(reading)["participants_total"] == 1448
    assert ("CELL-07", "H4") in met(reading)


@pytest.mark.parametrize("value", [[1], {"a": 1}, True])
def test_what_is_no_value_is_found_in_its_cell(pack: Pack, value: object) -> None:
    assert ("CELL-07", "C4") in met(
        read(levels(*LEVELS[:-1], {**LEVELS[-1], "participants": value}), pack)
    )


def test_unknown_columns_lines_tables_and_keys_are_found_and_the_rest_is_read(pack: Pack) -> None:
    lines = [*LEVELS, {"line": "hamlet", "classes": 1}, {"classes": 2}]
    tables = {**REPORT["tables"], "levels": [{**line, "note": "x"} for line in lines], "other": []}
    reading = read(sent(tables=tables, author="A"), pack, sender="942")
    found = met(reading)
    assert ("FORM-08", "K1") in found
    assert [cell for rule, cell in found if rule == "FORM-11"] == ["A5", "A6"]
    assert [p.value for p in reading.problems if p.rule == "FORM-52"] == ["author", "tables.other"]
    assert figures(reading)["participants_total"] == 150


def test_null_and_absent_are_empty(pack: Pack) -> None:
    total = {key: value for key, value in LEVELS[-1].items() if key != "women"}
    reading = read(levels(*LEVELS[:-1], {**total, "days": None}), pack)
    assert {"women_total", "days_total"}.isdisjoint(figures(reading))


def test_a_list_is_several_reports_and_one_bad_keeps_no_good_one_out(pack: Pack) -> None:
    content = json.dumps(
        [REPORT, {"x": 1}, {**REPORT, "period": "2024-Q3"}, {**REPORT, "form": "none"}]
    ).encode()
    readings = read_all(content, pack, sender="942")
    assert [(r.report_no, str(r.period) if r.period else None) for r in readings] == [
        (1, "2024-Q4"),
        (2, None),
        (3, "2024-Q3"),
        (4, None),
    ]
    assert [[p.rule for p in r.problems if p.rule in ("FILE-02", "FORM-01")] for r in readings] == [
        [],
        ["FILE-02"],
        [],
        ["FORM-01"],
    ]


@pytest.mark.parametrize("period", ["2024-Q5", 2024.5, None, {"year": "x"}])
def test_a_period_that_is_none_is_reported_as_in_a_workbook(pack: Pack, period: object) -> None:
    reading = read(sent(period=period), pack, sender="942")
    assert ("FORM-05", "B2") in met(reading)


@pytest.mark.parametrize("unit", [None, "", "Huyện X", 5, {"code": "942"}])
def test_a_unit_that_is_none_is_reported_as_in_a_workbook(pack: Pack, unit: object) -> None:
    reading = read(sent(unit=unit), pack, sender="942")
    assert reading.unit_code is None
    assert {rule for rule, _ in met(reading)} & {"FORM-02", "FORM-03", "FORM-34"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b'{"form": "a", "form": "b"}', "FILE-03 hai lần"),
        (b'{"form": NaN}', "FILE-03 NaN"),
        (b'[{"form": -Infinity}]', "FILE-03 Infinity"),
        (b'{"form": 1e999}', "FILE-03 quá lớn"),
        (b'{"form": ' + b"9" * 400 + b"}", "FILE-03 quá lớn"),
        (b'{"form": ' + b"[" * 200_000, "FILE-03 lớp"),
        (b'{"form": "training"', "FILE-03 cụt"),
        (b'{"form": "\xff"}', "FILE-03 UTF-8"),
        (b'{"type": "FeatureCollection"}', "FILE-02 JSON"),
        (b"[]", "FILE-02 JSON"),
        (b"{}", "FILE-02 JSON"),
        (sent(tables=[]), "FILE-02 JSON"),
        (sent(tables={"levels": [1]}), "FILE-02 JSON"),
    ],
)
def test_what_is_no_report_is_called_what_it_is(pack: Pack, content: bytes, told: str) -> None:
    (problem,) = read(content, pack).problems
    assert problem.rule == told.split(maxsplit=1)[0]
    assert told.split(" ", 1)[1] in " ".join(problem.values.values())


def test_more_cells_than_a_sheet_may_have_are_refused(pack: Pack) -> None:
    many = [{"classes": 1}] * 100
    (reading,) = read_parts(levels(*many), delivery(), pack, Limits(sheet_cells=500))
    assert [p.rule for p in reading.problems] == ["FILE-05"]


def test_a_csv_that_begins_with_a_bracket_is_still_a_csv(pack: Pack) -> None:
    text = "[Biểu 1]\n" + "\n".join(
        ";".join("" if c is None else str(c) for c in row) for row in summary()
    )
    assert read(text.encode(), pack, sender="942").form is not None
