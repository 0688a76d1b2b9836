"""`metaworldx eval router DIR`: a pool's experts, mixed by a trained router."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.cli._figure_options import FLAT
from metaworldx.cli.eval._composed import ComposedOptions, evaluate_composed
from metaworldx.cli.eval._evaluation import EvalOptions


def main(
    router: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="DIR")],
    /,
    *,
    composed: Annotated[ComposedOptions, FLAT],
    teacher: str | None = None,
    options: Annotated[EvalOptions, FLAT] = EvalOptions(),
) -> int:
    """Evaluate a pool's experts mixed by a trained router, in native MuJoCo.

    Args:
      router: folder of a trained router (metaworldx train router).
      teacher: whose guidance it acts under: gemini, cached or offline, falling back in that order;
        default the guidance that it was trained with.
    """
    return evaluate_composed(options, composed, teacher, router)
