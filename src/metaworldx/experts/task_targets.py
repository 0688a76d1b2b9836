"""A task's targets as an expert's command: places for its hands, where to head.

Composition, an expert's own evaluation and its films all go through here.
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
"""The expert that is told places for its hands."""
_GOES = 0.1
"""An expert whose clip is faster than this (m/s) goes somewhere."""


@struct.dataclass
class TaskTargets:
    """Targets for hands and way in one environment; positions in the world, m.

    Attributes:
      places: for the hands, left first `[2, 3]`.
      asked: which hands have a place `[2]`, bool.
      goal: where to walk to `[2]`.
      going: whether there is such a goal, bool.
      turn: how far from where it heads an expert that goes is asked to turn at once, rad.
    """

    places: jax.Array
    asked: jax.Array
    goal: jax.Array
    going: jax.Array
    turn: jax.Array


TargetsFn = Callable[[SimData, TaskState], TaskTargets]
"""Targets of a task's data and its own state."""
_TASKS = "metaworldx.composition.tasks"
"""Where compositions lie by the names of their tasks; they are plug-ins, found when asked for."""


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
    """The composition of a task; None where experts are asked nothing in it.

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
    """Targets of a task's data and its own state; None where it asks nothing."""
    composed = composed_task(env.task)
    return None if composed is None else composed.affordances(env.task)


def hand_command(targets: TaskTargets, anchor: jax.Array) -> jax.Array:
    """The command `[11]` of the places asked for; zeros for hands without one.

    Args:
      anchor: place (m) and heading (rad) from which a command's places count `[3]`.
    """
    floor = jnp.append(anchor[:2], 0.0)
    places = jax.vmap(lambda place: to_heading(place - floor, anchor[2]))(targets.places)
    places = jnp.where(targets.asked[:, None], places, 0.0)
    hands = slice(COMMAND["left_hand"].start, COMMAND["right_hand"].stop)
    return jnp.zeros(COMMAND_SIZE).at[hands].set(places.reshape(-1))


def heading_command(
    follow: MotionCommand, targets: TaskTargets, body: BodyFrame, speed: jax.Array
) -> MotionCommand:
    """Experts that go head for the goal; no farther round than they can turn at once.

    Args:
      follow: of one robot, of any number of experts `[...]`.
      speed: that each one's clip asks for `[...]`, m/s.
    """
    way = targets.goal - body.qpos[:2]
    off = wrapped(jnp.arctan2(way[1], way[0]) - body.yaw)
    wanted = body.yaw + jnp.clip(off, -targets.turn, targets.turn)
    return follow.replace(
        heading=jnp.where((speed > _GOES) & targets.going, wanted, follow.heading)
    )


def with_targets(
    refs: MotionLibrary,
    skill: str,
    follow: MotionCommand,
    targets: TaskTargets,
    body: BodyFrame,
    begins: bool = False,
) -> MotionCommand:
    """What one expert of one robot follows, its command set to the targets of now.

    Args:
      refs: the expert's own clips.
      skill: its name.
      begins: whether an episode begins, so that the clip whose command is nearest is taken.
    """
    if skill == REACH:
        command, anywhere = hand_command(targets, follow.anchor), targets.asked.any()
        apart = jnp.square(refs.command - command).sum(axis=-1)
        clip = jnp.argmin(apart).astype(jnp.int32) if begins else follow.clip
        follow = follow.replace(
            clip=jnp.where(anywhere, clip, follow.clip),
            command=jnp.where(anywhere, command, follow.command),
        )
    return heading_command(follow, targets, body, refs.command[follow.clip, COMMAND["speed"].start])
