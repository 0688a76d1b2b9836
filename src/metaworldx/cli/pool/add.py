"""`metaworldx pool add RUN`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro


def main(
    run: Annotated[Path, tyro.conf.Positional, tyro.conf.arg(metavar="RUN")],
    /,
    pool: Path = Path("pool"),
    checkpoint: str = "best",
) -> int:
    """Put the expert of a training run into a pool of experts.

    The pool stores what inference needs (encoder, policy, clips) and the training record. An expert
    of the same skill is replaced.

    Args:
      run: folder of a run of `metaworldx train expert`.
      pool: the pool's folder; created if missing.
      checkpoint: latest, or best (of the run's own evaluations).
    """
    from metaworldx.experts.expert_from_run import expert_from_run
    from metaworldx.experts.pool import add_expert

    expert = expert_from_run(run, checkpoint)
    add_expert(expert, pool)
    size = (pool / f"{expert.name}.npz").stat().st_size
    print(f"{expert.name}: {size / 1e6:.2f} MB, into {pool}")
    return 0
