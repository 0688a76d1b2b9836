"""`metaworldx eval expert SKILL`: one expert of a pool."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from metaworldx.cli._figure_options import FLAT
from metaworldx.cli.eval._evaluation import EvalOptions, evaluate, task_env

if TYPE_CHECKING:
    from metaworldx.envs.env import Env
    from metaworldx.experts.controller import ExpertController


def main(
    skill: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="SKILL")],
    /,
    task: str | None = None,
    pool: Path | None = None,
    offsets: str = "trained",
    targets: int = 0,
    options: Annotated[EvalOptions, FLAT] = EvalOptions(),
) -> int:
    """Evaluate one expert in native MuJoCo.

    With HumanoidBench's solver settings, deterministic, one episode from each of the seed's
    starts. Return, length and motion metrics are over HumanoidBench's own episode; falls and
    success over 1,500 control steps (30 s).

    Args:
      skill: of the expert, e.g. stand.
      task: environment; default the expert's own.
      pool: folder of a pool of experts; default the shipped one.
      offsets: what the expert's networks add to reference, balance law and servos: trained, zero
        (nothing) or random (their weights are, as before training); baselines to compare with.
      targets: also measure this number of new hand targets, each for 4 s (the reach expert).
    """
    options.check()
    import dataclasses

    from metaworldx.composition.target_commands import scene_targets
    from metaworldx.envs.registry import EnvId
    from metaworldx.experts.controller import ExpertController
    from metaworldx.experts.joint_offsets import offsets_from, with_offsets
    from metaworldx.experts.pool import ExpertPool, load_experts

    experts = load_experts(pool)
    chosen = experts[ExpertPool(experts).index(skill)]
    env_id = EnvId.parse(task or chosen.skill.task)
    kinds = offsets_from(offsets, (skill,))
    (chosen,) = with_offsets([chosen], kinds, options.seed)
    alone = ExpertPool([chosen], env_id.robot_spec.model)

    def controller(env: Env) -> ExpertController:
        return ExpertController(alone, skill, env, scene_targets(alone, env))

    about: dict[str, Any] = {
        "expert": skill,
        "pool": "shipped" if pool is None else str(pool),
        "offsets": kinds[skill],
        "untrained": kinds[skill] == "random",
    }
    if targets:
        from metaworldx.experts.reach_accuracy import measure_reach_accuracy

        reached = measure_reach_accuracy(ExpertPool([chosen]), skill, targets, options.seed)
        about["reaching"] = dataclasses.asdict(reached)
    return evaluate(options, controller, task_env(env_id, options), about)
