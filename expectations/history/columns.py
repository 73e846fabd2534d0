"""What the frames of history are called, and the columns that a rule may name in them. No pandas here: a rule file needs none.

What each column means stands in `docs/rules.md`, heading History.
"""

from program.form import Form

FIGURES, REPORTS, INDICATORS = "figures", "reports", "indicators"
BEFORE, LOST = "__before", "__lost"
"""What follows a list's name: its lines beside those of the last report, and those that are missing now."""

AMOUNT_COLUMNS = (
    *("value", "before", "cumulative_before", "cumulative_after", "closing", "replaced"),
    *(
        "own_median",
        "own_mad",
        "own_low",
        "own_high",
        "own_ceiling",
        "shifted_median",
        "expected_share",
        "peer_median",
        "peer_mad",
        "peer_low",
        "peer_high",
    ),
    *("rate", "rate_median", "rate_low", "rate_high"),
)
"""Columns of `figures` in the figure's own kept unit; what they are printed in is the row's `measure`."""
FIGURE_COLUMNS = (
    *(
        "submission_id",
        "row",
        "sheet_row",
        "figure",
        "key",
        "label",
        "measure",
        "before_period",
        "after_period",
    ),
    *("own_points", "own_kept", "peer_points", "rate_points", "shift"),
    *AMOUNT_COLUMNS,
)
REPORT_COLUMNS = (
    *("submission_id", "row", "own_copied", "own_copied_period", "own_copied_date"),
    *("peer_copied", "peer_copied_unit", "peer_copied_date"),
)
INDICATOR_COLUMNS = (
    *(
        "submission_id",
        "row",
        "figure",
        "indicator",
        "unit",
        "target",
        "value",
        "before",
        "before_period",
        "is_reached",
    ),
)

_ALWAYS = {
    FIGURES: frozenset(FIGURE_COLUMNS),
    REPORTS: frozenset(REPORT_COLUMNS),
    INDICATORS: frozenset(INDICATOR_COLUMNS),
}


def history_columns(form: Form) -> dict[str, frozenset[str]]:
    """Return the frames of history that `form` is checked in, each with its columns."""
    index = {"submission_id", "row", "before_period"}
    of_lists: dict[str, frozenset[str]] = {}
    for table in form.tables:
        if table.key:
            columns = {column.name for column in table.columns}
            of_lists[table.name + LOST] = frozenset(columns | index)
            of_lists[table.name + BEFORE] = frozenset(
                columns | index | {name + BEFORE for name in columns}
            )
    return _ALWAYS | of_lists


def listed_table(frame: str) -> str | None:
    """Return the list that a frame of lines is of; None where it is another frame."""
    return next((frame.removesuffix(end) for end in (BEFORE, LOST) if frame.endswith(end)), None)
