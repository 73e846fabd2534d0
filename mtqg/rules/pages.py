"""`mtqg rules pages`: the pages of the rules in docs/rules, written from their YAML and examples."""

from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import out
from program.pack import load_pack
from program.settings import ROOT, load_settings, quiet_third_parties


def pages(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = ROOT / "docs" / "rules",
) -> None:
    """Write a page for each form: its rules, what each expects, a good and a bad example, and what its sender reads."""
    settings = load_settings()
    quiet_third_parties(settings)
    from expectations.pages import pages_of  # noqa: PLC0415  (Great Expectations takes seconds to import)

    output.mkdir(parents=True, exist_ok=True)
    written = pages_of(load_pack(settings.pack))
    for name, text in written.items():
        (output / name).write_text(text, encoding="utf-8")
    out.print(f"{len(written)} pages in {output}", highlight=False, soft_wrap=True)
