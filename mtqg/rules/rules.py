"""`mtqg rules`: its sub-commands."""

import typer

from mtqg.rules.bounds.profiling import profile
from mtqg.rules.diff.difference import diff
from mtqg.rules.listing import list_, show
from mtqg.rules.pages import pages

rules_app = typer.Typer(
    name="rules",
    help="List the rules, compare two rule sets, and propose bounds from past reports.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
rules_app.command("list")(list_)
for command in (show, diff, profile, pages):
    rules_app.command()(command)
