"""`mtqg trace`: a figure's way back to the cell that a district sent."""

from dataclasses import asdict
from typing import Annotated

import typer

from mtqg.as_of import AsOf, warehouse_of
from mtqg.console import out, print_json
from mtqg.templates.command import read_period
from program.answers import TracedFact
from program.catalogue import Indicator, IndicatorKind
from program.errors import AskedError
from program.form import Form
from program.pack import Pack, load_pack
from program.period import Period
from program.settings import load_settings
from program.stage import Stage
from program.vietnamese import format_date, format_instant, format_number
from warehouse.queries import trace as trace_facts


def trace(
    unit: Annotated[str, typer.Option(help="Code of the reporting unit, for example 94.")],
    indicator: Annotated[str, typer.Option(help="Code of the indicator, for example TRN-PARTICIPANTS.")],
    period: Annotated[str, typer.Option(help="Period: 2024, 2024-H1, 2024-Q4 or 2024-12.")],
    stage: Annotated[
        Stage | None, typer.Option(help="Of a year that is reported twice: default the final figure, else the estimate.")
    ] = None,
    as_of: AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,  # noqa: FBT002  (a command-line flag)
) -> None:
    """Show where a figure came from: submission, file with sha256, sender and time, sheet, cell, rules, load time.

    Earlier versions follow the one believed now; with --as-of, the one believed at the end of that day. Exit code 1 where
    there is no such figure.
    """
    settings = load_settings()
    pack = load_pack(settings.pack)
    wanted, code = _indicator(pack, indicator), read_period(period).code
    elements = [name for name in (wanted.numerator, wanted.denominator) if name]
    warehouse = warehouse_of(settings.warehouse_url, as_of)
    facts: list[TracedFact] = []
    for asked in [stage] if stage else [Stage.FINAL, Stage.ESTIMATE]:
        facts = facts or trace_facts(warehouse, form=wanted.form or "", unit=unit, period=code, elements=elements, stage=asked)
    if not facts:
        raise AskedError(f"no figure of {indicator} for unit {unit} in {code}; `mtqg status --period {code}` shows what came")
    value = _value(wanted, [f for f in facts if f.known_to is None])
    if as_json:
        print_json(
            {
                "indicator": wanted.code,
                "name": wanted.name,
                "unit": unit,
                "period": code,
                "stage": facts[0].stage.value,
                "value": value,
                "measure": wanted.unit,
                "facts": [_as_json(fact) for fact in facts],
            }
        )
    else:
        now = f"believed on {format_date(as_of.date())}" if as_of else "believed now"
        _print(wanted, unit, code, value, facts, pack.form(wanted.form or "", Period.parse(code)), now=now)


def _indicator(pack: Pack, code: str) -> Indicator:
    found = next((i for i in pack.indicators if i.code == code), None)
    fed = ", ".join(i.code for i in pack.indicators if i.form)
    if found is None:
        raise AskedError(f"no indicator {code!r}; indicators that a form feeds: {fed}")
    if found.form is None:
        raise AskedError(f"indicator {code} has no form that feeds it yet; those that have one: {fed}")
    return found


def _value(indicator: Indicator, current: list[TracedFact]) -> float | None:
    """Return the figure as it is printed, from the facts believed now."""
    by_element = {fact.element: _number(fact) for fact in current}
    numerator, denominator = by_element.get(indicator.numerator or ""), by_element.get(indicator.denominator or "")
    if numerator is None or not indicator.kind.has_denominator:
        return numerator if numerator is None else indicator.printed(numerator)
    return (100 if indicator.kind is IndicatorKind.SHARE else 1) * numerator / denominator if denominator else None


def _number(fact: TracedFact) -> float | None:
    return {"yes": 1.0, "no": 0.0}.get(fact.text or "", fact.value)


def _as_json(fact: TracedFact) -> dict[str, object]:
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


def _counted(fact: TracedFact, form: Form | None) -> str:
    """Return which lines of a list a summary counted or summed, "" where that is all of them."""
    summary = next((t.summaries[fact.element] for t in form.tables if fact.element in t.summaries), None) if form else None
    where = " and ".join(f"{column} is {word}" for column, word in summary.where.items()) if summary else ""
    return f", of the lines where {where}" if where else ""


def _print(
    indicator: Indicator, unit: str, period: str, value: float | None, facts: list[TracedFact], form: Form | None, *, now: str
) -> None:
    about = " (estimate)" if facts[0].stage is Stage.ESTIMATE else ""
    shown = "no value now" if value is None else f"{format_number(value)} {indicator.unit}"
    if value is not None and indicator.kind is IndicatorKind.YES_NO:
        shown = "yes" if value else "no"
    out.print(f"[bold]{indicator.code}[/] {indicator.name} · unit {unit} · {period}{about}: [bold]{shown}[/]", highlight=False)
    for fact in facts:
        state = now if fact.known_to is None else f"believed until {format_instant(fact.known_to)}"
        lines = {
            f"{fact.element} = {_shown(fact)}": state,
            "cell": f'sheet "{fact.sheet}", cell {fact.cell}{_counted(fact, form)}',
            "file": f"{fact.name}{' (synthetic)' if fact.is_synthetic else ''}",
            "sha256": fact.sha256,
            "sender": f'unit {fact.sender_unit or "unknown"}, by {fact.channel} "{fact.source}"',
            "received": format_instant(fact.received_at),
            "submission": f"{fact.submission_id}, version {fact.version}, {fact.verdict.value}",
            "rules": fact.rule_set_version,
            "loaded": format_instant(fact.loaded_at),
        }
        out.print()
        for name, text in lines.items():
            out.print(f"  {name:<12} {text}", highlight=False, markup=False, soft_wrap=True)
        for finding in fact.findings:
            out.print(f"  [yellow]{finding.severity.value}[/] {finding.rule}: {finding.message}", highlight=False)


def _shown(fact: TracedFact) -> str:
    """Return a fact as its sender meant it: "trên 1.200", a word of a vocabulary, a number."""
    figure = fact.text if fact.value is None else format_number(fact.value)
    return f"{fact.qualifier.label} {figure}" if fact.qualifier else str(figure)
