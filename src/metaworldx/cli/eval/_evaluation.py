"""Options and output that all commands of `metaworldx eval` share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metaworldx.cli._figure_options import FigureOptions

if TYPE_CHECKING:
    from metaworldx.envs.env import Env
    from metaworldx.envs.factory import EnvMaker
    from metaworldx.envs.registry import EnvId
    from metaworldx.evaluation.controllers import Controller
    from metaworldx.evaluation.evaluator import Evaluation


@dataclass(frozen=True)
class EvalOptions(FigureOptions):
    """Options of an evaluation and its output.

    Attributes:
      episodes: their number.
      collisions: feet, body or full; default the run's or the task's own.
    """

    episodes: int = 10
    collisions: str | None = None


def evaluate(
    options: EvalOptions,
    controller: Callable[[Env], Controller],
    make_env: EnvMaker,
    about: dict[str, Any],
    params: Any = None,
) -> int:
    """Evaluates a controller; prints and writes the result.

    Args:
      about: description of the controller, for the JSON.
      params: of an agent.
    """
    from metaworldx.evaluation.evaluator import Evaluator

    found = Evaluator(controller, make_env, options.episodes, options.seed)(params)
    options.tell({**found.as_data(), **about}, lambda: print(_in_words(found, about)))
    return 0


def task_env(task: str | EnvId, options: EvalOptions) -> EnvMaker:
    """Builds a task's environment in native MuJoCo."""
    from functools import partial

    from metaworldx.envs.factory import make

    return partial(make, task, "native", options.collisions)


def _in_words(found: Evaluation, about: dict[str, Any]) -> str:
    motion = found.motion
    lines = [
        f"{found.task}, {found.act_with}, {found.episodes} episodes: return "
        f"{found.return_mean:.1f} ± "
        f"{found.return_stderr:.1f}, length {found.length_mean:.0f}, no fall in 30 s "
        f"{found.no_fall_share:.0%}, success {found.success_share:.0%} "
        f"(success bar {found.success_bar:g})",
        f"forward {motion.forward_speed_mean:.2f} m/s, tracking {_or_none(motion.tracking_error)} "
        f"rad, jerk {motion.jerk:.0f} rad/s^3, foot slip {_or_none(motion.foot_slip)} m/s, "
        f"energy {motion.energy:.0f} W, {motion.alternating_contacts:.0f} alternating contacts",
    ]
    if found.mean_weights is not None:
        mixed = sorted(found.mean_weights.items(), key=lambda item: -item[1])
        lines.append("mean weights: " + ", ".join(f"{name} {w:.2f}" for name, w in mixed))
    if found.milestones:
        reached = ", ".join(f"{m} {x:.0%}" for m, x in found.milestones.items())
        lines.append(f"reached in: {reached}")
    if found.goal_distance_m is not None:
        lines.append(
            f"hand {found.goal_distance_m:.2f} m from its goal in the last second, on average"
        )
    if "reaching" in about:
        reached = about["reaching"]
        lines.append(
            f"within 10 cm of {reached['reached_share']:.0%} of {reached['targets']} new targets, "
            f"standing in {reached['standing_share']:.0%}; hands {reached['distance_mean']:.3f} m "
            "away on average"
        )
    return "\n".join(lines)


def _or_none(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
