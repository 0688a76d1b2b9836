"""`metaworldx eval RUN`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import tyro


def main(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    /,
    task: str | None = None,
    episodes: int = 10,
    act_with: str = "policy",
    checkpoint: str = "latest",
    planner: Annotated[tuple[str, ...], tyro.conf.UseAppendAction] = (),
    collisions: str | None = None,
    seed: int = 0,
    out: Path | None = None,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Evaluate a trained agent in native MuJoCo with HumanoidBench's solver settings.

    Deterministic, one episode from each of the seed's starts. Return and length are over
    HumanoidBench's own episode; falls and success over 1,500 control steps (30 s).

    Args:
      run: folder of a training run.
      task: environment; default the run's own.
      episodes: how many.
      act_with: policy or mppi.
      checkpoint: latest, or best (of the run's own evaluations).
      planner: a planner's setting in place of the run's, e.g. max_std=0.2 or horizon=1; may be
        repeated.
      collisions: feet, body or full; default the run's.
      seed: of the starts.
      out: also write the figures to this JSON file.
      as_json: print the figures as JSON.
    """
    from metaworldx.report.files import check_writable, write_text
    from metaworldx.training.folder import read_config

    config = read_config(run)
    if out is not None:
        check_writable(out)
    from metaworldx.training.environments import evaluation_env
    from metaworldx.training.evaluate import Evaluator
    from metaworldx.training.trained import load_trained

    trained = load_trained(run, checkpoint, planner)
    evaluator = Evaluator(
        trained.planning_config,
        evaluation_env(config, task, collisions),
        episodes,
        act_with,
        seed,
    )
    found = evaluator(trained.params)
    data = {**found.as_data(), "run": str(run), "checkpoint": checkpoint, "epoch": trained.epoch}
    text = json.dumps(data, indent=1)
    if out is not None:
        write_text(out, text + "\n")
    if as_json:
        print(text)
        return 0
    print(
        f"{found.task}, {act_with}, {found.episodes} episodes: return {found.return_mean:.1f} ± "
        f"{found.return_stderr:.1f}, length {found.length_mean:.0f}, no fall in 30 s "
        f"{found.no_fall_share:.0%}, success {found.success_share:.0%} "
        f"(success bar {found.success_bar:g})"
    )
    return 0
