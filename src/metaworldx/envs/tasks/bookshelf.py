"""Put five objects of a bookshelf into given places, one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs import reward_terms
from metaworldx.envs.robots import RobotSpec
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState, View, step_result
from metaworldx.envs.tolerance import tolerance
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

_OBJECTS = (
    *("book_a", "book_b", "book_c", "book_d", "book_e", "trophy", "book_flat"),
    *("soda_can", "book_thick", "chalk", "snow_globe", "headphone"),
)
_CODE = -2 * len(_OBJECTS)
"""HumanoidBench names an object by its body's place from the end of the list; book_a's is -24."""
_PLACES = (
    *((0.75, -0.25, 1.55), (0.8, 0.05, 0.95), (0.8, -0.25, 0.95)),
    *((0.85, 0.05, 0.35), (0.85, -0.25, 0.35)),
)
_SIMPLE_ORDER = (5, 2, 9, 4, 1)
_COUNT = len(_PLACES)
_NEAR = 0.15
"""An object is placed once it is this near (m) to its goal."""


@struct.dataclass
class BookshelfState:
    """What is to be put where, and how far the robot has come.

    Attributes:
      task_index: how many objects are placed, int32.
      objects: numbers of the objects in the order they are asked for `[6]` int32, the last twice.
      goals: where each belongs `[6, 3]`, m, the last twice.
    """

    task_index: jax.Array
    objects: jax.Array
    goals: jax.Array


class BookshelfSimple(Task):
    """Place five given objects in a given order; placing number k pays 100 k.

    The episode ends when all are placed, when the robot falls or when the object next in turn does.
    The observation ends with HumanoidBench's own code for that object, -24 to -13.
    """

    view = View(40, -12, 4.0, (0.4, 0.0, 0.95))
    name = "bookshelf_simple"
    instruction = (
        "Stand at the bookshelf, grasp one object after another and place each where it belongs."
    )
    scene_description = "A bookshelf with five objects."
    scene = "bookshelf_simple"
    camera = "cam_hand_visible"
    success_bar = 2000
    reset_noise = 0.0
    shuffled: ClassVar[bool] = False
    """Whether objects, their order and their places are drawn anew for each episode."""
    object_qpos = (
        *(0.95, -0.36, 1.25, 1.0, 0.0, 0.0, 0.0),
        *(0.95, -0.3, 1.25, 1.0, 0.0, 0.0, 0.0),
        *(0.95, -0.24, 1.25, 1.0, 0.0, 0.0, 0.0),
        *(0.95, -0.18, 1.25, 1.0, 0.0, 0.0, 0.0),
        *(0.95, -0.12, 1.25, 1.0, 0.0, 0.0, 0.0),
        *(0.95, 0.02, 1.25, 1.0, 0.0, 0.0, 0.0),
        *(0.95, 0.12, 1.255, 0.70738828, -0.70682518, 0.0, 0.0),
        *(0.95, -0.3, 0.65, 1.0, 0.0, 0.0, 0.0),
        *(0.95, -0.13, 0.65, 1.0, 0.0, 0.0, 0.0),
        *(0.95, 0.0, 0.65, 1.0, 0.0, 0.0, 0.0),
        *(0.95, 0.2, 0.65, 1.0, 0.0, 0.0, 0.0),
        *(0.85, 0.0, 1.58, 0.8689313, -0.06692531, 0.12250874, 0.47483787),
    )

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        super().__init__(spec, layout)
        self._bodies = tuple(layout.body(name) for name in _OBJECTS)

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        dtype = begin.qpos.dtype
        objects, goals = jnp.array(_SIMPLE_ORDER), jnp.array(_PLACES, dtype)
        if self.shuffled:
            object_key, goal_key = jax.random.split(key)
            objects = jax.random.permutation(object_key, len(_OBJECTS))[:_COUNT]
            goals = jax.random.permutation(goal_key, goals)
        objects = objects.astype(jnp.int32)
        # Each object's destination is shown by a ghost of it, which stands where it belongs.
        ghosts = jnp.array([self.layout.mocap(f"{name}_vision") for name in _OBJECTS])
        return begin.replace(
            mocap_pos=begin.mocap_pos.at[ghosts[objects]].set(goals),
            memory=BookshelfState(
                task_index=jnp.zeros((), jnp.int32),
                objects=jnp.append(objects, objects[-1]),
                goals=jnp.concatenate([goals, goals[-1:]]),
            ),
        )

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        code = state.objects[state.task_index] + _CODE
        return jnp.concatenate([data.qpos, data.qvel, code[None].astype(data.qpos.dtype)])

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        stand, control = reward_terms.stand(self.robot, data), reward_terms.small_control(data)

        positions = data.xpos[jnp.array(self._bodies)[state.objects]]
        position = positions[state.task_index]
        to_goal = reward_terms.distance(position, state.goals[state.task_index])
        near_goal = tolerance(to_goal, (0.0, _NEAR), 1.0, "linear")
        near_hand = jnp.exp(-jnp.min(reward_terms.hand_distances(self.robot, data, position)))

        placed = to_goal < _NEAR
        index = state.task_index + placed.astype(state.task_index.dtype)
        finished = index == _COUNT
        dropped = positions[index, 2] < 0.5
        return step_result(
            0.2 * (stand * control)  # pyright: ignore[reportOperatorIssue]
            + 0.4 * near_goal
            + 0.4 * near_hand
            + jnp.where(placed, 100.0 * index, 0.0),
            (data.qpos[2] < 0.58) | finished | dropped,
            {
                "stand_reward": stand,
                "small_control": control,
                "reward_proximity": near_goal,
                "reward_hand_proximity": near_hand,
                "obj_goal_dist": to_goal,
            },
            state.replace(task_index=index),
            success=finished,
            success_subtasks=index,
        )

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        codes = record.get("bookshelf_objects", [i + _CODE for i in _SIMPLE_ORDER])
        task_index: Any = np.asarray(record["task_index"], np.int32)
        return BookshelfState(
            task_index=task_index,
            objects=_last_twice(np.asarray(codes, np.int32) - _CODE),
            goals=_last_twice(np.asarray(record["placement_goals"], float)),
        )

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        if not self.shuffled:
            # There HumanoidBench keeps no second copy of the last goal, nor the objects.
            return {
                "task_index": int(state.task_index),
                "placement_goals": np.asarray(state.goals)[:_COUNT].tolist(),
            }
        return {
            "task_index": int(state.task_index),
            "placement_goals": np.asarray(state.goals).tolist(),
            "bookshelf_objects": (np.asarray(state.objects) + _CODE).tolist(),
        }


class BookshelfHard(BookshelfSimple):
    """As the simple one, but objects, order and places are drawn anew for each episode."""

    name = "bookshelf_hard"
    instruction = (
        "Stand at the bookshelf, grasp one object after another and place each where it belongs."
    )
    scene_description = "A bookshelf with five objects in any order."
    scene = "bookshelf_hard"
    shuffled = True


def _last_twice(rows: np.ndarray) -> Any:
    """The first five rows and the fifth once more."""
    return np.concatenate([rows[:_COUNT], rows[_COUNT - 1 : _COUNT]])
