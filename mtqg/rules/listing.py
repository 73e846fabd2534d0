"""`mtqg rules list` and `mtqg rules show`: what rules there are, and all that is said of one."""

from difflib import get_close_matches
from typing import Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from expectations.rules import FormRule, Language, RuleSet
from expectations.texts import Words
from mtqg.console import out, print_json
from program.errors import AskedError
from program.finding import Severity
from program.pack import Pack, load_pack
from program.settings import ROOT, load_settings

_STYLES = {Severity.CRITICAL: "red", Severity.WARNING: "yellow", Severity.INFO: "dim"}
_EVERY, _ACROSS = "every form", "across submissions"


def list_(
    form: Annotated[str | None, typer.Option(help="Only the rules of this form, without those of every form.")] = None,
    lang: Annotated[Language, typer.Option(help="Language of the words.")] = "vi",
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """List every rule with its severity, its form and its words."""
    pack = load_pack(load_settings().pack)
    chosen = [(of, rule) for of, rule in _rules(pack, lang) if form in (None, of)]
    if not chosen:
        raise AskedError(f"--form: no rules of {form!r}; the pack has forms: {', '.join(sorted({f.code for f in pack.forms}))}")
    if json_:
        print_json([_as_json(of, rule) for of, rule in chosen])
        return
    table = Table("rule", "severity", "form", "words", box=None)
    for of, rule in chosen:
        table.add_row(rule.id, Text(rule.severity.value, style=_STYLES[rule.severity]), of, Text(rule.message))
    out.print(table)


def show(
    rule: Annotated[str, typer.Argument(help="Id of the rule, for example TRN-05.")],
    lang: Annotated[Language, typer.Option(help="Language of the words.")] = "vi",
    *,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
) -> None:
    """Show one rule: its words, what it expects of which cells, and where it comes from."""
    known = {found.id: (of, found) for of, found in _rules(load_pack(load_settings().pack), lang)}
    if rule.upper() not in known:
        near = ", ".join(get_close_matches(rule.upper(), known, n=3)) or "see `mtqg rules list`"
        raise AskedError(f"no rule is called {rule!r}; near it: {near}")
    said = _as_json(*known[rule.upper()])
    if json_:
        print_json(said)
        return
    for name, value in said.items():
        for key, part in value.items() if isinstance(value, dict) else ((name, value),):
            out.print(f"{name if part is value else f'{name}.{key}':<16} {part}", markup=False, highlight=False, soft_wrap=True)


def _rules(pack: Pack, lang: Language) -> list[tuple[str, Words]]:
    """Return each rule with the form it is of: those of every form first, then form by form."""
    rules = RuleSet(pack, lang=lang)
    codes = dict.fromkeys(form.code for form in pack.forms)
    of_forms = ((code, rule) for code in codes for rule in rules.of_form(code))
    of_all = ((_EVERY, rule) for rule in (*rules.reading.values(), *rules.cells, *rules.history))
    return [*of_all, *of_forms, *((_ACROSS, rule) for rule in rules.across)]


def _as_json(form: str, rule: Words) -> dict[str, Any]:
    said = rule.model_dump(mode="json", exclude={"terms"}, exclude_defaults=True)
    where = {"points_at": f"{rule.table} · {rule.at}"} if isinstance(rule, FormRule) else {}
    page = _page(rule)
    return {"id": rule.id, **said, "form": form, **where, **({"page": page} if page else {})}


def _page(rule: Words) -> str | None:
    """Return where docs/rules tells of a rule with its examples, None for a rule of a pack that has no pages."""
    for page in sorted((ROOT / "docs" / "rules").glob("*.md")):
        if f"## {rule.id}\n" in page.read_text(encoding="utf-8"):
            return f"docs/rules/{page.name}#{rule.id.lower()}"
    return None
