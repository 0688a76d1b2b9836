"""Affordances of a task: hand targets, a goal to walk to, and progress of its milestones.

They are computed from the environment's state at every step. A composed task states its own in
`composition.tasks`; its milestones are the task's (`Task.milestones`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.registry import TASKS, task_class
from metaworldx.experts.task_targets import ComposedTask as ComposedTask
from metaworldx.experts.task_targets import TargetsFn as TargetsFn
from metaworldx.experts.task_targets import TaskTargets, composed_task

MILESTONES = 3
"""Width of milestones in arrays; entries beyond a task's own are never reached."""
TURN = 0.4
"""Greatest heading error commanded to a gait (rad), where there is room for its turn."""
_LOST = 0.3
"""A first milestone with less progress than this is lost."""


@struct.dataclass
class Affordances(TaskTargets):
    """Targets for the experts in one environment, and progress of its task.

    Attributes:
      milestones: progress of each, 0 to 1 (reached) `[MILESTONES]`, in the task's order.
      once: whether hand targets end when the first milestone was reached and lost again, bool.
    """

    milestones: jax.Array
    once: jax.Array


AffordancesFn = Callable[[Any], Affordances]
"""Affordances in one environment's state (or anything with its `readings` and `memory`)."""


def reference_schedules() -> dict[str, tuple[tuple[str, int], ...]]:
    """Table IV of MetaWorld-X by the names of its tasks."""
    found = {name: composed_task(task_class(name)) for name in TASKS}
    return {name: c.reference_schedule for name, c in found.items() if c and c.reference_schedule}


def affordances_of(env: Env) -> AffordancesFn:
    """Affordances of an environment's states; a task without a composition has no targets.

    Raises:
      UserError: more milestones than MILESTONES, or than they have names.
    """
    task, composed, count = env.task, composed_task(env.task), len(env.task.milestone_names)
    if count > MILESTONES:
        raise UserError(f"{env.id} has {count} milestones; composition takes {MILESTONES}")
    read = (lambda data, state: _nothing()) if composed is None else composed.affordances(task)

    def of(state: Any) -> Affordances:
        r, memory = state.readings, state.memory
        far = jnp.asarray(task.milestones(r, memory), float)
        if far.shape != (count,):
            raise UserError(f"{env.id} has milestones of shape {far.shape} and {count} names")
        return read(r, memory).replace(milestones=jnp.pad(far, (0, MILESTONES - count)))

    return of


def drop_lost_targets(scene: Affordances, reached: jax.Array) -> Affordances:
    """The affordances without hand targets where the first milestone was reached and lost.

    Args:
      reached: running maximum of each milestone `[MILESTONES]`.
    """
    lost = scene.once & (reached[0] >= 1.0) & (scene.milestones[0] < _LOST)
    return scene.replace(has_target=scene.has_target & ~lost)


def affordances(
    hand_targets: jax.Array,
    has_target: tuple[jax.Array | bool, jax.Array | bool],
    goal: jax.Array | None = None,
    *,
    once: bool = False,
    turn: jax.Array | float = TURN,
) -> Affordances:
    """Affordances before their milestones are filled in.

    Args:
      hand_targets: of left and right hand in the world `[2, 3]`, m.
      has_target: whether left and right hand have a target.
      goal: position to walk to `[2]`, m; None for standing.
      once: as in `Affordances`.
      turn: greatest heading error commanded to a gait, rad.
    """
    return Affordances(
        hand_targets=hand_targets,
        has_target=jnp.stack([jnp.asarray(hand) for hand in has_target]),
        goal=jnp.zeros(2) if goal is None else goal,
        has_goal=jnp.array(goal is not None),
        turn=jnp.asarray(turn, float),
        milestones=jnp.zeros(MILESTONES),
        once=jnp.array(once),
    )


def _nothing() -> Affordances:
    return affordances(jnp.zeros((2, 3)), (False, False))
