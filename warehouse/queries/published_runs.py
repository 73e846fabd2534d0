"""The runs that are published together: a nightly run, and the intakes since the one before it.

Nothing here writes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Engine, Row, func, select
from sqlalchemy.orm import Session

from program.records.query_rows import RunCount
from program.submission import Verdict
from warehouse.states import RunKind
from warehouse.tables import RunRow, SubmissionRow


def run_counts(engine: Engine, limit: int) -> list[RunCount]:
    """Return the verdicts of the last `limit` publications that have new checks, newest first.

    A publication is a nightly run that wrote the page, with the runs before it that wrote none:
    intakes, and nightly runs that died. Runs that no page has yet are one too.
    """
    query = select(RunRow.id, RunRow.as_of, RunRow.started_at, _has_page()).order_by(
        RunRow.id.desc()
    )
    with Session(engine) as session:
        verdicts = _verdicts_by_run(session)
        found: list[RunCount] = []
        for runs in _publications(session.execute(query)):
            counted = _counted(runs, verdicts)
            if any(counted.verdicts.values()):
                found.append(counted)
            if len(found) == limit:
                break
        return found


def verdicts_of_run(engine: Engine, run_id: int) -> Mapping[Verdict, int]:
    """Return how many submissions of a run have each verdict now, cross-checks included."""
    with Session(engine) as session:
        return _verdicts_by_run(session, SubmissionRow.run_id == run_id).get(run_id, {})


def unpublished_intakes(engine: Engine) -> list[dict[str, Any]]:
    """Return the summaries of the intakes that ended since the last publication, in order."""
    last_published = select(func.max(RunRow.id)).where(_has_page()).scalar_subquery()
    query = (
        select(RunRow.summary)
        .where(
            RunRow.kind == RunKind.INTAKE,
            RunRow.finished_at.is_not(None),
            RunRow.id > func.coalesce(last_published, 0),
        )
        .order_by(RunRow.id)
    )
    with Session(engine) as session:
        return list(session.scalars(query))


def _has_page() -> Any:
    """Return the expression for whether a run is nightly and wrote the page."""
    page = RunRow.summary["page"].as_string()
    return (RunRow.kind == RunKind.NIGHTLY) & (func.coalesce(page, "") != "")


def _publications(newest_first: Any) -> Iterator[list[Row[tuple[int, date, datetime, bool]]]]:
    """Yield the runs of each publication, the newest first."""
    together: list[Row[tuple[int, date, datetime, bool]]] = []
    for run in newest_first:
        _, _, _, has_page = run
        if has_page and together:
            yield together
            together = []
        together.append(run)
    if together:
        yield together


def _verdicts_by_run(
    session: Session, *conditions: ColumnElement[bool]
) -> Mapping[int, Counter[Verdict]]:
    query = select(SubmissionRow.run_id, SubmissionRow.verdict, func.count(SubmissionRow.id))
    verdicts: dict[int, Counter[Verdict]] = {}
    grouped = query.where(*conditions).group_by(SubmissionRow.run_id, SubmissionRow.verdict)
    for run_id, verdict, count in session.execute(grouped):
        verdicts.setdefault(run_id, Counter())[Verdict(verdict)] = count
    return verdicts


def _counted(
    runs: Sequence[Row[tuple[int, date, datetime, bool]]],
    verdicts: Mapping[int, Counter[Verdict]],
) -> RunCount:
    """Return a publication by its newest run, with the verdicts of all its runs."""
    number, as_of, started_at, _ = runs[0]
    total: Counter[Verdict] = Counter()
    for run in runs:
        total += verdicts.get(run[0], Counter())
    counts = {verdict: total[verdict] for verdict in Verdict}
    return RunCount(number, as_of, started_at, counts, tuple(sorted(run[0] for run in runs)))
