"""Proposals as YAML for review: rules in the suites' format, each with its evidence above it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import yaml

from expectations.rules.rule_models import FormRule
from mtqg.rules.bounds.form_profile import Passed, Proposal
from mtqg.rules.bounds.spread import QuantileSpread
from mtqg.rules.bounds.subjects import Subject
from program.errors import UsageError
from program.forms.form import Form
from program.forms.measure import to_kept, to_printed
from program.vietnamese import format_number

_NAMED = 3
"""How many units or points a comment names."""

_HIGHEST_NUMBER = 999
"""The highest number of a rule id."""

_FIX_VI = (
    "Xin kiểm tra lại số liệu và đơn vị tính; nếu số liệu đúng, xin ghi lý do khi trả lời thư này."
)


def proposals_text(
    form: Form,
    found: Sequence[Proposal | Passed],
    rules: Sequence[FormRule],
    taken: Sequence[str],
    today: date,
    margin: float,
) -> str:
    """Return a valid suite of `form` with the proposed rules alone, to copy from.

    Comments below name the figures without a proposal. `taken` are all rule ids in use.
    """
    proposed = [entry for entry in found if isinstance(entry, Proposal)]
    passed = [entry for entry in found if isinstance(entry, Passed)]
    ids = free_ids(form.code, rules, taken, len(proposed))
    lines = _heading(form, today, margin)
    lines.append("rules:" if proposed else "rules: []")
    for rule_id, proposal in zip(ids, proposed, strict=True):
        lines += [f"  # {line}" for line in _evidence(proposal)]
        lines += _yaml(_rule(rule_id, proposal, today))
        lines.append("")
    lines += _reasons(passed)
    return "\n".join(lines) + "\n"


def _heading(form: Form, today: date, margin: float) -> list[str]:
    return [
        f"# Proposed by `mtqg rules profile` on {today} from reports in the warehouse.",
        "# Nothing here takes effect by itself. Review each rule, copy the right ones into the",
        f"# suite of {form.code}, then run `mtqg rules diff`.",
        f"# Bounds: the quartiles, moved outwards by {margin:g} times their distance on a",
        "# logarithmic scale, rounded outwards.",
        f"form: {form.code}",
    ]


def _reasons(passed: Sequence[Passed]) -> Iterator[str]:
    """Yield the figures without a proposal, grouped by reason."""
    by_reason: dict[str, list[str]] = defaultdict(list)
    for entry in passed:
        by_reason[entry.reason].append(_name(entry.about))
    for reason, names in by_reason.items():
        yield f"# Not proposed ({len(names)}), {reason}:"
        yield f"#   {', '.join(names)}"


def free_ids(
    code: str,
    rules: Sequence[FormRule],
    taken: Sequence[str],
    count: int,
) -> list[str]:
    """Return the next `count` rule ids of a form, above all ids in use: no id is used twice.

    Raises UsageError if the form has too few ids left.
    """
    prefix = _prefix_of(code, rules)
    last = 0
    for rule_id in taken:
        its_prefix, _, number = rule_id.partition("-")
        if its_prefix == prefix:
            last = max(last, int(number))
    first = last + 1
    if last + count > _HIGHEST_NUMBER:
        raise UsageError(
            f"{count} rules for {code} are more than {prefix}- has ids for; "
            "ask for one form or unit, or fewer points"
        )
    return [f"{prefix}-{number:02}" for number in range(first, first + count)]


def _prefix_of(code: str, rules: Sequence[FormRule]) -> str:
    """Return the prefix that most rules of a form have, or one for a form without rules."""
    prefixes = Counter(rule.id.partition("-")[0] for rule in rules)
    if prefixes:
        [(prefix, _)] = prefixes.most_common(1)
        return prefix
    letters = [character for character in code.upper() if character.isalpha()]
    return "".join(letters[:3])


def _rule(rule_id: str, proposal: Proposal, today: date) -> dict[str, Any]:
    about = proposal.about
    if about.per:
        expectation = "expect_column_ratio_to_be_between"
        kwargs: dict[str, Any] = {"column_A": about.at, "column_B": about.per}
    else:
        expectation = "expect_column_values_to_be_between"
        kwargs = {"column": about.at}
    # Rules compare with the kept unit of measure; a proposal has the printed one.
    if proposal.minimum is not None:
        kwargs["min_value"] = to_kept(proposal.minimum, about.measure)
    if proposal.maximum is not None:
        kwargs["max_value"] = to_kept(proposal.maximum, about.measure)
    return {
        "id": rule_id,
        "level": "table",
        "table": about.frame,
        "expect": expectation,
        "kwargs": kwargs,
        "severity": "warning",
        "at": about.at,
        **_vietnamese(proposal),
        "source": f"mtqg rules profile, {today}: {_points(proposal.spread)}",
    }


def _points(spread: QuantileSpread) -> str:
    points = f"{spread.points} points of {len(spread.units)} units"
    if not spread.synthetic:
        return points
    return f"{points}, {spread.synthetic} of them synthetic"


def _vietnamese(proposal: Proposal) -> dict[str, str]:
    low = _bound(proposal.minimum, proposal.about)
    high = _bound(proposal.maximum, proposal.about)
    if low and high:
        expected = f"Từ {low} đến {high}"
    elif low:
        expected = f"Từ {low} trở lên"
    else:
        expected = f"Không quá {high}"
    figure = _placeholder(proposal.about)
    return {
        "message": f"{figure}: nằm ngoài khoảng thường thấy trong các báo cáo trước.",
        "expected": expected,
        "fix": _FIX_VI,
    }


def _bound(bound: float | None, about: Subject) -> str | None:
    if bound is None:
        return None
    measure = f"{about.measure}/{about.per_measure}" if about.per else about.measure
    return f"{format_number(bound)} {measure}".strip()


def _placeholder(about: Subject) -> str:
    """Return a figure's label with a placeholder for its value, then what it is divided by."""
    placeholder = f"{{{about.at}}}"
    value = f"{placeholder} {about.measure}".rstrip()
    figure = f"{_escaped(about.label)} ({value})"
    if not about.per:
        return figure
    divisor = f"{{{about.per}}} {about.per_measure}"
    return f"{figure} cho {divisor} ({_escaped(about.per_label)})"


