"""A trace as JSON for another program."""

from collections.abc import Sequence
from dataclasses import asdict

from mtqg.tracing.figures import Trace, TracedFigure, TracedSum
from program.records.query_rows import TracedFact
from program.units.unit import Unit
from warehouse.queries.tracing import FigureDoubt


def trace_as_json(trace: Trace) -> dict[str, object]:
    """Return the answer: the unit's own figure in `value` and `facts`, its `sums` beside it.

    Where the unit has no figure of its own, `value` and `stage` are null and `facts` is empty.
    """
    own = trace.own
    return {
        "indicator": trace.indicator.code,
        "name": trace.indicator.name,
        "unit": trace.unit.code,
        "unit_name": trace.unit.name,
        "period": trace.period.code,
        "stage": own.stage.value if own else None,
        "value": own.value if own else None,
        "measure": trace.indicator.unit,
        "facts": _facts(own.facts) if own else [],
        "doubts": _doubts(own.doubts) if own else [],
        "sums": [_sum(each) for each in trace.sums],
    }


def _sum(summed: TracedSum) -> dict[str, object]:
    row = summed.row
    return {
        "basis": row.basis,
        "stage": row.stage.value,
        "value": summed.value,
        "reported": row.reported,
        "expected": row.expected,
        "units": row.units,
        "enough": row.is_enough,
        "doubtful": row.doubtful,
        "synthetic": row.is_synthetic,
        "parts": [_part(part) for part in summed.parts],
        "missing": [{**_unit(part.unit), "why": part.why.value} for part in summed.missing],
        "not_asked": [_unit(unit) for unit in summed.not_asked],
        "shared": [_unit(unit) for unit in summed.shared],
    }


def _part(part: TracedFigure) -> dict[str, object]:
    return {
        **_unit(part.unit),
        "value": part.value,
        "facts": _facts(part.facts),
        "doubts": _doubts(part.doubts),
    }


def _unit(unit: Unit) -> dict[str, object]:
    return {"unit": unit.code, "unit_name": unit.name}


def _doubts(doubts: Sequence[FigureDoubt]) -> list[dict[str, object]]:
    return [asdict(doubt) for doubt in doubts]


def _facts(facts: Sequence[TracedFact]) -> list[dict[str, object]]:
    return [_fact(fact) for fact in facts]


def _fact(fact: TracedFact) -> dict[str, object]:
    return {
        "element": fact.element,
        "value": fact.value if fact.text is None else fact.text,
        "qualifier": fact.qualifier.value if fact.qualifier else None,
        "sheet": fact.sheet,
        "cell": fact.cell,
        "current": fact.known_to is None,
        "known_from": fact.known_from.isoformat(),
        "known_to": fact.known_to.isoformat() if fact.known_to else None,
        "submission": {
            "id": fact.submission_id,
            "version": fact.version,
            "verdict": fact.verdict.value,
            "rule_set_version": fact.rule_set_version,
            "loaded_at": fact.loaded_at.isoformat(),
        },
        "delivery": {
            "id": fact.delivery_id,
            "sha256": fact.sha256,
            "name": fact.name,
            "sender": fact.sender_unit,
            "source": fact.source,
            "channel": fact.channel,
            "received_at": fact.received_at.isoformat(),
            "synthetic": fact.is_synthetic,
        },
        "findings": [asdict(finding) for finding in fact.findings],
    }
