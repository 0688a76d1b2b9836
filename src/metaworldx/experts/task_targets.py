"""A task's targets as an expert's command: places for its hands, where to head.

Composition, an expert's own evaluation and its films all go through here.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.experts.body_frame import BodyFrame
from metaworldx.experts.motion_command import MotionCommand
from metaworldx.experts.motion_library import MotionLibrary
from metaworldx.motion.clip import COMMAND, COMMAND_SIZE
from metaworldx.motion.kinematics import to_heading, wrapped

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
