"""The second look at a batch: each report that could be placed, beside what was reported before it came."""

from collections import defaultdict
from collections.abc import Hashable, Iterator, Mapping, Sequence

import pandas as pd

from expectations.history.columns import FIGURES, INDICATORS
from expectations.history.frames import history_frames
from expectations.history.memory import Frames, joined, remember
from expectations.places import Place, place_of
from expectations.rules import RuleSet
from expectations.suite import Expected, expectations_of
from expectations.validation import Failure, Validation
from expectations.wording import finding_of_row
from program.figures import Figure, figures_of, parts_within
from program.finding import Finding, Severity
from program.form import Form
from program.history import Past
from program.pack import Pack
from program.reading import Reading

Found = Mapping[int, Sequence[Finding]]
"""What the other rules found, by delivery."""


class Comparison:
    """Judges batches by the rules of history. `window`: how many periods back a report is compared."""

    def __init__(self, pack: Pack, rules: RuleSet, validation: Validation, window: int) -> None:
        self._pack, self._rules, self._validation, self._window = pack, rules, validation, window

    def findings(
        self,
        batches: Sequence[Frames],
        worlds: Sequence[Sequence[Reading]],
        past: Past,
        found: Found,
    ) -> Iterator[tuple[int, Finding]]:
        """Yield what the rules of history find. Never critical: whether a report loads must not hang on who sent first.

        Readings of different `worlds` know nothing of each other. A cell that another rule refuses, or whose figure it finds
        too large or too small, is left alone, and so is one that a rule of history before found, in the order of their file;
        and of a declared total, what only follows from one of its parts.
        """
        by_form: dict[str, list[Frames]] = defaultdict(list)
        for batch in batches:
            by_form[batch.form.code].append(batch)
        for code, of_form in by_form.items():
            placed = [
                [r for r in world if r.form and r.form.code == code and r.unit_code and r.period]
                for world in worlds
            ]
            memories = [
                (remember(code, of_form, world, past, self._pack), world)
                for world in placed
                if world
            ]
            by_number = {r.number: r for world in placed for r in world}
            for form in (batch.form for batch in of_form):
                apart = [
                    history_frames(
                        form,
                        memory,
                        self._window,
                        self._pack,
                        [r.number for r in world if r.form == form],
                    )
                    for memory, world in memories
                ]
                yield from self._of_form(form, _together(apart), by_number, found)

    def _of_form(
        self,
        form: Form,
        frames: Mapping[str, pd.DataFrame],
        readings: Mapping[int, Reading],
        found: Found,
    ) -> Iterator[tuple[int, Finding]]:
        sizing = self._rules.sizing
        told: set[tuple[int, str | None, str | None]] = {
            (n, f.sheet, f.cell)
            for n, fs in found.items()
            for f in fs
            if f.cell
            and (
                f.severity is Severity.CRITICAL
                or (f.rule in sizing and f.severity is Severity.WARNING)
            )
        }
        for name, frame in frames.items():
            expected = expectations_of(form, name, set(frame.columns), self._rules)
            if frame.empty or not expected:
                continue
            at = {
                (int(n), int(row)): i
                for i, (n, row) in enumerate(zip(frame["submission_id"], frame["row"], strict=True))
            }
            failures = self._validation.failures(
                f"{form.code}.{form.version}.{name}", frame, expected
            )
            records = [
                (failure, frame.iloc[at[failure[1], failure[2]]].to_dict()) for failure in failures
            ]
            for (rule, number, row), record in _without_totals(records, figures_of(form), name):
                place = _place(form, name, rule, row, record, readings[number])
                if place is not None and (number, *place) not in told:
                    if place[1] is not None:
                        told.add((number, *place))
                    yield number, finding_of_row(rule, record, form, place)


def _together(apart: Sequence[Mapping[str, pd.DataFrame]]) -> dict[str, pd.DataFrame]:
    """Return frames of one name as one, those of all worlds in a row; an empty one where no world has a line in it."""
    if len(apart) == 1:
        return dict(apart[0])
    names = dict.fromkeys(name for frames in apart for name in frames)
    return {name: joined([frames[name] for frames in apart if name in frames]) for name in names}


Record = Mapping[Hashable, object]


def _place(
    form: Form, frame: str, rule: Expected, row: int, record: Record, reading: Reading
) -> Place | None:
    if frame in (FIGURES, INDICATORS):
        return place_of(
            form, frame, str(record["figure"]), int(str(record.get("sheet_row", 0))), reading
        )
    return place_of(form, frame, rule.at, row, reading)


def _without_totals(
    records: Sequence[tuple[Failure, Record]], figures: Mapping[str, Figure], frame: str
) -> list[tuple[Failure, Record]]:
    """Return `records` without those at a total of which a part, or a part's part, is told of too."""
    if frame != FIGURES:
        return list(records)
    told = {(failure[1], str(record["figure"])) for failure, record in records}

    def follows(number: int, name: str) -> bool:
        return any((number, part) in told for part in parts_within(figures, name))

    return [
        (failure, record)
        for failure, record in records
        if not follows(failure[1], str(record["figure"]))
    ]
