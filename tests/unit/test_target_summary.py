"""The province at a glance: which figure stands against a target."""

from dataclasses import replace

from program.calendar.stage import Stage
from program.pack.catalogue import Tag
from program.pack.pack import Pack
from program.records.query_rows import ProgressRow
from program.records.target_status import TargetStatus
from publish.site.tables.target_summary import status_counts, target_summary


def figure(
    period: str,
    actual: float,
    basis: str = "reported",
    status: str = "behind",
    *,
    is_headline: bool = True,
) -> ProgressRow:
    return ProgressRow(
        "T06",
        "94",
        period,
        Stage.FINAL,
        actual,
        None,
        70.0,
        None,
        TargetStatus(status),
        False,
        False,
        basis=basis,
        is_headline=is_headline,
    )


def test_every_indicator_with_a_target_has_a_line_with_a_figure_or_without(pack: Pack) -> None:
    lines = target_summary([figure("2024", 60.0)], pack)
    assert [line.indicator.code for line in lines] == [i.code for i in pack.indicators if i.targets]
    assert status_counts(lines) == {"behind": 1, "no_data": len(lines) - 1}


def test_the_headline_stands_and_the_latest_newer_figure_stands_beside_it(pack: Pack) -> None:
    rows = [
        figure("2023", 1.0, is_headline=False),
        figure("2024", 2.0),
        figure("2024", 3.0, "sum_of_districts", is_headline=False),
        figure("2025", 5.0, "sum_of_communes", "partial", is_headline=False),
    ]
    for order in (rows, rows[::-1]):
        (line,) = [line for line in target_summary(order, pack) if line.row]
        assert line.row is not None
        assert line.newer is not None
        assert (line.row.period, line.row.actual, line.status) == ("2024", 2.0, "behind")
        assert (line.newer.period, line.newer.actual) == ("2025", 5.0)


def test_a_sum_of_the_headline_s_own_period_is_not_newer(pack: Pack) -> None:
    rows = [figure("2024", 2.0), figure("2024", 3.0, "sum_of_districts", is_headline=False)]
    (line,) = [line for line in target_summary(rows, pack) if line.row]
    assert line.newer is None


def test_a_target_with_thin_figures_only_is_neither_achieved_nor_behind(pack: Pack) -> None:
    thin = figure("2025", 5.0, "sum_of_communes", "partial", is_headline=False)
    (line,) = [line for line in target_summary([thin], pack) if line.newer]
    assert (line.row, line.status) == (None, "partial")


def test_a_target_says_whether_a_source_confirms_it(pack: Pack) -> None:
    of_source = replace(figure("2024", 2.0), target_tag=Tag.CONFIRMED)
    for tag, is_verified in ((Tag.BACKGROUND, False), (Tag.PARTLY, False), (Tag.CONFIRMED, True)):
        row = replace(of_source, target_tag=tag)
        (line,) = [line for line in target_summary([row], pack) if line.row]
        assert line.is_verified is is_verified
