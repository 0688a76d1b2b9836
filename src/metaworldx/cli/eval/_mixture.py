"""`metaworldx eval --mixture walk=0.7,reach=0.3`: experts at fixed shares."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.evaluation.evaluator import Evaluator


def held_evaluator_of(
    mixture: str,
    offsets: str,
    pool: Path | None,
    task: str | None,
    episodes: int,
    collisions: str | None,
    seed: int,
) -> tuple[Evaluator, Any, dict[str, Any]]:
    """What evaluates a constant mixture in a task, its parameters (none), and whom it is about.

    Args:
      offsets: what the experts' networks give (`experts.offsets.offsets_from`).

    Raises:
      UserError: no task, unknown names, or shares that do not sum to 1.
    """
    from metaworldx.composition.mixture_search import mixture_from
    from metaworldx.envs.factory import make
    from metaworldx.envs.registry import EnvId
    from metaworldx.evaluation.controllers import ComposedController
    from metaworldx.evaluation.evaluator import Evaluator
    from metaworldx.experts.joint_offsets import offsets_from, with_offsets
    from metaworldx.experts.pool import ExpertPool, load_experts

    if task is None:
        raise UserError("--mixture needs a task: --task h1-door, for instance")
    env = EnvId.parse(task)
    experts = load_experts(pool)
    names = tuple(expert.name for expert in experts)
    shares, kinds = mixture_from(mixture, names), offsets_from(offsets, names)
    made = ExpertPool(with_offsets(experts, kinds, seed), env.robot_spec.model)
    who = f"{shares.name}, always"
    acts = partial(ComposedController, made, shares.chooser(names), 1.0, who)
    evaluator = Evaluator(acts, partial(make, env, "native", collisions), episodes, seed)
    about = {
        "mixture": dict(shares.shares),
        "offsets": {name: kinds[name] for name, _ in shares.shares},
        "pool": "shipped" if pool is None else str(pool),
    }
    return evaluator, None, about
