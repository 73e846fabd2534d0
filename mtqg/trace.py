"""`mtqg trace`: from a figure back to the cell of the file that a district sent."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out, print_json, print_plain
from mtqg.templates.template import read_period
from program.calendar.period import Period
from program.calendar.stage import Stage
from program.errors import UsageError
from program.forms.form import Form
from program.pack.catalogue import Indicator, IndicatorKind
from program.pack.load import Pack, load_pack
from program.records.query_rows import TracedFact
from program.settings import load_settings
from program.vietnamese import format_date, format_instant, format_number
from warehouse.database.engine import Warehouse
from warehouse.queries.reports import trace as trace_facts


@dataclass(frozen=True, slots=True)
class _Traced:
    """An indicator's figure and the facts behind it: all versions, the current one first.

    `value` is None if no version is current, or where its denominator is missing or 0.
    """

    indicator: Indicator
    unit_code: str
    period: str
    value: float | None
    facts: Sequence[TracedFact]

    @property
    def stage(self) -> Stage:
        return self.facts[0].stage


def trace(
    unit: Annotated[str, typer.Option(help="Code of the reporting unit, for example 94.")],
    indicator: Annotated[
        str, typer.Option(help="Code of the indicator, for example TRN-PARTICIPANTS.")
    ],
    period: Annotated[str, typer.Option(help="Period: 2024, 2024-H1, 2024-Q4 or 2024-12.")],
    stage: Annotated[
        Stage | None,
        typer.Option(
            help="Of a year with two reports. Default: the final figure, else the estimate."
        ),
    ] = None,
    as_of: AsOf = None,
    *,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for another program.")
    ] = False,
) -> None:
    """Show where a figure came from: submission, file, sender, time, sheet, cell and rules.

    Earlier versions follow the current one; with --as-of, the one current at the end of that day.
    Exit code 1 if there is no such figure.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    wanted = _indicator(pack, indicator)
    period_code = read_period(period).code
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    stages = [stage] if stage else [Stage.FINAL, Stage.ESTIMATE]
    facts = _facts(warehouse, wanted, unit, period_code, stages)
    if not facts:
        raise UsageError(
            f"no figure of {indicator} for unit {unit} in {period_code}; "
            f"`mtqg status --period {period_code}` shows what came"
        )
    current = [fact for fact in facts if fact.known_to is None]
    traced = _Traced(wanted, unit, period_code, _value(wanted, current), facts)
    if as_json:
        print_json(_as_json(traced))
    else:
        form = pack.form(wanted.form or "", Period.parse(period_code))
        current_state = f"current on {format_date(as_of.date())}" if as_of else "current"
        _print(traced, form, current_state)


def _indicator(pack: Pack, code: str) -> Indicator:
    """Return an indicator that a form feeds. Raises UsageError if there is none."""
    found = next((indicator for indicator in pack.indicators if indicator.code == code), None)
    fed = [indicator.code for indicator in pack.indicators if indicator.form]
    listed = ", ".join(fed)
    if found is None:
        raise UsageError(f"no indicator {code!r}; indicators that a form feeds: {listed}")
    if found.form is None:
        raise UsageError(
            f"indicator {code} has no form that feeds it yet; those that have one: {listed}"
        )
    return found


def _facts(
    warehouse: Warehouse,
    indicator: Indicator,
    unit: str,
    period: str,
    stages: Sequence[Stage],
) -> list[TracedFact]:
    """Return the facts of the first stage that has any; an empty list where none has."""
    elements = [name for name in (indicator.numerator, indicator.denominator) if name]
    for stage in stages:
        facts = trace_facts(
            warehouse,
            form=indicator.form or "",
            unit=unit,
            period=period,
            elements=elements,
            stage=stage,
        )
        if facts:
            return facts
    return []


