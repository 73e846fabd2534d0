"""`mtqg rules pages`: the pages of the rules in docs/rules, written from their YAML and examples."""

from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import errors, out
from program.pack import load_pack
from program.settings import ROOT, load_settings, quiet_third_parties


def pages(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = ROOT / "docs" / "rules",
) -> None:
    """Write docs/rules: what each rule expects, a good and a bad example, and what its sender reads.

    Exit code 1 where a rule has no example, or no English words: it is on no page, or only half.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    from expectations.court import hear  # noqa: PLC0415  (Great Expectations takes seconds to import)
    from expectations.pages import pages_of  # noqa: PLC0415

    output.mkdir(parents=True, exist_ok=True)
    pack = load_pack(settings.pack)
    hearing = hear(pack)
    written = pages_of(hearing, pack)
    for name, text in written.items():
        (output / name).write_text(text, encoding="utf-8")
    out.print(f"{len(written)} pages in {output}", highlight=False, soft_wrap=True)
    missing = {"no example in suites/examples/": hearing.unshown, "no words in suites/en/": hearing.untranslated}
    for what, rules in missing.items():
        if rules:
            errors.print(f"{what}: {', '.join(rules)}", style="red", highlight=False, soft_wrap=True)
    raise typer.Exit(1 if any(missing.values()) else 0)
