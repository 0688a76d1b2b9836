"""Targets of a task as an expert's command: hand targets and the heading to a goal.

Composition, an expert's own evaluation and its videos use the same functions.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.core.errors import UserError
from metaworldx.envs.env import Env
from metaworldx.envs.task import Task, TaskState
from metaworldx.experts.body_frame import BodyFrame
from metaworldx.experts.motion_command import MotionCommand
from metaworldx.experts.motion_library import MotionLibrary
from metaworldx.motion.clip import COMMAND, COMMAND_SIZE
from metaworldx.motion.kinematics import to_heading, wrapped
from metaworldx.sim.data import SimData

REACH = "reach"
"""Name of the expert that takes hand targets."""
_GOES = 0.1
"""An expert whose clip is faster than this (m/s) walks to the goal."""


@struct.dataclass
class TaskTargets:
    """Hand targets and goal in one environment; positions in the world, m.

    Attributes:
      hand_targets: targets of the hands, left first `[2, 3]`.
      has_target: which hands have a target `[2]`, bool.
      goal: position to walk to `[2]`.
      has_goal: whether there is a goal, bool.
      turn: greatest heading error commanded to a walking expert, rad.
    """

    hand_targets: jax.Array
    has_target: jax.Array
    goal: jax.Array
    has_goal: jax.Array
    turn: jax.Array


TargetsFn = Callable[[SimData, TaskState], TaskTargets]
"""Targets of a task's data and its own state."""
_TASKS = "metaworldx.composition.tasks"
"""Package of the compositions, by task name; modules are imported on demand."""


@dataclass(frozen=True)
class ComposedTask:
    """Facts of a task that experts are composed in.

    Attributes:
      affordances: makes the task's affordances of its data and state, as `affordances` builds
        them; their milestones are filled in from the task.
      reference_schedule: which expert is the residual agent's reference up to which control step
        of its training (Table IV of MetaWorld-X); empty where there is none.
    """

    affordances: Callable[[Any], TargetsFn]
    reference_schedule: tuple[tuple[str, int], ...] = ()


def composed_task(task: Task | type[Task]) -> ComposedTask | None:
    """The composition of a task; None for a task without one.

    Raises:
      UserError: `Task.composition` names none.
    """
    if task.composition:
        return _custom(task.composition)
    module = f"{_TASKS}.{task.name}"
    return import_module(module).COMPOSED if find_spec(module) is not None else None


def _custom(source: str) -> ComposedTask:
    module, _, name = source.partition(":")
    try:
        found = getattr(import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        raise UserError(f"Task.composition is {source!r}: {why}") from None
    if not isinstance(found, ComposedTask):
        raise UserError(f"Task.composition is {source!r}; needs MODULE:NAME of a ComposedTask")
    return found


def targets_fn_of(env: Env) -> TargetsFn | None:
    """Function that computes a task's targets; None for a task without a composition."""
    composed = composed_task(env.task)
    return None if composed is None else composed.affordances(env.task)


def hand_command(targets: TaskTargets, anchor: jax.Array) -> jax.Array:
    """Command `[11]` with hand targets in the anchor's frame; zeros for hands without one.

    Args:
      anchor: position (m) and heading (rad) of the command's frame `[3]`.
    """
    floor = jnp.append(anchor[:2], 0.0)
    local = jax.vmap(lambda place: to_heading(place - floor, anchor[2]))(targets.hand_targets)
    local = jnp.where(targets.has_target[:, None], local, 0.0)
    hands = slice(COMMAND["left_hand"].start, COMMAND["right_hand"].stop)
    return jnp.zeros(COMMAND_SIZE).at[hands].set(local.reshape(-1))


def heading_command(
    motion: MotionCommand, targets: TaskTargets, body: BodyFrame, speed: jax.Array
) -> MotionCommand:
    """Commands of walking experts with the heading to the goal, limited to `targets.turn`.

    Args:
      motion: of one robot, of any number of experts `[...]`.
      speed: forward speed of each expert's clip `[...]`, m/s.
    """
    way = targets.goal - body.qpos[:2]
    off = wrapped(jnp.arctan2(way[1], way[0]) - body.yaw)
    wanted = body.yaw + jnp.clip(off, -targets.turn, targets.turn)
    return motion.replace(
        heading=jnp.where((speed > _GOES) & targets.has_goal, wanted, motion.heading)
    )


def with_targets(
    library: MotionLibrary,
    skill: str,
    motion: MotionCommand,
    targets: TaskTargets,
    body: BodyFrame,
    begins: bool = False,
) -> MotionCommand:
    """Command of one expert of one robot, set to the current targets.

    Args:
      library: the expert's own clips.
      skill: its name.
      begins: whether an episode begins; then the clip with the nearest command is selected.
    """
    if skill == REACH:
        command, anywhere = hand_command(targets, motion.anchor), targets.has_target.any()
        apart = jnp.square(library.command - command).sum(axis=-1)
        clip = jnp.argmin(apart).astype(jnp.int32) if begins else motion.clip
        motion = motion.replace(
            clip=jnp.where(anywhere, clip, motion.clip),
            command=jnp.where(anywhere, command, motion.command),
        )
    return heading_command(
        motion, targets, body, library.command[motion.clip, COMMAND["speed"].start]
    )
