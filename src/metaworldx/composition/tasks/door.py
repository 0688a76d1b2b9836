"""Composition of the door: the left hand turns its hatch, the goal lies behind it."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.composition.affordances import Affordances, ComposedTask, TargetsFn, affordances
from metaworldx.composition.hand_targets import both
from metaworldx.envs.task import Task, TaskState
from metaworldx.sim.data import SimData

_BEHIND_THE_DOOR = (1.2, 0.1)
"""Goal, m."""
_HANDLE_NEAR = 0.2
"""Distance of the handle ahead of the pelvis at which the hand gets its target, m."""

# Pressing the hatch's handle, m.
GRIP = (-0.141, -0.1, 0.0)
"""Position from the hatch at which a hand presses the handle."""
TURNED = 0.3
"""A handle turned by more (rad) has a hand on it: its spring takes it back otherwise."""
_OVER_X = (-0.03, 0.03)
_OVER_Z = 0.04
_LIFT, _PRESS = 0.12, -0.10
_BACK = (-0.16, 0.0, 0.2)


def _affordances(task: Task) -> TargetsFn:
    """The left hand presses the hatch's handle and stays; the goal is behind the door."""
    layout, robot = task.layout, task.robot
    hatch, turn = layout.body("door_hatch"), layout.qpos("door_hatch_hinge")

    def read(data: SimData, state: TaskState) -> Affordances:
        del state
        angle = data.qpos[turn]
        grip = data.xpos[hatch] + jnp.array(GRIP)
        ahead = grip[0] - robot.pelvis_position(data)[0]
        turned = angle > TURNED
        return affordances(
            both(handle_place(robot.left_hand(data), grip, angle)),
            # Before it is so near, an arm held out keeps the robot off the door.
            (turned | (ahead < _HANDLE_NEAR), False),
            jnp.array(_BEHIND_THE_DOOR),
            # Another try costs more than the hatch is worth.
            once=True,
        )

    return read


def handle_place(hand: jax.Array, grip: jax.Array, angle: jax.Array) -> jax.Array:
    """Where a hand goes next to press a lever down: back from under it, over it, down `[3]`, m.

    A hand that is over the lever is not moved along it or across, lest it push the robot away.

    Args:
      hand: `[3]`, in the world.
      grip: a point `-GRIP[1]` from the lever's axis, as the lever is level `[3]`.
      angle: by which the lever is turned, rad.
    """
    off = hand - grip
    across = jnp.clip(off[0], *_OVER_X)
    high = off[2] > _OVER_Z + GRIP[1] * jnp.sin(angle)
    over = high & (off[0] > _OVER_X[0] - 0.03) & (jnp.abs(off[1]) < 0.1)
    down = jnp.stack([across, 0.0, _PRESS])
    up = jnp.where(high, jnp.stack([across, 0.0, _LIFT]), jnp.array(_BACK))
    return grip + jnp.where(over | (angle > TURNED), down, up)


COMPOSED = ComposedTask(
    _affordances, reference_schedule=(("stand", 170_000), ("walk", 740_000), ("reach", 2_000_000))
)
