"""`metaworldx eval scripted NAME`: a baseline without any learning."""

from __future__ import annotations

from typing import Annotated

import tyro

from metaworldx.cli._figure_options import FLAT
from metaworldx.cli.eval._evaluation import EvalOptions, evaluate, task_env


def main(
    name: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="NAME")],
    /,
    task: str,
    options: Annotated[EvalOptions, FLAT] = EvalOptions(),
) -> int:
    """Evaluate a scripted baseline in native MuJoCo.

    Args:
      name: hold (the keyframe's pose) or random.
      task: environment, e.g. h1-walk.
    """
    options.check()
    from functools import partial

    from metaworldx.evaluation.controllers import ScriptedController

    controller = partial(ScriptedController, name)
    return evaluate(options, controller, task_env(task, options), {"scripted": name})
