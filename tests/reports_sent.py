"""Reports in a warehouse without workbooks: figures and findings as a check would have left them."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Engine

from program.calendar.period import Period
from program.calendar.stage import Stage
from program.finding import Finding
from program.forms.qualifier import Qualifier
from program.submission import Fact, Submission, verdict_of
from tests.arriving import arrive
from warehouse.load import load_delivery


def load_report(
    engine: Engine,
    run: int,
    number: int,
    unit: str,
    period: str,
    figures: Mapping[str, float | str],
    *findings: Finding,
    at: datetime,
    came: datetime | None = None,
    form: str = "training",
    stage: Stage = Stage.FINAL,
    qualifier: Qualifier | None = None,
    line: int = 0,
    sheet: str = "S",
    first_row: int = 12,
) -> None:
    """Have delivery `number` of a unit come and be loaded, one figure below the other in column C.

    It is loaded `at`, and came then unless `came` is given. A text is a fact of words. Critical
    findings keep the figures out.
    """
    delivery = arrive(engine, run, number, unit, came or at, at)
    facts: list[Fact] = []
    for row, (name, value) in enumerate(figures.items(), start=first_row):
        if isinstance(value, str):
            facts.append(Fact(name, line, None, value, sheet, f"C{row}"))
        else:
            facts.append(Fact(name, line, value, None, sheet, f"C{row}", qualifier))
    verdict = verdict_of(findings)
    report = Submission(
        delivery,
        verdict,
        findings,
        form,
        "v1",
        unit,
        Period.parse(period),
        stage,
        tuple(facts) if verdict.loads else (),
        values_read=len(facts),
    )
    load_delivery(engine, [(report, None)], run_id=run, rule_set_version="rules-1", now=at)