def _value(indicator: Indicator, current: Sequence[TracedFact]) -> float | None:
    """Return the figure in the printed unit of measure, from the current facts."""
    by_element = {fact.element: _number(fact) for fact in current}
    numerator = by_element.get(indicator.numerator or "")
    denominator = by_element.get(indicator.denominator or "")
    if numerator is None:
        return None
    if not indicator.kind.has_denominator:
        return indicator.printed(numerator)
    # Without a denominator, or with 0, there is no ratio.
    if not denominator:
        return None
    factor = 100 if indicator.kind is IndicatorKind.SHARE else 1
    return factor * numerator / denominator


def _number(fact: TracedFact) -> float | None:
    if fact.text == "yes":
        return 1.0
    if fact.text == "no":
        return 0.0
    return fact.value


def _as_json(traced: _Traced) -> dict[str, object]:
    return {
        "indicator": traced.indicator.code,
        "name": traced.indicator.name,
        "unit": traced.unit_code,
        "period": traced.period,
        "stage": traced.stage.value,
        "value": traced.value,
        "measure": traced.indicator.unit,
        "facts": [_fact_as_json(fact) for fact in traced.facts],
    }


def _fact_as_json(fact: TracedFact) -> dict[str, object]:
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


def _print(traced: _Traced, form: Form | None, current_state: str) -> None:
    stage = " (estimate)" if traced.stage is Stage.ESTIMATE else ""
    about = f"unit {traced.unit_code} · {traced.period}{stage}"
    indicator = traced.indicator
    out.print(
        f"[bold]{indicator.code}[/] {indicator.name} · {about}: [bold]{_figure(traced)}[/]",
    )
    for fact in traced.facts:
        out.print()
        _print_fact(fact, form, current_state)


def _print_fact(fact: TracedFact, form: Form | None, current_state: str) -> None:
    state = current_state
    if fact.known_to is not None:
        state = f"current until {format_instant(fact.known_to)}"
    cells = f'sheet "{fact.sheet}", cell {fact.cell}'
    synthetic = " (synthetic)" if fact.is_synthetic else ""
    sender = fact.sender_unit or "unknown"
    verdict = fact.verdict.value
    lines = {
        f"{fact.element} = {_fact_value(fact)}": state,
        "cell": f"{cells}{_lines_of_summary(fact, form)}",
        "file": f"{fact.name}{synthetic}",
        "sha256": fact.sha256,
        "sender": f'unit {sender}, by {fact.channel} "{fact.source}"',
        "received": format_instant(fact.received_at),
        "submission": f"{fact.submission_id}, version {fact.version}, {verdict}",
        "rules": fact.rule_set_version,
        "loaded": format_instant(fact.loaded_at),
    }
    for name, text in lines.items():
        # Without markup: a file's name may hold square brackets.
        print_plain(f"  {name:<12} {text}")
    for finding in fact.findings:
        severity = finding.severity.value
        out.print(f"  [yellow]{severity}[/] {finding.rule}: {finding.message}")


def _figure(traced: _Traced) -> str:
    if traced.value is None:
        return "no value now"
    if traced.indicator.kind is IndicatorKind.YES_NO:
        return "yes" if traced.value else "no"
    return f"{format_number(traced.value)} {traced.indicator.unit}"


def _fact_value(fact: TracedFact) -> str:
    """Return a fact as its sender meant it: "trên 1.200", a word of a vocabulary, a number."""
    value = fact.text if fact.value is None else format_number(fact.value)
    if fact.qualifier:
        return f"{fact.qualifier.label} {value}"
    return str(value)


def _lines_of_summary(fact: TracedFact, form: Form | None) -> str:
    """Return which lines of a list a summary is about; "" for all lines, or for no summary."""
    tables = form.tables if form else ()
    for table in tables:
        summary = table.summaries.get(fact.element)
        if summary is None:
            continue
        conditions = [f"{column} is {word}" for column, word in summary.where.items()]
        if not conditions:
            return ""
        return f", of the lines where {' and '.join(conditions)}"
    return ""
