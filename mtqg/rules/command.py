"""`mtqg rules`: its sub-commands."""

import typer

from mtqg.rules.difference import diff
from mtqg.rules.listing import list_, show
from mtqg.rules.pages import pages
from mtqg.rules.profiling import profile

rules_app = typer.Typer(
    name="rules",
    help="The rules: what they are, what a change to them would do, what the past suggests.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
rules_app.command("list")(list_)
for command in (show, diff, profile, pages):
    rules_app.command()(command)
