"""Put both ends of a block onto two pegs."""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import StepResult, Task, TaskState, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex


class InsertNormal(Task):
    """Bring the two holes of a block to two pegs held 1.1 m high."""

    name = "insert_normal"
    instruction = "Stand, grasp the block in the hands and insert its ends into the pegs."
    scene_description = "A block and two pegs on a table."
    scene = "insert_normal"
    camera = "cam_inhand"
    max_episode_steps = 500
    success_bar = 350
    object_qpos = (
        *(0.8, -0.2, 0.95, 1.0, 0.0, 0.0, 0.0),
        *(0.8, 0.2, 0.95, 1.0, 0.0, 0.0, 0.0),
        *(0.6, 0.0, 0.95, 1.0, 0.0, 0.0, 0.0),
    )

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._pegs = np.array([layout.site("peg_a"), layout.site("peg_b")])
        self._holes = np.array([layout.site("block_peg_a"), layout.site("block_peg_b")])

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)
        pegs, holes = data.site_xpos[self._pegs], data.site_xpos[self._holes]
        inserted = tolerance(
            reward_terms.distance(holes, pegs), margin=0.5, sigmoid="linear"
        ).mean()
        height = tolerance(pegs[:, 2] - 1.1, margin=0.15, sigmoid="linear").mean()
        # The left hand belongs to peg a, the right one to peg b; the nearer pair counts.
        hands = self.robot.hands(data)
        held = tolerance(jnp.min(reward_terms.distance(hands, pegs)), (0.0, 0.2), 0.5)
        dropped = jnp.any(pegs[:, 2] < 0.5) | jnp.any(holes[:, 2] < 0.5)
        return step_result(
            (0.5 * (control * stand) + 0.5 * inserted) * (0.5 * height + 0.5 * held),
            (data.qpos[2] < 0.5) | dropped,
            {
                "small_control": control,
                "stand_reward": stand,
                "cube_target_reward": inserted,
                "hand_tool_proximity_reward": held,
                "peg_height_reward": height,
            },
        )


class InsertSmall(InsertNormal):
    """The same with a smaller block and pegs."""

    name = "insert_small"
    instruction = "Stand, grasp the small block in the hands and insert its ends into the pegs."
    scene_description = "A small block and two pegs on a table."
    scene = "insert_small"
