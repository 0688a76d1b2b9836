"""`metaworldx eval agent RUN`: a trained agent's policy or planner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.cli._figure_options import FLAT
from metaworldx.cli.eval._evaluation import EvalOptions, evaluate


def main(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    /,
    task: str | None = None,
    act_with: str = "policy",
    checkpoint: str = "latest",
    planner: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    options: Annotated[EvalOptions, FLAT] = EvalOptions(),
) -> int:
    """Evaluate a trained agent in native MuJoCo.

    With HumanoidBench's solver settings, deterministic, one episode from each of the seed's
    starts. Return, length and motion metrics are over HumanoidBench's own episode; falls and
    success over 1,500 control steps (30 s).

    Args:
      run: folder of a training run.
      task: environment; default the run's own.
      act_with: policy or mppi.
      checkpoint: latest, or best (of the run's own evaluations).
      planner: a planner's setting in place of the run's, e.g. max_std=0.2 or horizon=1; may be
        repeated.
    """
    options.check()
    from metaworldx.residual.run_config import read_run_config
    from metaworldx.training.method import evaluation_env
    from metaworldx.training.trained_agent import load_agent

    config = read_run_config(run)
    trained = load_agent(run, checkpoint, planner)
    return evaluate(
        options,
        trained.controller(act_with),
        evaluation_env(config, task, options.collisions),
        {"run": str(run), "checkpoint": checkpoint, "epoch": trained.epoch},
        trained.params,
    )
