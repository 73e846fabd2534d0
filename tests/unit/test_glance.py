"""The province at a glance: which figure stands against a target."""

from program.calendar.stage import Stage
from program.pack.load import Pack
from program.records.query_rows import ProgressRow
from publish.site.target_summary import status_counts, target_summary


def figure(
    period: str, actual: float, basis: str = "reported", status: str = "behind"
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
        status,
        False,
        False,
        basis=basis,
    )


def test_every_indicator_with_a_target_has_a_line_with_a_figure_or_without(pack: Pack) -> None:
    lines = target_summary([figure("2024", 60.0)], pack)
    assert [line.indicator.code for line in lines] == [i.code for i in pack.indicators if i.targets]
    assert status_counts(lines) == {"behind": 1, "no_data": len(lines) - 1}


def test_the_latest_figure_stands_and_of_one_period_the_unit_s_own(pack: Pack) -> None:
    rows = [figure("2024", 2.0), figure("2024", 3.0, "sum_of_districts"), figure("2023", 1.0)]
    for order in (rows, rows[::-1]):
        (line,) = [line for line in target_summary(order, pack) if line.row]
        assert line.row is not None
        assert (line.row.period, line.row.actual) == ("2024", 2.0)


def test_a_later_sum_stands_before_an_earlier_report(pack: Pack) -> None:
    (line,) = [
        x
        for x in target_summary([figure("2025", 5.0, "sum_of_communes"), figure("2024", 2.0)], pack)
        if x.row
    ]
    assert line.row is not None
    assert line.row.basis == "sum_of_communes"
