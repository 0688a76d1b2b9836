"""`metaworldx train router`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def main(
    tasks: str,
    teacher: str = "gemini",
    cache: Path | None = None,
    pool: Path | None = None,
    out: Path = Path("runs/router"),
    seed: int = 0,
    rollouts: int = 256,
    keep: int = 12,
    starts: int = 4,
    steps: int = 2000,
    beta: float = 0.05,
    lambda_0: float = 1.0,
    eta: float = 0.996,
    as_json: Annotated[bool, tyro.conf.arg(name="json"), tyro.conf.FlagCreatePairsOff] = False,
) -> int:
    """Train a router over a pool's experts from a teacher's guidance and demonstrations.

    A teacher is asked once for each task, and for the tasks that have no demonstrations too.
    Demonstrations are the best of many rollouts in native MuJoCo under random switching schedules.
    Then the network is trained by Eq. 10 to 12, in seconds.
    `metaworldx eval router OUT --task h1-door` evaluates it.

    Args:
      tasks: environments to demonstrate, with commas between them, e.g. h1-door,h1-push.
      teacher: gemini, cached or offline, falling back in that order.
      cache: folder of cached answers (metaworldx vlm cache); default the shipped ones.
      pool: folder of a pool of experts; default the shipped one.
      out: folder of the router; existing demonstrations are reused.
      seed: of all random numbers.
      rollouts: per task.
      keep: number of rollouts of the best schedules that become demonstrations.
      starts: resets per schedule in the second round.
      steps: updates of the network.
      beta: weight of the entropy (Eq. 10).
      lambda_0: initial weight of the teacher's guidance (Eq. 12).
      eta: its decay factor per update.
      as_json: print the record as JSON.
    """
    import json

    from metaworldx.cli._teacher_options import guidance_for
    from metaworldx.router.demonstration_schedules import DemoConfig
    from metaworldx.router.distill import DistillConfig
    from metaworldx.router.train import RouterConfig, train_router

    names = tuple(dict.fromkeys(name.strip() for name in tasks.split(",") if name.strip()))
    config = RouterConfig(
        tasks=names,
        pool=None if pool is None else str(pool),
        seed=seed,
        demos=DemoConfig(rollouts=rollouts, keep=keep, starts=starts),
        distil=DistillConfig(steps=steps, beta=beta, lambda_0=lambda_0, eta=eta),
    )
    guidance = guidance_for(names, teacher, cache, pool)
    quiet = (lambda text: None) if as_json else print
    result = train_router(config, guidance, out, quiet)
    if as_json:
        print(json.dumps({**result.router.record, "seconds": dict(result.seconds)}, indent=1))
    return 0
