"""The Jinja environment of all texts: autoescaped, strict, with Vietnamese numbers and dates."""

from datetime import timedelta
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from program.calendar.period import Period
from program.pack.catalogue import COMPARISON_WORDS
from program.records.report_state import ReportState
from program.records.target_status import TargetStatus
from program.submission import Verdict
from program.tools.field_places import is_field
from program.vietnamese import format_date, format_instant, format_number

_TEMPLATES = Path(__file__).parent / "templates"


# Cached, because it keeps the compiled templates. Not made on import, which does no work.
@cache
def _environment(*, is_html: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        # HTML prints texts from districts; plain texts need no escapes. Each has an environment of
        # its own: a template that both import is compiled with the escapes of the one it is in.
        # Called from HTML, its macros count as safe whether or not they escape.
        autoescape=is_html,  # noqa: S701
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "number": format_number,
        "date": format_date,
        "instant": format_instant,
        "lasting": _format_duration,
        "period": lambda code: Period.parse(code).label,
        "period_in_text": lambda code: Period.parse(code).label_in_text,
        "short_period": lambda code: Period.parse(code).short_label,
    }
    environment.globals["labels"] = {
        "verdict": _labels(Verdict),
        "report_state": _labels(ReportState),
        "target_status": _labels(TargetStatus),
        "comparison": COMPARISON_WORDS,
    }
    environment.tests["field"] = is_field
    return environment


def _labels(kinds: type[Verdict] | type[ReportState] | type[TargetStatus]) -> dict[str, str]:
    """Return the label of each kind by its value."""
    return {kind.value: kind.label for kind in kinds}


def _format_duration(duration: timedelta) -> str:
    """Return a duration as the operator reads it: 1 h 03 min 20 s."""
    minutes, seconds = divmod(round(duration.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02} min {seconds:02} s"
    return f"{minutes} min {seconds:02} s"


def render(template: str, **values: object) -> str:
    """Return a template of `templates/` filled with `values`.

    A placeholder without a value raises `jinja2.UndefinedError`.
    """
    environment = _environment(is_html=template.endswith(".html.j2"))
    return environment.get_template(template).render(**values)


def stylesheet() -> str:
    """Return the style sheet that all pages of the site share."""
    return (_TEMPLATES / "site" / "site.css").read_text(encoding="utf-8")
