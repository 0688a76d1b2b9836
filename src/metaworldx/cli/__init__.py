"""Command line: one module a subcommand, imported when it is called; helpers begin with `_`."""

from metaworldx.cli._main import COMMANDS, main

__all__ = ["COMMANDS", "main"]
