"""`metaworldx train pool`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def main(
    skills: str = "stand,walk,reach",
    out: Path = Path("runs/pool"),
    preset: str = "cpu",
    steps: int = 1_000_000,
    seed: int = 0,
    no_priors: Annotated[bool, tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Train the experts of some skills one after another, and add them to a pool.

    With --no-priors they learn from their tasks' rewards alone, as an ablation of human motion
    priors. The same command resumes an interrupted run.

    Args:
      skills: with commas between them.
      out: folder of the pool; the runs lie in its `runs`.
      preset: cpu (native MuJoCo, two cores) or gpu.
      steps: control steps for each expert.
      seed: of all random numbers.
      no_priors: no reference clips, no balance controller, no imitation reward.
    """
    from metaworldx.core.errors import UserError
    from metaworldx.experts.train_pool import train_experts
    from metaworldx.training.trainer import Stopped

    if steps < 1:
        raise UserError(f"--steps is {steps}; needs at least 1")
    names = tuple(dict.fromkeys(name.strip() for name in skills.split(",") if name.strip()))
    try:
        experts = train_experts(
            names, out, base=preset, steps=steps, seed=seed, priors=not no_priors, tell=print
        )
    except Stopped:
        print("stopped by a signal; the same command goes on")
        return 0
    print(f"{', '.join(expert.name for expert in experts)}: in {out}")
    return 0
