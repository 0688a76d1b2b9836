"""Bring the things that lie around in a room together."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import (
    FREE_QPOS,
    ResetState,
    StepResult,
    Task,
    TaskState,
    View,
    step_result,
)
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_OBJECTS = ("chair", "trophy", "headphone", "package_a", "package_b", "snow_globe")
_HEADPHONE_QUAT = (0.07334222, 0.05190761, -0.24005806, -0.96659125)
_LOW_X = -3.5
"""Object number k is put between this + k and this + k + 1 (x, m), the chair being number 1."""
_NEAR_Y, _FAR_Y = 1.2, 3.5
"""And this far from the middle line, on either side (y, m)."""


class Room(Task):
    """Gather six objects: the larger of their variances along x and y is to become small.

    HumanoidBench's reset counts seven objects from the end of qpos where there are six: number 0
    is two joints of the right hand, which so begin far outside of their ranges. Kept, because it
    decides how an episode begins.
    """

    view = View(50, -35, 9.0, (0.0, 0.0, 0.4))
    name = "room"
    instruction = "Walk through the room, pick up scattered objects and carry them together."
    scene_description = "A room with a chair, a cup, shoes, a mug and other objects."
    scene = "room"
    success_bar = 400
    object_qpos = (
        *(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
        *(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
        *(0.0, 0.0, 0.0, *_HEADPHONE_QUAT),
        *(0.0, 0.0, 0.1, 1.0, 0.0, 0.0, 0.0),
        *(0.0, 0.0, 0.1, 1.0, 0.0, 0.0, 0.0),
        *(0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0),
    )

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._objects = np.array([layout.body(name) for name in _OBJECTS])

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        count, dtype = len(_OBJECTS) + 1, begin.qpos.dtype
        x_key, y_key, side_key = jax.random.split(key, 3)
        x = _LOW_X + jnp.arange(count) + jax.random.uniform(x_key, (count,), dtype)
        y = jax.random.uniform(y_key, (count,), dtype, _NEAR_Y, _FAR_Y)
        y = y * jax.random.rademacher(side_key, (count,), dtype)
        first = self.layout.qpos("free_chair") - FREE_QPOS
        at = first + FREE_QPOS * np.arange(count)
        headphone = self.layout.qpos("free_headphone") + 3
        qpos = begin.qpos.at[at].set(x.astype(dtype)).at[at + 1].set(y)
        quat = jnp.array(_HEADPHONE_QUAT, dtype)
        return begin.replace(qpos=qpos.at[headphone : headphone + 4].set(quat))

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        standing = reward_terms.standing(self.robot, data)
        upright = reward_terms.upright(self.robot, data)
        stand = standing * upright
        control = reward_terms.small_control(data)
        spread = jnp.max(jnp.var(data.xpos[self._objects, :2], axis=0))
        organised = tolerance(spread, margin=3.0)
        return step_result(
            0.2 * (control * stand) + 0.8 * organised,
            data.qpos[2] < 0.3,
            {
                "stand_reward": stand,
                "small_control": control,
                "standing": standing,
                "upright": upright,
                "room_object_organized": organised,
            },
        )
