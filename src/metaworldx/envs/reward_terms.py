"""Reward terms that many HumanoidBench tasks share."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.envs.robots import Robot
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData

STAND_HEIGHT = 1.65
"""Head height (m) from which H1 counts as standing."""
INF = float("inf")


def upright(robot: Robot, data: SimData, low: float = 0.9, margin: float = 1.9) -> jax.Array:
    """1 while the torso's z axis points up by at least `low`, linear below."""
    return tolerance(robot.torso_upright(data), (low, INF), margin, "linear", 0.0)


def standing(
    robot: Robot, data: SimData, margin: float = STAND_HEIGHT / 4, height: float = STAND_HEIGHT
) -> jax.Array:
    """1 while the head is at least `height` (m) up."""
    return tolerance(robot.head_height(data), (height, INF), margin)


def stand(
    robot: Robot, data: SimData, low: float = 0.9, margin: float = STAND_HEIGHT / 4
) -> jax.Array:
    """Standing at full height with the torso upright: `standing` times `upright`."""
    return standing(robot, data, margin) * upright(robot, data, low)


def small_control(data: SimData) -> jax.Array:
    """Between 0.8 and 1, by how small the actuator forces are (10 N m as the scale)."""
    effort = tolerance(data.actuator_force, margin=10.0, value_at_margin=0.0, sigmoid="quadratic")
    return (4.0 + effort.mean()) / 5.0


def forward(robot: Robot, data: SimData, speed: float) -> jax.Array:
    """Between 1/6 and 1: the centre of mass moves along x with at least `speed` (m/s)."""
    move = tolerance(robot.com_velocity(data)[0], (speed, INF), speed, "linear", 0.0)
    return (5.0 * move + 1.0) / 6.0


def still(robot: Robot, data: SimData) -> jax.Array:
    """1 while the centre of mass does not move horizontally."""
    return tolerance(robot.com_velocity(data)[:2], margin=2.0).mean()


def distance(a: jax.Array, b: jax.Array) -> jax.Array:
    """Euclidean distance along the last axis, with a finite gradient at zero."""
    square = jnp.sum((a - b) ** 2, axis=-1)
    safe = jnp.where(square > 0.0, square, 1.0)
    return jnp.where(square > 0.0, jnp.sqrt(safe), 0.0)


def hand_distances(robot: Robot, data: SimData, point: jax.Array) -> jax.Array:
    """Distances of the left and the right hand to a world position `[2]`, m."""
    return distance(robot.hands(data), point)


def rotated(quat: jax.Array, vector: jax.Array) -> jax.Array:
    """A vector `[3]` turned by a unit quaternion w x y z."""
    w, v = quat[0], quat[1:]
    return vector + 2.0 * jnp.cross(v, jnp.cross(v, vector) + w * vector)
