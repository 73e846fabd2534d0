"""What the page puts in order: lines are units, not codes; an old district's land goes on."""

from program.calendar.stage import Stage
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow, ReportingRow, StageRow, TerritorySumRow
from program.submission import Verdict
from publish.site.tables.grids import PageColumn, indicator_tables, reporting_tables


def figure(unit: str, period: str, actual: float) -> ProgressRow:
    return ProgressRow(
        "TRN-PARTICIPANTS",
        unit,
        period,
        Stage.FINAL,
        actual,
        None,
        None,
        None,
        "no_target",
        False,
        False,
    )


def test_a_code_that_two_units_bore_gives_two_lines(pack: Pack) -> None:
    rows = [figure("31528", "2023", 1.0), figure("31528", "2025-Q3", 2.0)]
    table = next(
        t for t in indicator_tables(rows, [], [], pack) if t.indicator.code == "TRN-PARTICIPANTS"
    )
    (grid,) = table.grids
    assert [column.period for column in grid.columns] == ["2023", "2025-Q3"]
    lines = {
        unit.name: [cell.actual if cell else None for cell in cells] for unit, cells in grid.lines
    }
    assert lines == {"Thị trấn Kế Sách": [1.0, None], "Xã Kế Sách": [None, 2.0]}


def test_levels_of_units_have_tables_of_their_own(pack: Pack) -> None:
    rows = [
        figure("942", "2024-Q4", 1.0),
        figure("94", "2024", 2.0),
        figure("31528", "2025-Q3", 3.0),
    ]
    table = next(
        t for t in indicator_tables(rows, [], [], pack) if t.indicator.code == "TRN-PARTICIPANTS"
    )
    assert [(grid.level, len(grid.lines), len(grid.columns)) for grid in table.grids] == [
        ("cấp tỉnh", 1, 1),
        ("cấp huyện", 1, 1),
        ("cấp xã", 1, 1),
    ]


def test_indicators_without_a_figure_come_last(pack: Pack) -> None:
    tables = indicator_tables([figure("942", "2024-Q4", 1.0)], [], [], pack)
    assert tables[0].indicator.code == "TRN-PARTICIPANTS"
    assert len(tables) == len(pack.indicators)
    assert not any(table.grids for table in tables[1:])


def test_an_old_district_s_land_stands_beside_the_districts(pack: Pack) -> None:
    row = TerritorySumRow("TRN-PARTICIPANTS", "948", "2025-Q3", Stage.FINAL, 200.0, 2, 3, 1, False)
    table = next(
        t
        for t in indicator_tables([figure("948", "2025-Q2", 5.0)], [row], [], pack)
        if t.territories
    )
    ((unit, cells),) = table.territories[0].lines
    assert (unit.name, cells) == ("Thị xã Ngã Năm", (row,))


def test_only_estimates_far_from_the_final_figure_are_shown(pack: Pack) -> None:
    rows = [
        StageRow("T19", unit, "2024", 90.0, final, final - 90, 100 * (final - 90) / 90, False)
        for unit, final in (("942", 91.0), ("943", 96.0))
    ]
    table = next(t for t in indicator_tables([], [], rows, pack) if t.differences)
    assert [unit.code for unit, _ in table.differences] == ["943"]


def test_an_estimate_and_a_final_report_are_two_columns(pack: Pack) -> None:
    def row(stage: Stage, verdict: Verdict | None) -> ReportingRow:
        return ReportingRow(
            "outcomes", "942", "2024", stage, None, verdict, 1, 1, False, None, None, False
        )

    (table,) = reporting_tables(
        [row(Stage.FINAL, None), row(Stage.ESTIMATE, Verdict.ACCEPTED)], pack
    )
    assert table.grid.columns == (
        PageColumn("2024", Stage.ESTIMATE),
        PageColumn("2024", Stage.FINAL),
    )