def _escaped(label: str) -> str:
    """Return a label whose braces are not taken for a placeholder."""
    return label.replace("{", "{{").replace("}", "}}")


def _evidence(proposal: Proposal) -> Iterator[str]:
    spread = proposal.spread
    about = proposal.about
    label = about.label
    if about.per:
        label = f"{label} / {about.per_label}"
    points = f"{spread.points} points"
    if spread.synthetic:
        points = f"{points}; {spread.synthetic} of them SYNTHETIC"
    yield f"{_name(about)} ({label}): {points}"
    first, last = spread.periods[0], spread.periods[-1]
    count = len(spread.periods)
    yield f"periods {first} to {last} ({count}); units {_listed(spread.units)}"
    quantiles = {
        "min": spread.low,
        "5 %": spread.q05,
        "median": spread.median,
        "95 %": spread.q95,
        "max": spread.high,
    }
    values = [f"{name} {_printed(value, about)}" for name, value in quantiles.items()]
    measure = about.measure or "its own unit"
    yield f"seen in {measure}: {', '.join(values)}"
    outside = proposal.outside
    if outside:
        named = [f"{unit} {period}: {value:g}" for unit, period, value in outside[:_NAMED]]
        if len(outside) > _NAMED:
            named.append("…")
        yield f"beyond the proposed bounds today: {len(outside)} ({'; '.join(named)})"


def _printed(kept: float, about: Subject) -> str:
    return f"{to_printed(kept, about.measure):.6g}"


def _name(about: Subject) -> str:
    return f"{about.at} ÷ {about.per}" if about.per else about.at


def _listed(units: Sequence[str]) -> str:
    named = ", ".join(units[:_NAMED])
    others = len(units) - _NAMED
    if others > 0:
        named = f"{named} and {others} more"
    return f"{named} ({len(units)})"


def _yaml(entry: dict[str, Any]) -> list[str]:
    """Return an entry as the lines of a one-item YAML list."""
    text = yaml.safe_dump(
        [entry],
        allow_unicode=True,
        sort_keys=False,
        width=120,
    )
    return [f"  {line}".rstrip() for line in text.splitlines()]
