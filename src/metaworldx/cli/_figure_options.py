"""Options of the commands that measure: the seed, and where their figures go."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import tyro

FLAT = tyro.conf.arg(name="", prefix_name=False)
"""Marks options that a command takes as its own."""


@dataclass(frozen=True)
class FigureOptions:
    """The seed, and where the figures go.

    Attributes:
      seed: of everything random.
      out: also write the figures to this JSON file.
      as_json: print the figures as JSON.
    """

    seed: int = 0
    out: Path | None = None
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False

    def check(self) -> None:
        """Checks what needs nothing else; a command's first step.

        Raises:
          UserError: a seed that is none, or a file that cannot be written.
        """
        from metaworldx.core.errors import check_seed
        from metaworldx.core.files import check_writable

        check_seed(self.seed)
        if self.out is not None:
            check_writable(self.out)

    def tell(self, data: dict[str, Any], show: Callable[[], None]) -> None:
        """Writes the figures, and prints them as JSON or as `show` does."""
        from metaworldx.core.files import write_text

        text = json.dumps(data, indent=1)
        if self.out is not None:
            write_text(self.out, text + "\n")
        print(text) if self.as_json else show()

    def tell_table(
        self,
        named: Sequence[dict[str, Any]],
        title: str,
        columns: Sequence[str],
        cells: Sequence[Sequence[str]],
    ) -> int:
        """Ends a bench command: its measurements, one a row, and the machine; else their table."""
        from metaworldx.cli._tables import print_table
        from metaworldx.core.host_info import machine

        data = {"machine": machine(), "rows": list(named)}
        self.tell(data, lambda: print_table(title, columns, cells))
        return 0
