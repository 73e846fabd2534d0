"""`mtqg pack`: checking a province's pack, and beginning a new one."""

from itertools import chain
from pathlib import Path
from typing import Annotated

import typer

from expectations.rule_checks import frame_columns, frame_names
from expectations.rules import RuleSet
from mtqg.console import out, print_json
from mtqg.packs.corrections import stale_corrections
from mtqg.packs.report import as_json, print_report
from mtqg.packs.skeleton import skeleton
from program.configuration import read_text
from program.errors import AskedError, ConfigurationError, MtqgError
from program.gaps import gaps_of
from program.pack import Pack, load_pack
from program.settings import ROOT, load_settings, quiet_third_parties

SAMPLE = ROOT / "config" / "soc-trang"

pack_app = typer.Typer(
    name="pack", help="A province's pack: check one, or begin a new one.", no_args_is_help=True, rich_markup_mode="rich"
)


@pack_app.command()
def check(
    folder: Annotated[Path | None, typer.Argument(help="Folder of the pack. Default: MTQG_PACK.", show_default=False)] = None,
    *,
    is_full: Annotated[bool, typer.Option("--all", help="Name every entry of what is open, not only the first.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
    strict: Annotated[
        bool, typer.Option("--strict", help="Exit code 1 where something is missing, or a form has no rules of its own.")
    ] = False,
) -> None:
    """Load a pack and its rules, print what it holds, and what is missing, unknown or unverified.

    Corrections of the pack that is in use are held against the warehouse: one that matches nothing there, or whose value has
    changed since, makes the pack invalid.

    Exit code 0 where it is valid, whatever is open; 1 with the file, line and key where it is not.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    try:
        pack = load_pack((folder or settings.pack).expanduser().absolute())
        rules = _load_rules(pack)
        stale = stale_corrections(pack, settings.warehouse_url) if pack.folder == settings.pack else []
        if stale:
            raise ConfigurationError("\n".join(stale))
    except MtqgError as wrong:
        if not json_:
            raise
        print_json({"valid": False, "error": str(wrong)})
        raise typer.Exit(1) from wrong
    if json_:
        print_json(as_json(pack, rules))
    else:
        print_report(pack, rules, is_full=is_full)
        if stale is None:
            out.print("Corrections were not held against a warehouse: there is none yet.")
    is_missing = bool(rules.unruled) or any(gap.kind == "missing" for gap in gaps_of(pack))
    raise typer.Exit(1 if strict and is_missing else 0)


def _load_rules(pack: Pack) -> RuleSet:
    """Return a pack's rules, with each of them built as the night would. Raises ConfigurationError for one that cannot be."""
    from expectations.suite import expectations_of  # noqa: PLC0415  (Great Expectations takes seconds to import)

    rules = RuleSet(pack)
    RuleSet(pack, lang="en")
    for form in pack.forms:
        frames = ((name, set(frame_columns(form, name))) for name in frame_names(form))
        for expected in chain.from_iterable(expectations_of(form, name, columns, rules) for name, columns in frames):
            expected.expectation()
    return rules


@pack_app.command()
def new(
    province: Annotated[str, typer.Option(help="Code of one of the 63 provinces until June 2025, for example 02 (Hà Giang).")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write the pack into; new, or empty.")],
) -> None:
    """Write the skeleton of another province's pack: it loads at once, and says what is still to be filled in.

    What is national (projects, indicators, forms, duties) comes from the sample pack; the units are a draft that must be
    reviewed. docs/new-province.md leads through the rest.
    """
    if not (SAMPLE / "program.yaml").is_file():
        raise AskedError(f"a new pack is made from the sample pack, and {SAMPLE} is none: run it from the project's own folder")
    try:
        if output.exists() and (not output.is_dir() or any(output.iterdir())):
            raise AskedError(f"--output: {output} is there and not an empty folder; nothing was written")
        files = skeleton(SAMPLE, province)
        for name, text in files.items():
            path = output / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise AskedError(f"--output: cannot write {wrong.filename or output}: {wrong.strerror}") from wrong
    pack = load_pack(output.absolute())
    RuleSet(pack)
    _print_next_steps(pack, output)


def _print_next_steps(pack: Pack, folder: Path) -> None:
    to_review = sum("review:" in line for line in read_text(folder / "units.csv").splitlines())
    steps = (
        f'Review units.csv: it is a draft, and {to_review} of its rows say "review" (docs/units.md).',
        "program.yaml: the office's official name, and the page's title.",
        "contacts.yaml: every address ends in .example; replace each, and add the units that send reports.",
        "calendar.yaml: every deadline is marked unknown; the province sets it.",
        "sources.yaml: where the districts put their files (now the folder inbox/ of the pack).",
        "forms/: compare with the forms in use; the outcomes form counts Khmer and Hoa, as the sample's province does.",
        "indicators.yaml, capital.yaml: add the province's own targets and amounts (scope: province), each with its source.",
        f"See what is still open: MTQG_PACK={folder} mtqg pack check",
    )
    out.print(f"{folder}: a pack for {pack.province.name} that loads. What to do now:", highlight=False, soft_wrap=True)
    for number, step in enumerate(steps, 1):
        out.print(f"  {number}. {step}", highlight=False, markup=False, soft_wrap=True)
    out.print("Step by step: docs/new-province.md", highlight=False)
