"""`mtqg pack`: check a province's pack, and begin a new one."""

from pathlib import Path
from typing import Annotated

import typer

from expectations.rules.rule_set import RuleSet
from expectations.rules.validate import frame_columns, frame_names
from mtqg.console import out, print_json, print_plain
from mtqg.packs.corrections import stale_corrections
from mtqg.packs.report import as_json, print_report
from mtqg.packs.skeleton import skeleton
from program.errors import ConfigurationError, MtqgError, UsageError
from program.forms.form import Form
from program.pack.boundaries import read_boundaries
from program.pack.completeness import pack_gaps
from program.pack.load import load_pack
from program.pack.pack import Pack
from program.pack.yaml_file import read_text
from program.settings import ROOT, Settings, load_settings, quiet_third_parties

SAMPLE = ROOT / "config" / "soc-trang"
_MOST_PROBLEMS = 20
"""Areas with wrong boundaries that are named at once."""

pack_app = typer.Typer(
    name="pack",
    help="A province's pack: check one, or begin a new one.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)


@pack_app.command()
def check(
    folder: Annotated[
        Path | None,
        typer.Argument(help="Folder of the pack. Default: MTQG_PACK.", show_default=False),
    ] = None,
    *,
    is_full: Annotated[
        bool, typer.Option("--all", help="Name every open entry, not only the first ones.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON for another program.")] = False,
    asks_tools: Annotated[
        bool,
        typer.Option(
            "--tools",
            help="Ask KoboToolbox and ODK Central too: do their forms have the mapped questions?",
        ),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Exit code 1 where something is missing, or a form has no rules of its own.",
        ),
    ] = False,
) -> None:
    """Load a pack and its rules, print what it holds, and what is missing, unknown or unverified.

    Corrections of the configured pack are compared with the warehouse. One that matches no
    finding there, or whose value has changed, makes the pack invalid.

    Exit code 0 for a valid pack, whatever is open; 1 with file, line and key for an invalid one.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    try:
        pack = load_pack((folder or settings.pack).expanduser().absolute())
        rules = _load_rules(pack)
        _check_boundaries(pack)
        is_compared = _check_corrections(pack, settings)
        if asks_tools:
            _check_tools(pack, settings)
    except MtqgError as wrong:
        if not json_:
            raise
        print_json({"valid": False, "error": str(wrong)})
        raise typer.Exit(1) from wrong
    if json_:
        print_json(as_json(pack, rules))
    else:
        print_report(pack, rules, is_full=is_full)
        if not is_compared:
            out.print("Corrections were not compared with a warehouse: there is none yet.")
    fails = strict and _is_incomplete(pack, rules)
    raise typer.Exit(1 if fails else 0)


def _check_boundaries(pack: Pack) -> None:
    """Raise ConfigurationError for boundaries that a map of the site could not draw as meant."""
    # A run reads them only when it writes maps, after everything else.
    boundaries = read_boundaries(pack.folder)
    problems = [] if boundaries is None else boundaries.problems(pack.units)
    if problems:
        more = f"\nand {len(problems) - _MOST_PROBLEMS} more" * (len(problems) > _MOST_PROBLEMS)
        raise ConfigurationError("\n".join(problems[:_MOST_PROBLEMS]) + more)


def _check_corrections(pack: Pack, settings: Settings) -> bool:
    """Compare a pack's corrections with the warehouse; return whether there is a warehouse.

    Raises ConfigurationError if a correction no longer matches.
    """
    # The warehouse has the reports of the configured pack only.
    if pack.folder != settings.pack:
        return True
    stale = stale_corrections(pack, settings.warehouse_url)
    if stale:
        raise ConfigurationError("\n".join(stale))
    return stale is not None


def _check_tools(pack: Pack, settings: Settings) -> None:
    """Raise ConfigurationError for the fields of mappings that the tools' forms do not have."""
    # The client of HTTP takes its time to import, and most packs have no tool.
    from mtqg.packs.tool_questions import tool_mistakes  # noqa: PLC0415

    mistakes = list(tool_mistakes(pack, settings))
    if mistakes:
        raise ConfigurationError("\n".join(mistakes))


def _is_incomplete(pack: Pack, rules: RuleSet) -> bool:
    return bool(rules.unruled) or any(gap.kind == "missing" for gap in pack_gaps(pack))


def _load_rules(pack: Pack) -> RuleSet:
    """Return a pack's rules after building each of them, as a run does.

    Raises ConfigurationError for a rule that cannot be built.
    """
    rules = RuleSet(pack)
    # The English words of the pack's own rules are read too: a mistake in them is found here.
    RuleSet(pack, lang="en")
    for form in pack.forms:
        _build_expectations(form, rules)
    return rules


def _build_expectations(form: Form, rules: RuleSet) -> None:
    # Great Expectations takes seconds to import.
    from expectations.run.suite import expectations_of  # noqa: PLC0415

    for name in frame_names(form):
        columns = set(frame_columns(form, name))
        for expected in expectations_of(form, name, columns, rules):
            # Great Expectations validates the arguments when the expectation is made.
            expected.expectation()


@pack_app.command()
def new(
    province: Annotated[
        str,
        typer.Option(
            help="Code of one of the 63 provinces until June 2025, for example 02 (Hà Giang)."
        ),
    ],
    output: Annotated[
        Path,
        typer.Option("--output", "-o", help="Folder to write the pack into; new, or empty."),
    ],
) -> None:
    """Write the skeleton of another province's pack. It loads, and lists what is to be filled in.

    National data (projects, indicators, forms, duties) comes from the sample pack. The units are
    a draft that a person must review. docs/new-province.md leads through the rest.
    """
    if not (SAMPLE / "program.yaml").is_file():
        raise UsageError(
            f"a new pack is made from the sample pack, and {SAMPLE} is none: "
            "run the command from the project's own folder"
        )
    try:
        _write_skeleton(province, output)
    except OSError as wrong:
        path = wrong.filename or output
        raise UsageError(f"--output: cannot write {path}: {wrong.strerror}") from wrong
    pack = load_pack(output.absolute())
    # The skeleton must load: the person who fills it in begins from a valid pack.
    RuleSet(pack)
    _print_next_steps(pack, output)


def _write_skeleton(province: str, folder: Path) -> None:
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(
            f"--output: {folder} is there and not an empty folder; nothing was written"
        )
    for name, text in skeleton(SAMPLE, province).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def _print_next_steps(pack: Pack, folder: Path) -> None:
    rows = read_text(folder / "units.csv").splitlines()
    to_review = sum("review:" in row for row in rows)
    steps = (
        f'Review units.csv: it is a draft, and {to_review} of its rows say "review" '
        "(docs/units.md).",
        "program.yaml: the office's official name, and the page's title.",
        "contacts.yaml: every address ends in .example; replace each, "
        "and add the units that send reports.",
        "calendar.yaml: every deadline is marked unknown; the province sets it.",
        "sources.yaml: where the districts put their files (now the folder inbox/ of the pack).",
        "forms/: compare with the forms in use; the outcomes form counts Khmer and Hoa, "
        "as the sample's province does.",
        "indicators.yaml, capital.yaml: add the province's own targets and amounts "
        "(scope: province), each with its source.",
        f"See what is still open: MTQG_PACK={folder} mtqg pack check",
    )
    title = f"{folder}: a pack for {pack.province.name} that loads. What to do now:"
    out.print(title, soft_wrap=True)
    for number, step in enumerate(steps, 1):
        print_plain(f"  {number}. {step}")
    out.print("Step by step: docs/new-province.md")
