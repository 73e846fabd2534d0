"""`mtqg rules pages`: write docs/rules from the rules' YAML and examples."""

from pathlib import Path
from typing import Annotated

import typer

from mtqg.console import errors, out
from program.pack.load import load_pack
from program.settings import ROOT, load_settings, quiet_third_parties


def pages(
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to write into.")] = ROOT
    / "docs"
    / "rules",
) -> None:
    """Write docs/rules: what each rule expects, a good and a bad example, and its words.

    Exit code 1 if a rule has no example or no English words: it is then missing on its page.
    """
    settings = load_settings()
    quiet_third_parties(settings)
    # Great Expectations takes seconds to import.
    from expectations.docs.check_examples import check_examples  # noqa: PLC0415
    from expectations.docs.pages import pages_of  # noqa: PLC0415

    output.mkdir(parents=True, exist_ok=True)
    pack = load_pack(settings.pack)
    results = check_examples(pack)
    texts = pages_of(results, pack)
    for name, text in texts.items():
        (output / name).write_text(text, encoding="utf-8")
    out.print(f"{len(texts)} pages in {output}", soft_wrap=True)
    missing = {
        "no example in suites/examples/": results.unshown,
        "no words in suites/en/": results.untranslated,
    }
    for problem, rules in missing.items():
        if rules:
            line = f"{problem}: {', '.join(rules)}"
            errors.print(line, style="red", soft_wrap=True)
    is_incomplete = any(missing.values())
    raise typer.Exit(1 if is_incomplete else 0)
