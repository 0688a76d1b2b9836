"""`metaworldx eval` of a run, an expert, a mixture of experts, a teacher, a router or a script."""

from __future__ import annotations

import inspect
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

from metaworldx.core.errors import UserError

if TYPE_CHECKING:
    from metaworldx.envs.env import Env
    from metaworldx.envs.state import EnvConfig
    from metaworldx.evaluation.evaluator import Evaluator


def main(
    run: Annotated[Path | None, tyro.conf.Positional, tyro.conf.arg(metavar="[RUN]")] = None,
    /,
    expert: str | None = None,
    mixture: str | None = None,
    scripted: str | None = None,
    teacher: str | None = None,
    router: Path | None = None,
    fuse: Path | None = None,
    alpha: float = 0.7,
    temperature: float = 0.5,
    replan: float | None = None,
    cache: Path | None = None,
    pool: Path | None = None,
    offsets: str = "trained",
    untrained: bool = False,
    targets: int = 0,
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
    """Evaluate an agent, an expert, a pool mixed by a teacher, or a script, in native MuJoCo.

    With HumanoidBench's solver settings, deterministic, one episode from each of the seed's
    starts. Return, length and how the robot moved are over HumanoidBench's own episode; falls and
    success over 1,500 control steps (30 s).

    Args:
      run: folder of a training run; left out with --expert, --mixture, --teacher, --router or
        --scripted.
      expert: a skill whose expert is to act, e.g. stand.
      mixture: experts held at fixed shares that sum to 1, e.g. walk=0.7,reach=0.3: the bar for a
        router; needs --task.
      scripted: hold (the keyframe's pose) or random: floors to compare with; needs --task.
      teacher: gemini, cached or offline: all experts act, mixed by the weights it gives the task
        (falling back in that order); needs --task.
      router: folder of a trained router (metaworldx train router): all experts act, mixed by it
        under the guidance it was trained with, or --teacher's; needs --task.
      fuse: folder of an agent trained in the task (metaworldx train agent, with or without a
        guide): weights are fused with what its Q expects of every expert.
      alpha: share of the router's or teacher's weights in that, 0 to 1.
      temperature: of the softmax over Q, in standard deviations among the experts.
      replan: the teacher is asked again about what is left at the end of every stage, and every
        so many seconds besides (0: at stages' ends only).
      cache: folder of kept answers (metaworldx vlm cache); default those that come with the
        package.
      pool: folder of a pool of experts; default the one that comes with the package.
      offsets: what the experts' networks add to reference, balance law and servos: trained, zero
        (nothing) or random (their weights are); floors to compare with. For some experts of a
        mixture: reach=random,walk=zero.
      untrained: the expert with random weights, as it was before training: --offsets random.
      targets: also try so many new places for the hands, each for 4 s (an expert that reaches).
      task: environment; default the run's or the expert's own.
      episodes: how many.
      act_with: policy or mppi.
      checkpoint: latest, or best (of the run's own evaluations).
      planner: a planner's setting in place of the run's, e.g. max_std=0.2 or horizon=1; may be
        repeated.
      collisions: feet, body or full; default the run's.
      seed: of the starts (and of random weights).
      out: also write the figures to this JSON file.
      as_json: print the figures as JSON.
    """
    _check_together(locals())
    from metaworldx.core.files import check_writable, write_text

    only_one = (
        "give one of the folder of a run, --expert SKILL, --teacher NAME, --router DIR, "
        "--scripted NAME and --mixture SHARES"
    )
    if sum(who is not None for who in (run, expert, mixture, scripted, router or teacher)) > 1:
        raise UserError(only_one)
    if untrained and offsets != "trained":
        raise UserError(f"--untrained is --offsets random; it does not go with --offsets {offsets}")
    if out is not None:
        check_writable(out)
    if expert is not None:
        evaluator, params, about = _of_expert(
            *(expert, pool, "random" if untrained else offsets),
            *(task, episodes, collisions, seed, targets),
        )
    elif mixture is not None:
        from metaworldx.cli.eval._mixture import held_evaluator_of

        evaluator, params, about = held_evaluator_of(
            mixture, offsets, pool, task, episodes, collisions, seed
        )
    elif scripted is not None:
        evaluator, params, about = _of_script(scripted, task, episodes, collisions, seed)
    elif router is not None or teacher is not None:
        from metaworldx.cli.eval._pool import Mixed, evaluator_of

        mixed = Mixed(teacher, router, cache, pool, fuse, alpha, temperature, replan)
        evaluator, params, about = evaluator_of(mixed, task, episodes, collisions, seed)
    elif run is not None:
        evaluator, params, about = _of_run(
            *(run, task, episodes, act_with, checkpoint, planner, collisions, seed)
        )
    else:
        raise UserError(only_one)
    found = evaluator(params)
    data = {**found.as_data(), **about}
    text = json.dumps(data, indent=1)
    if out is not None:
        write_text(out, text + "\n")
    if as_json:
        print(text)
        return 0
    motion = found.motion
    print(
        f"{found.task}, {found.act_with}, {found.episodes} episodes: return "
        f"{found.return_mean:.1f} ± "
        f"{found.return_stderr:.1f}, length {found.length_mean:.0f}, no fall in 30 s "
        f"{found.no_fall_share:.0%}, success {found.success_share:.0%} "
        f"(success bar {found.success_bar:g})"
    )
    print(
        f"forward {motion.forward_speed_mean:.2f} m/s, tracking {_or_none(motion.tracking_error)} "
        f"rad, jerk {motion.jerk:.0f} rad/s^3, foot slip {_or_none(motion.foot_slip)} m/s, "
        f"energy {motion.energy:.0f} W, {motion.alternating_contacts:.0f} alternating contacts"
    )
    if found.mean_weights is not None:
        mixed = sorted(found.mean_weights.items(), key=lambda item: -item[1])
        print("mean weights: " + ", ".join(f"{name} {w:.2f}" for name, w in mixed))
    if found.milestones:
        print("reached in: " + ", ".join(f"{m} {x:.0%}" for m, x in found.milestones.items()))
    if found.goal_distance_m is not None:
        print(f"hand {found.goal_distance_m:.2f} m from its goal in the last second, on average")
    if "reaching" in about:
        reached = about["reaching"]
        print(
            f"within 10 cm of {reached['reached_share']:.0%} of {reached['targets']} new targets, "
            f"standing in {reached['standing_share']:.0%}; hands {reached['distance_mean']:.3f} m "
            "away on average"
        )
    return 0


def _or_none(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _of_run(
    run: Path,
    task: str | None,
    episodes: int,
    act_with: str,
    checkpoint: str,
    planner: tuple[str, ...],
    collisions: str | None,
    seed: int,
) -> tuple[Evaluator, Any, dict[str, Any]]:
    from metaworldx.evaluation.controllers import AgentController
    from metaworldx.evaluation.evaluator import Evaluator
    from metaworldx.experts.environments import evaluation_env
    from metaworldx.training.restore import load_agent
    from metaworldx.training.run_dir import read_config

    config = read_config(run)
    trained = load_agent(run, checkpoint, planner)
    evaluator = Evaluator(
        partial(AgentController, trained.planning_config, act_with),
        evaluation_env(config, task, collisions),
        episodes,
        seed,
    )
    about = {"run": str(run), "checkpoint": checkpoint, "epoch": trained.epoch}
    return evaluator, trained.params, about


_MIXED = ("teacher", "router")
# An option does something only beside one of these.
_GOES_WITH = {
    "act_with": ("run",),
    "checkpoint": ("run",),
    "planner": ("run",),
    "offsets": ("expert", "mixture"),
    "untrained": ("expert",),
    "targets": ("expert",),
    "pool": ("expert", *_MIXED, "mixture"),
    "cache": _MIXED,
    "replan": _MIXED,
    "fuse": _MIXED,
    "alpha": ("fuse",),
    "temperature": ("fuse",),
}


def _check_together(options: dict[str, Any]) -> None:
    """Checks that no option is given that would do nothing beside the others."""
    defaults = inspect.signature(main).parameters
    given = {name for name, value in options.items() if value != defaults[name].default}
    for name in sorted(given & _GOES_WITH.keys()):
        if not given.intersection(_GOES_WITH[name]):
            wanted = " or ".join(
                "the folder of a run" if other == "run" else f"--{other}"
                for other in _GOES_WITH[name]
            )
            raise UserError(f"--{name.replace('_', '-')} is for {wanted}; give that too")


def _of_expert(
    expert: str,
    folder: Path | None,
    offsets: str,
    task: str | None,
    episodes: int,
    collisions: str | None,
    seed: int,
    targets: int,
) -> tuple[Evaluator, Any, dict[str, Any]]:
    import dataclasses

    from metaworldx.envs.factory import make
    from metaworldx.envs.registry import EnvId
    from metaworldx.evaluation.controllers import ExpertController
    from metaworldx.evaluation.evaluator import Evaluator
    from metaworldx.experts.joint_offsets import offsets_from, with_offsets
    from metaworldx.experts.pool import ExpertPool, load_experts

    experts = load_experts(folder)
    index = ExpertPool(experts).index(expert)
    chosen = experts[index]
    env_id = EnvId.parse(task or chosen.skill.task)
    kinds = offsets_from(offsets, (expert,))
    (chosen,) = with_offsets([chosen], kinds, seed)
    pool = ExpertPool([chosen], env_id.robot_spec.model)

    def make_env(settings: EnvConfig) -> Env:
        return make(env_id, "native", collisions, settings)

    evaluator = Evaluator(lambda env: ExpertController(pool, expert, env), make_env, episodes, seed)
    about = {
        "expert": expert,
        "pool": "shipped" if folder is None else str(folder),
        "offsets": kinds[expert],
        "untrained": kinds[expert] == "random",
    }
    if targets:
        from metaworldx.experts.reach_accuracy import measure_reach_accuracy

        reached = measure_reach_accuracy(ExpertPool([chosen]), expert, targets, seed)
        about["reaching"] = dataclasses.asdict(reached)
    return evaluator, None, about


def _of_script(
    name: str, task: str | None, episodes: int, collisions: str | None, seed: int
) -> tuple[Evaluator, Any, dict[str, Any]]:
    if task is None:
        raise UserError("--scripted needs a task: --task h1-walk, for instance")
    from metaworldx.envs.factory import make
    from metaworldx.evaluation.controllers import ScriptedController
    from metaworldx.evaluation.evaluator import Evaluator

    evaluator = Evaluator(
        partial(ScriptedController, name), partial(make, task, "native", collisions), episodes, seed
    )
    return evaluator, None, {"scripted": name}
