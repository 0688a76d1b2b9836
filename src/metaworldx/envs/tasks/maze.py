"""Walk through a maze, from checkpoint to checkpoint."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs import reward_terms
from metaworldx.envs.task import ResetState, StepResult, Task, View, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.contact_rules import ContactRule, bodies
from metaworldx.sim.data import SimData

# The first checkpoint is the start itself, so the first step pays 100; the last one repeats
# the one before it, so stage 4 means that the way is done.
_CHECKPOINTS = ((0.0, 0.0), (3.0, 0.0), (3.0, 6.0), (6.0, 6.0), (6.0, 6.0))
# Which way to walk at each stage; at the last one it no longer counts.
_DIRECTIONS = ((1.0, 0.0), (1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, 1.0))
_LAST = len(_CHECKPOINTS) - 1


@struct.dataclass
class MazeState:
    """State of the maze.

    Attributes:
      stage: how many checkpoints have been reached, 0 to 4, int32 scalar.
    """

    stage: jax.Array


class Maze(Task):
    """Walk with 2 m/s along each corridor; stage n reached pays 100 n, walls leave a tenth."""

    view = View(60, -50, 13.0, (3.0, 3.0, 0.0))
    name = "maze"
    instruction = "Walk through a maze, turning at its corners, to the goal."
    scene_description = "Walls and corners."
    scene = "maze"
    success_bar = 1200
    camera = "cam_maze"
    contact_rules: ClassVar = {"wall": ContactRule(bodies("maze"))}

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """Begins at stage 0."""
        return replace(begin, memory=MazeState(jnp.zeros((), jnp.int32)))

    def evaluate(self, data: SimData, state: MazeState) -> StepResult:
        """Stand, speed along the corridor, nearness of the next checkpoint; plus 100 n."""
        checkpoints = jnp.array(_CHECKPOINTS, data.qpos.dtype)
        pelvis, imu = self.robot.pelvis_position(data)[:2], self.robot.imu_position(data)[:2]
        reached = reward_terms.distance(pelvis, checkpoints[state.stage]) < 0.4
        stage = jnp.minimum(state.stage + reached.astype(jnp.int32), _LAST)
        bonus = jnp.where(stage > state.stage, 100.0 * stage, 0.0)

        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)
        wanted = 2.0 * jnp.array(_DIRECTIONS, data.qpos.dtype)[stage]
        along = tolerance(
            self.robot.com_velocity(data)[:2] - wanted,
            margin=1.0,
            sigmoid="linear",
            value_at_margin=0.0,
        )
        move = (5.0 * jnp.where(stage == _LAST, 1.0, along[0] * along[1]) + 1.0) / 6.0
        proximity = tolerance(reward_terms.distance(imu, checkpoints[stage]), margin=1.0)
        discount = jnp.where(self.touch(data, "wall"), 0.1, 1.0)
        return step_result(
            (0.2 * stand * control + 0.4 * move + 0.4 * proximity) * discount + bonus,
            data.qpos[2] < 0.2,
            {
                "stand_reward": stand,
                "small_control": control,
                "move": move,
                "wall_collision_discount": discount,
                "stage_convert_reward": bonus,
                "checkpoint_proximity_reward": proximity,
            },
            MazeState(stage),
            success_subtasks=stage,
        )

    def memory_of_record(self, record: Mapping[str, Any]) -> MazeState:
        """The recorded stage; the direction follows from it."""
        return MazeState(jnp.asarray(record["maze_stage"], jnp.int32))

    def record_of_memory(self, state: MazeState) -> dict[str, Any]:
        """The stage and the direction to walk."""
        stage = int(np.asarray(state.stage))
        return {"maze_stage": stage, "move_direction": [*_DIRECTIONS[stage], 0.0]}
