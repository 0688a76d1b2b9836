"""Falls: when a robot has fallen, wherever falls are counted."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

from metaworldx.envs.task import Task
from metaworldx.sim.data import SimData

FALL_HEIGHT, FALL_HEIGHT_SITTING = 0.5, 0.35
"""Pelvis heights (m) under which the robot has fallen; the lower one where the task sits."""
FALL_UPRIGHT = math.cos(math.radians(70.0))
"""Uprightness of the torso under which it has fallen: tilted by more than 70 degrees."""


def fallen(task: Task, data: SimData) -> jax.Array:
    """Whether the robot has fallen in a task, bool; never in one that has no falls."""
    if not task.can_fall:
        return jnp.zeros((), bool)
    low = FALL_HEIGHT_SITTING if task.sits else FALL_HEIGHT
    return (data.qpos[2] < low) | (task.robot.torso_upright(data) < FALL_UPRIGHT)
