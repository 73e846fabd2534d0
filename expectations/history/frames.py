"""The frames that the rules of history judge, built for one form version's batch."""

from collections.abc import Sequence

import pandas as pd

from expectations.history.columns import FIGURES, INDICATORS, REPORTS
from expectations.history.copies import reports_frame
from expectations.history.figures import figures_frame
from expectations.history.indicators import indicators_frame
from expectations.history.lines import lines_frames
from expectations.history.memory import Memory
from expectations.history.sight import Sight
from program.figures import figures_of
from program.form import Form
from program.pack import Pack


def history_frames(
    form: Form, memory: Memory, window: int, pack: Pack, numbers: Sequence[int]
) -> dict[str, pd.DataFrame]:
    """Return the frames of the submissions `numbers`, all of one form version; empty where there is nothing to compare."""
    sight, figures = Sight(memory, window), figures_of(form)
    frames = {
        FIGURES: figures_frame(figures, memory, sight, numbers),
        REPORTS: reports_frame(figures, memory, sight, pack, numbers),
        INDICATORS: indicators_frame(form.code, memory, sight, pack, numbers),
    }
    for table in form.tables:
        if table.key and table.name in memory.lines:
            frames |= lines_frames(table.name, memory, sight, numbers)
    return frames
