"""Affordances of a task: targets of the hands, a goal to walk to, and how far the task is.

Read off the environment's state at every step. A composed task states its own in
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
"""How far a gait that goes is asked to turn at once (rad), unless there is no room for its bow."""
_LOST = 0.3
"""A first milestone that is less than this far has been lost."""


@struct.dataclass
class Affordances(TaskTargets):
    """What one environment's scene asks of experts, and how far its task is.

    Attributes:
      milestones: how far each is, 0 to 1 (reached) `[MILESTONES]`, in the order in which they
        come.
      once: whether hands that have reached the first milestone and lost it are asked no more, bool.
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
    """Affordances of an environment's states; a task without a composition asks nothing.

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
    """The affordances, hands asked no more where what they had reached is lost.

    Args:
      reached: the greatest that each milestone has been `[MILESTONES]`.
    """
    lost = scene.once & (reached[0] >= 1.0) & (scene.milestones[0] < _LOST)
    return scene.replace(asked=scene.asked & ~lost)


def affordances(
    places: jax.Array,
    asked: tuple[jax.Array | bool, jax.Array | bool],
    goal: jax.Array | None = None,
    *,
    once: bool = False,
    turn: jax.Array | float = TURN,
) -> Affordances:
    """Affordances before their milestones are filled in.

    Args:
      places: targets of left and right hand in the world `[2, 3]`, m.
      asked: whether left and right hand are to go there.
      goal: where to walk `[2]`, m; None stays.
      once: whether hands that have reached the first milestone and lost it are asked no more.
      turn: how far a gait is asked to turn at once, rad.
    """
    return Affordances(
        places=places,
        asked=jnp.stack([jnp.asarray(hand) for hand in asked]),
        goal=jnp.zeros(2) if goal is None else goal,
        going=jnp.array(goal is not None),
        turn=jnp.asarray(turn, float),
        milestones=jnp.zeros(MILESTONES),
        once=jnp.array(once),
    )


def _nothing() -> Affordances:
    return affordances(jnp.zeros((2, 3)), (False, False))
