"""Tables on stdout."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

_ENDLESS = 1000


Cell = str | Text
"""What stands in a table: a string as it is, or a text with a style."""


def print_table(title: str, columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Prints a table, its first column to the left and the others to the right.

    What looks like rich's markup is printed as it is, for names and texts are a person's or a
    teacher's. No line is wrapped, so that it can be piped.
    """
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, column in enumerate(columns):
        table.add_column(Text(column), justify="right" if i else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(Text(cell) if isinstance(cell, str) else cell for cell in row))
    console = Console(width=_ENDLESS, highlight=False)
    console.print(Text(title), soft_wrap=True)
    console.print(table)
