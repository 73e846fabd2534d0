"""`mtqg rules`: its sub-commands."""

import typer

from mtqg.rules.difference import diff
from mtqg.rules.pages import pages

rules_app = typer.Typer(
    name="rules",
    help="The rules: what they are, what a change to them would do, what the past suggests.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
for command in (diff, pages):
    rules_app.command()(command)
