"""Composition of the truck: goals lead round the ramp and along its side to the packages."""

from __future__ import annotations

import jax.numpy as jnp

from metaworldx.composition.affordances import (
    TURN,
    Affordances,
    ComposedTask,
    TargetsFn,
    affordances,
)
from metaworldx.envs.task import Task, TaskState
from metaworldx.motion.kinematics import heading
from metaworldx.sim.data import SimData

# Places, m: the ramp begins 0.5 m before the robot and is 1.2 m wide to each side.
_RAMP_END_X, _CLEAR_Y = 3.0, 1.0
_OUT = (1.0, 1.5)
_LANE_Y, _AHEAD = 1.65, 0.8
"""Where to walk along the truck's side, 0.45 m off it, and how far ahead to look."""
_ASIDE = 1.6
"""Beside the packages the way leads round to the left (rad), which slows a gait that takes over."""
_TURN_OUT, _TURN_BACK = 2.0, 1.0
"""Turns (rad) at once: nearly on the spot while the robot begins, then back round to the truck."""


def _affordances(task: Task) -> TargetsFn:
    """Out from before the ramp to the truck's left side, and along it to the packages.

    The ramp is steeper than any gait climbs, and the truck's walls keep hands off the packages.
    """

    def read(data: SimData, state: TaskState) -> Affordances:
        here = task.robot.pelvis_position(data)[:2]
        on_the_way = task.milestones(data, state)[0] < 1.0
        before = (here[1] < _CLEAR_Y) & (here[0] < _RAMP_END_X)
        way = jnp.where(before, jnp.array(_OUT), jnp.stack([here[0] + _AHEAD, _LANE_Y]))
        yaw = heading(data.qpos[3:7]) + _ASIDE
        aside = here + jnp.stack([jnp.cos(yaw), jnp.sin(yaw)])
        return affordances(
            jnp.zeros((2, 3)),
            (False, False),
            jnp.where(on_the_way, way, aside),
            turn=jnp.where(before, _TURN_OUT, jnp.where(on_the_way, _TURN_BACK, TURN)),
        )

    return read


COMPOSED = ComposedTask(
    _affordances, reference_schedule=(("stand", 570_000), ("walk", 1_610_000), ("reach", 2_000_000))
)
