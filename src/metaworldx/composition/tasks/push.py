"""Composition of the push: a hand moves behind the box and pushes it; the goal is the table."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.composition.affordances import Affordances, ComposedTask, TargetsFn, affordances
from metaworldx.composition.hand_targets import both
from metaworldx.envs.task import Task, TaskState
from metaworldx.sim.data import SimData

_SAME_SIDE = 0.05
"""A box so near its goal across (m) is left to the hand that pushes it there from the middle."""
_AT_THE_TABLE = 0.55
"""Goal along x (m): inside the table, whose edge at 0.4 stops the robot."""
_WITH_THE_GOAL = 0.7
"""And across, the share of the goal's place: neither arm reaches across from the middle."""

# Pushing a box, m but for the cosine and the share.
_ROUND = 0.22
"""A hand goes round the box at this distance from its centre; the box's corners are at 0.14."""
_BEHIND = 0.9
"""A hand is behind the box when its direction from it is the way's, turned round, by this cosine
(26 degrees) or more."""
_THROUGH = 0.1
"""Distance of the push target beyond the box's centre."""
_OVER = 0.05
"""Height of hand targets over the box's centre: an arm sags by that, on the table it sticks."""
_SHY = 0.5
"""Share of the way to the side by which the aim is short of the goal. A hand that comes from the
robot, which walks, shoves the box ahead too far, and nothing brings it back."""


def _affordances(task: Task) -> TargetsFn:
    """Either hand pushes the box to the other side; the goal is the table."""
    box, robot = task.layout.body("object"), task.robot

    def read(data: SimData, state: TaskState) -> Affordances:
        goal, at = state.goal, data.xpos[box]
        hands = jnp.stack([robot.left_hand(data), robot.right_hand(data)])
        left_of_it = goal[1] - at[1]
        to_left = jnp.where(jnp.abs(left_of_it) > _SAME_SIDE, left_of_it, goal[1]) > 0.0
        place = push_place(jnp.where(to_left, hands[1], hands[0]), at, goal)
        return affordances(
            both(place),
            (~to_left, to_left),
            jnp.stack([jnp.array(_AT_THE_TABLE), _WITH_THE_GOAL * goal[1]]),
        )

    return read


def push_place(hand: jax.Array, box: jax.Array, goal: jax.Array) -> jax.Array:
    """Where a hand goes next to push a box to a goal: round it until behind it, then on `[3]`, m.

    Args:
      hand, box, goal: `[3]`, in the world.
    """
    way = (goal - box)[:2]
    along = _unit(way - jnp.array([_SHY * jnp.abs(way[1]), 0.0]))
    from_box = _unit((hand - box)[:2])
    behind = -jnp.dot(along, from_box) > _BEHIND
    off = jnp.where(behind, _THROUGH * along, _ROUND * _unit(from_box - along))
    return box + jnp.append(off, _OVER)


def _unit(x: jax.Array) -> jax.Array:
    return x / jnp.maximum(jnp.linalg.norm(x), 1e-6)


COMPOSED = ComposedTask(
    _affordances, reference_schedule=(("stand", 1_090_000), ("reach", 2_000_000))
)
