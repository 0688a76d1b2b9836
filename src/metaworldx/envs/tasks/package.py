"""Carry a package to a place on the floor."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import (
    FREE_QPOS,
    FREE_QVEL,
    ResetState,
    StepResult,
    Task,
    TaskState,
    progress,
    step_result,
)
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_SPREAD = 2.0
"""Package and destination are drawn from a square of twice this side (m) around the origin."""
_REST_HEIGHT = 0.35


class Package(Task):
    """Bring a package within 0.1 m of its destination, which pays 1000 and ends the episode.

    HumanoidBench's observation right after a reset still shows the destination's earlier place;
    here it shows the present one.
    """

    name = "package"
    instruction = "Walk to the package, pick it up with both hands and carry it to the goal."
    scene_description = "A box on the floor and a mark some metres away."
    scene = "package"
    success_bar = 1500
    milestone_names = ("at the package", "package lifted", "package brought")
    object_qpos = (0.75, 0.0, 0.35, 1.0, 0.0, 0.0, 0.0)

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._qpos, self._qvel = layout.qpos("free_package"), layout.qvel("free_package")
        self._body = layout.body("package_a")
        self._destination = layout.site("destination_loc")

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        dtype = begin.qpos.dtype
        places = jax.random.uniform(key, (2, 2), dtype, -_SPREAD, _SPREAD)
        package = jnp.append(places[0], jnp.asarray(_REST_HEIGHT, dtype))
        destination = jnp.append(places[1], jnp.zeros((), dtype))
        return begin.replace(
            qpos=begin.qpos.at[self._qpos : self._qpos + 3].set(package),
            mocap_pos=begin.mocap_pos.at[self.layout.mocap("package_destination")].set(destination),
        )

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        return jnp.concatenate(
            [
                self.robot.observation(data),
                data.site_xpos[self._destination],
                data.qpos[self._qpos : self._qpos + FREE_QPOS],
                data.qvel[self._qvel : self._qvel + FREE_QVEL],
                self.robot.hands(data).reshape(-1),
            ]
        )

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        package = data.qpos[self._qpos : self._qpos + 3]
        stand, control = (
            reward_terms.stand(self.robot, data, low=0.8),
            reward_terms.small_control(data),
        )
        to_go = reward_terms.distance(package, data.site_xpos[self._destination])
        left, right = reward_terms.hand_distances(self.robot, data, package)
        height = jnp.minimum(package[2], 1.0)
        there = to_go < 0.1
        return step_result(
            stand * control - 3.0 * to_go - 0.1 * (left + right) + height + 1000.0 * there,
            there,
            {
                "stand_reward": stand,
                "small_control": control,
                "dist_package_destination": to_go,
                "dist_hand_package_right": right,
                "dist_hand_package_left": left,
                "package_height": height,
            },
            success=there,
        )

    def milestones(self, data: SimData, state: TaskState) -> jax.Array:
        """Pelvis within 0.6 m of the package, package 0.5 m high, 0.1 m from its destination."""
        at, to = data.xpos[self._body], data.site_xpos[self._destination]
        away = jnp.linalg.norm((at - self.robot.pelvis_position(data))[:2])
        return progress(0.6 / away, at[2] / 0.5, 0.1 / jnp.linalg.norm(at - to))
