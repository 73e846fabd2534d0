"""The frames that the rules of history check, for one form version of a batch."""

from collections.abc import Sequence

import pandas as pd

from expectations.history.columns import FIGURES, INDICATORS, REPORTS
from expectations.history.comparable import ComparableIndex
from expectations.history.copies import reports_frame
from expectations.history.figure_frame import figures_frame
from expectations.history.indicators import indicators_frame
from expectations.history.lines import lines_frames
from expectations.history.reports import ReportHistory
from program.forms.elements import form_elements
from program.forms.form import Form
from program.pack.load import Pack


def history_frames(
    form: Form, memory: ReportHistory, window: int, pack: Pack, numbers: Sequence[int]
) -> dict[str, pd.DataFrame]:
    """Return the frames of the submissions `numbers`, by name.

    A frame has no rows where there is nothing to compare.

    Args:
        form: The form version of all these submissions.
        memory: The history of the form.
        window: The number of periods, back and ahead, that a report is compared with.
        pack: Has the indicators and the names of the units.
        numbers: The submissions that get rows.
    """
    sight = ComparableIndex(memory, window)
    figures = form_elements(form)
    frames = {
        FIGURES: figures_frame(figures, memory, sight, numbers),
        REPORTS: reports_frame(figures, memory, sight, pack, numbers),
        INDICATORS: indicators_frame(form.code, memory, sight, pack, numbers),
    }
    for table in form.tables:
        if table.key and table.name in memory.lines:
            frames |= lines_frames(table.name, memory, sight, numbers)
    return frames
