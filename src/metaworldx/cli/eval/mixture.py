"""`metaworldx eval mixture walk=0.7,reach=0.3`: experts at fixed shares."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import tyro

from metaworldx.cli._figure_options import FLAT
from metaworldx.cli.eval._evaluation import EvalOptions, evaluate, task_env


def main(
    shares: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SHARES")],
    /,
    task: str,
    pool: Path | None = None,
    offsets: str = "trained",
    options: Annotated[EvalOptions, FLAT] = EvalOptions(),
) -> int:
    """Evaluate a constant mixture of a pool's experts, the baseline for a router, in native MuJoCo.

    Args:
      shares: of experts; they sum to 1, e.g. walk=0.7,reach=0.3.
      task: environment, e.g. h1-door.
      pool: folder of a pool of experts; default the shipped one.
      offsets: what the experts' networks add to reference, balance law and servos: trained, zero
        (nothing) or random (their weights are); for some experts: reach=random,walk=zero.
    """
    options.check()
    from functools import partial

    from metaworldx.composition.controllers import ComposedController
    from metaworldx.composition.mixture_search import mixture_from
    from metaworldx.envs.registry import EnvId
    from metaworldx.experts.joint_offsets import offsets_from, with_offsets
    from metaworldx.experts.pool import ExpertPool, load_experts

    env_id = EnvId.parse(task)
    experts = load_experts(pool)
    names = tuple(expert.name for expert in experts)
    mixed, kinds = mixture_from(shares, names), offsets_from(offsets, names)
    made = ExpertPool(with_offsets(experts, kinds, options.seed), env_id.robot_spec.model)
    policy, who = mixed.gating(names), f"{mixed.name}, always"
    about = {
        "mixture": dict(mixed.shares),
        "offsets": {name: kinds[name] for name, _ in mixed.shares},
        "pool": "shipped" if pool is None else str(pool),
    }
    controller = partial(ComposedController, made, policy, 1.0, who)
    return evaluate(options, controller, task_env(env_id, options), about)
