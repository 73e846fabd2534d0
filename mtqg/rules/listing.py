"""`mtqg rules list` and `mtqg rules show`: all rules in short, and one rule in full."""

from typing import Annotated, Any, NamedTuple

import typer
from rich.table import Table
from rich.text import Text

from expectations.rules.rule_models import FormRule
from expectations.rules.rule_set import Language, RuleSet
from expectations.rules.texts import RuleText
from mtqg.console import out, print_json, print_plain
from program.errors import UsageError
from program.finding import Severity
from program.near_names import nearest_code
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.settings import ROOT, load_settings

_STYLES = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_EVERY_FORM = "every form"
_ACROSS = "across submissions"


class _Listed(NamedTuple):
    """A rule and what it belongs to: the code of a form, every form, or the cross-checks."""

    form: str
    rule: RuleText


def list_(
    form: Annotated[
        str | None,
        typer.Option(help="Only the rules of this form, without the rules of every form."),
    ] = None,
    lang: Annotated[Language, typer.Option(help="Language of the words.")] = "vi",
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """List every rule with its severity, its form and its words."""
    pack = load_pack(load_settings().pack)
    chosen = [listed for listed in _rules(pack, lang) if form in (None, listed.form)]
    if not chosen:
        codes = sorted({known.code for known in pack.forms})
        raise UsageError(f"--form: no rules of {form!r}; the pack has forms: {', '.join(codes)}")
    if json_:
        print_json([_as_json(listed) for listed in chosen])
        return
    table = Table("rule", "severity", "form", "words", box=None)
    for of_form, rule in chosen:
        severity = Text(rule.severity.value, style=_STYLES[rule.severity])
        table.add_row(rule.id, severity, of_form, Text(rule.message))
    out.print(table)


def show(
    rule: Annotated[str, typer.Argument(help="Id of the rule, for example TRN-05.")],
    lang: Annotated[Language, typer.Option(help="Language of the words.")] = "vi",
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Show one rule: its words, what it expects of which cells, and where it comes from."""
    pack = load_pack(load_settings().pack)
    by_id = {listed.rule.id: listed for listed in _rules(pack, lang)}
    rule_id = rule.upper()
    if rule_id not in by_id:
        similar = ", ".join(nearest_code(rule_id, by_id)) or "see `mtqg rules list`"
        raise UsageError(f"no rule {rule!r}; similar ids: {similar}")
    fields = _as_json(by_id[rule_id])
    if json_:
        print_json(fields)
        return
    for name, value in fields.items():
        if not isinstance(value, dict):
            _print_field(name, value)
            continue
        for key, part in value.items():
            _print_field(f"{name}.{key}", part)


def _print_field(name: str, value: object) -> None:
    print_plain(f"{name:<16} {value}")


def _rules(pack: Pack, lang: Language) -> list[_Listed]:
    """Return all rules: first those of every form, then form by form, then the cross-checks."""
    rules = RuleSet(pack, lang=lang)
    of_every_form = (*rules.reading.values(), *rules.cells, *rules.history)
    listed = [_Listed(_EVERY_FORM, rule) for rule in of_every_form]
    # A form's versions share its code and its rules.
    codes = dict.fromkeys(form.code for form in pack.forms)
    for code in codes:
        listed += [_Listed(code, rule) for rule in rules.of_form(code)]
    listed += [_Listed(_ACROSS, rule) for rule in rules.across]
    return listed


def _as_json(listed: _Listed) -> dict[str, Any]:
    rule = listed.rule
    fields: dict[str, Any] = {"id": rule.id}
    fields |= rule.model_dump(mode="json", exclude={"terms"}, exclude_defaults=True)
    fields["form"] = listed.form
    if isinstance(rule, FormRule):
        fields["points_at"] = f"{rule.table} · {rule.at}"
    page = _page(rule)
    if page is not None:
        fields["page"] = page
    return fields


def _page(rule: RuleText) -> str | None:
    """Return the page and anchor of a rule below docs/rules.

    None for a rule that has no page: one of a pack outside this project.
    """
    for page in sorted((ROOT / "docs" / "rules").glob("*.md")):
        if f"## {rule.id}\n" in page.read_text(encoding="utf-8"):
            return f"docs/rules/{page.name}#{rule.id.lower()}"
    return None
