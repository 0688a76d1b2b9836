"""Stir in a cup with a spoon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_CENTRE, _RADIUS, _PERIOD = (0.75, -0.1, 0.95), 0.06, 40
"""The target's circle over the cup: centre and radius (m), control steps a turn."""
_HANDLE, _PLATE = (0.0, 0.0, 0.0035), (0.1, 0.0, 0.0035)
"""Centres of the spoon's handle and plate in the spoon's frame (m)."""


class Spoon(Task):
    """Take the spoon, put its plate into the cup and follow a target that circles there.

    The state is the number of steps since the start, int32. The plate's position is that of the
    geom `spoon_plate`, not of the site with the same name. HumanoidBench never sets its counter
    back; here each episode begins with the target at the same place.
    """

    name = "spoon"
    instruction = "Grasp the spoon and stir in the pot with the hand."
    scene_description = "A table with a spoon and a pot."
    scene = "spoon"
    camera = "cam_tabletop"
    success_bar = 650
    object_qpos = (0.75, 0.2, 0.9, 1.0, 0.0, 0.0, 0.0)

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._spoon, self._cup = layout.body("spoon"), layout.body("cup")

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        return begin.replace(memory=jnp.zeros((), jnp.int32))

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        return jnp.concatenate([data.qpos, data.qvel, _target(state, data.qpos.dtype)])

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)
        handle, plate = self._on_spoon(data, _HANDLE), self._on_spoon(data, _PLATE)
        reach = jnp.min(reward_terms.hand_distances(self.robot, data, handle))
        held = tolerance(reach, (0.0, 0.2), 0.5)
        to_target = reward_terms.distance(plate, _target(state, plate.dtype))
        stirring = tolerance(to_target, margin=0.15)
        inside = data.xpos[self._cup] + jnp.array([0.0, 0.0, 0.1], plate.dtype)
        in_cup = jnp.all(jnp.abs(plate - inside) < 0.1).astype(plate.dtype)
        return step_result(
            0.15 * (stand * control) + 0.25 * held + 0.25 * in_cup + 0.35 * stirring,
            data.qpos[2] < 0.58,
            {
                "stand_reward": stand,
                "small_control": control,
                "hand_tool_proximity_reward": held,
                "reward_spoon_in_cup": in_cup,
                "spoon_spinning_reward": stirring,
            },
            state + 1,
        )

    def _on_spoon(self, data: SimData, offset: tuple[float, float, float]) -> jax.Array:
        """World position `[3]` (m) of a point of the spoon."""
        turned = reward_terms.rotated(data.xquat[self._spoon], jnp.array(offset, data.xpos.dtype))
        return data.xpos[self._spoon] + turned

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        return np.asarray(record["step_counter"], np.int32)

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        return {"step_counter": int(state)}


def _target(step: jax.Array, dtype: jnp.dtype) -> jax.Array:
    """Where the plate is to be `[3]`, m, so many steps after the start."""
    angle = (step % _PERIOD).astype(dtype) * (2.0 * np.pi / _PERIOD)
    circle = jnp.stack([jnp.cos(angle), jnp.sin(angle), jnp.zeros_like(angle)])
    return jnp.array(_CENTRE, dtype) + _RADIUS * circle
