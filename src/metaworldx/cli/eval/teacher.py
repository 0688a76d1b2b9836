"""`metaworldx eval teacher NAME`: a pool's experts, mixed by the weights that a teacher gives."""

from __future__ import annotations

from typing import Annotated

import tyro

from metaworldx.cli._figure_options import FLAT
from metaworldx.cli.eval._composed import ComposedOptions, evaluate_composed
from metaworldx.cli.eval._evaluation import EvalOptions


def main(
    teacher: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")],
    /,
    *,
    composed: Annotated[ComposedOptions, FLAT],
    options: Annotated[EvalOptions, FLAT] = EvalOptions(),
) -> int:
    """Evaluate a pool's experts mixed by the weights that a teacher gives the task, without router.

    Args:
      teacher: gemini, cached or offline, falling back in that order.
    """
    return evaluate_composed(options, composed, teacher, None)
