"""Proposals as YAML for review: rules in the suites' own format, each with its evidence as a comment."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import yaml

from expectations.rules import FormRule
from mtqg.rules.profile import Passed, Proposal
from mtqg.rules.subjects import Subject
from program.errors import AskedError
from program.form import Form
from program.measure import to_kept, to_printed
from program.vietnamese import format_number

_NAMED = 3
_FIX = {
    "vi": "Xin kiểm tra lại số liệu và đơn vị tính; nếu số liệu đúng, xin ghi lý do khi trả lời thư này.",
    "en": "Please check the figure and its unit of measure; if it is right, please give the reason when you answer this mail.",
}


def proposals_text(
    form: Form, found: Sequence[Proposal | Passed], rules: Sequence[FormRule], taken: Sequence[str], today: date, margin: float
) -> str:
    """Return a suite of `form` that holds the proposals alone, valid as it is and to be copied from; a person decides.

    `taken` are all ids in use. Their English words stand below as comments, then what nothing is proposed for.
    """
    proposed = [entry for entry in found if isinstance(entry, Proposal)]
    passed = [entry for entry in found if isinstance(entry, Passed)]
    ids = free_ids(form.code, rules, taken, len(proposed))
    numbered = list(zip(ids, proposed, strict=True))
    lines = [
        f"# Proposed by `mtqg rules profile` on {today} from reports in the warehouse. Nothing here takes effect by itself:",
        f"# review each rule, copy what is right into the suite of {form.code} with its English words, run `mtqg rules diff`.",
        f"# Bounds: the quartiles, moved outwards by {margin:g} times their distance on a logarithmic scale, rounded outwards.",
        f"form: {form.code}",
        "rules:" if proposed else "rules: []",
    ]
    for number, proposal in numbered:
        lines += [*(f"  # {line}" for line in _evidence(proposal)), *_yaml(_rule(number, proposal, today), "  "), ""]
    if proposed:
        lines += [f"# English words, for en/{form.code}.yaml:", "# rules:"]
        for number, proposal in numbered:
            lines += _yaml({"id": number, **_words(proposal, "en")}, "#   ")
    return "\n".join([*lines, *_reasons(passed)]) + "\n"


def _reasons(passed: Sequence[Passed]) -> Iterator[str]:
    """Yield why nothing is proposed for what, alike reasons gathered."""
    alike: dict[str, list[str]] = defaultdict(list)
    for entry in passed:
        alike[entry.reason].append(_name(entry.about))
    for reason, names in alike.items():
        yield f"# Not proposed ({len(names)}), {reason}:"
        yield f"#   {', '.join(names)}"


def free_ids(code: str, rules: Sequence[FormRule], taken: Sequence[str], count: int) -> list[str]:
    """Return the next `count` ids of a form's prefix, above all that are in use: an id is never used again."""
    prefixes = Counter(rule.id.split("-")[0] for rule in rules)
    prefix = prefixes.most_common(1)[0][0] if prefixes else "".join(c for c in code.upper() if c.isalpha())[:3]
    last = max((int(name.split("-")[1]) for name in taken if name.split("-")[0] == prefix), default=0)
    if last + count > 999:
        raise AskedError(
            f"{count} rules for {code} are more than {prefix}- has ids for; ask for one form or unit, or fewer points"
        )
    return [f"{prefix}-{number:02}" for number in range(last + 1, last + 1 + count)]


def _rule(number: str, proposal: Proposal, today: date) -> dict[str, Any]:
    about, spread = proposal.about, proposal.spread
    columns = {"column_A": about.at, "column_B": about.per} if about.per else {"column": about.at}
    bounds = {"min_value": proposal.minimum, "max_value": proposal.maximum}
    kept = {name: to_kept(value, about.measure) for name, value in bounds.items() if value is not None}
    synthetic = f", {spread.synthetic} of them synthetic" if spread.synthetic else ""
    return {
        "id": number,
        "table": about.frame,
        "expect": "expect_column_ratio_to_be_between" if about.per else "expect_column_values_to_be_between",
        "kwargs": {**columns, **kept},
        "severity": "warning",
        "at": about.at,
        **_words(proposal, "vi"),
        "source": f"mtqg rules profile, {today}: {spread.points} points of {len(spread.units)} units{synthetic}",
    }


def _words(proposal: Proposal, lang: str) -> dict[str, str]:
    about = proposal.about
    measure = f"{about.measure}/{about.per_measure}" if about.per else about.measure
    low, high = (
        None if bound is None else f"{format_number(bound)} {measure}".strip() for bound in (proposal.minimum, proposal.maximum)
    )
    if lang == "en":
        expected = f"From {low} to {high}" if low and high else f"At least {low}" if low else f"At most {high}"
        return {
            "message": f"{_shown(about, ' for ')}: outside of what earlier reports usually say.",
            "expected": expected,
            "fix": _FIX["en"],
        }
    expected = f"Từ {low} đến {high}" if low and high else f"Từ {low} trở lên" if low else f"Không quá {high}"
    return {
        "message": f"{_shown(about, ' cho ')}: nằm ngoài khoảng thường thấy trong các báo cáo trước.",
        "expected": expected,
        "fix": _FIX["vi"],
    }


def _shown(about: Subject, between: str) -> str:
    """Return a figure with its value filled in by the rule, and what it was for."""
    first = f"{_plain(about.label)} ({{{about.at}}} {about.measure})".replace(" )", ")")
    return f"{first}{between}{{{about.per}}} {about.per_measure} ({_plain(about.per_label)})" if about.per else first


def _plain(label: str) -> str:
    """Keep a brace in a label from being taken for a placeholder."""
    return label.replace("{", "{{").replace("}", "}}")


def _evidence(proposal: Proposal) -> Iterator[str]:
    spread, about = proposal.spread, proposal.about
    synthetic = f"; {spread.synthetic} of them SYNTHETIC" if spread.synthetic else ""
    yield f"{_name(about)} ({about.label}{' / ' + about.per_label if about.per else ''}): {spread.points} points{synthetic}"
    yield f"periods {spread.periods[0]} to {spread.periods[-1]} ({len(spread.periods)}); units {_listed(spread.units)}"
    seen = (("min", spread.low), ("5 %", spread.q05), ("median", spread.median), ("95 %", spread.q95), ("max", spread.high))
    yield f"seen in {about.measure or 'its own unit'}: " + ", ".join(f"{name} {_printed(value, about)}" for name, value in seen)
    if proposal.outside:
        named = [f"{unit} {period}: {value:g}" for unit, period, value in proposal.outside[:_NAMED]]
        more = ["…"] if len(proposal.outside) > _NAMED else []
        yield f"beyond the proposed bounds today: {len(proposal.outside)} ({'; '.join([*named, *more])})"


def _printed(kept: float, about: Subject) -> str:
    return f"{to_printed(kept, about.measure):.6g}"


def _name(about: Subject) -> str:
    return f"{about.at} ÷ {about.per}" if about.per else about.at


def _listed(units: Sequence[str]) -> str:
    more = f" and {len(units) - _NAMED} more" if len(units) > _NAMED else ""
    return f"{', '.join(units[:_NAMED])}{more} ({len(units)})"


def _yaml(entry: dict[str, Any], indent: str) -> list[str]:
    text = yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=120)
    return [f"{indent}{line}".rstrip() for line in text.splitlines()]
