"""Task: scene, reset, observation, reward, termination and milestones, as pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, final

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs.robots import Robot, RobotSpec
from metaworldx.sim.contact_rules import ContactRule
from metaworldx.sim.data import SimData
from metaworldx.sim.model_index import ModelIndex

TaskState = Any
"""State of a task between steps: any pytree of arrays of fixed shapes, `()` if it has none."""

FREE_QPOS, FREE_QVEL = 7, 6


@dataclass(frozen=True)
class View:
    """Camera of pictures: it looks at a point beside the pelvis.

    Attributes:
      azimuth: direction it looks in, degrees; 180 sees the robot's front, 90 its right side.
      elevation: of its look, degrees; negative looks down.
      distance: from the point, m.
      offset: of the point from the spot under the pelvis, m.
    """

    azimuth: float = 130.0
    elevation: float = -12.0
    distance: float = 3.6
    offset: tuple[float, float, float] = (0.2, 0.0, 0.9)


@struct.dataclass
class ResetState:
    """State at the start of an episode.

    Attributes:
      qpos, qvel: state `[nq]`, `[nv]`.
      mocap_pos, mocap_quat: poses of the bodies that only move between episodes `[nmocap, 3|4]`.
      memory: the task's state at the start.
    """

    qpos: jax.Array
    qvel: jax.Array
    mocap_pos: jax.Array
    mocap_quat: jax.Array
    memory: TaskState


@struct.dataclass
class StepResult:
    """Reward, termination and next task state of a step.

    Attributes:
      reward: HumanoidBench's reward, scalar.
      terminated: whether the task ended here, bool (never for reaching the time limit).
      success: whether the task is completed, bool; False where a task has no such notion.
      success_subtasks: how many parts are done, float; 0 where a task has none.
      terms: the reward's named terms, scalars, under HumanoidBench's names.
      memory: the task's state after the step.
    """

    reward: jax.Array
    terminated: jax.Array
    success: jax.Array
    success_subtasks: jax.Array
    terms: dict[str, jax.Array]
    memory: TaskState


def step_result(
    reward: jax.Array,
    terminated: jax.Array | bool,
    terms: dict[str, jax.Array],
    memory: TaskState = (),
    success: jax.Array | bool = False,
    success_subtasks: jax.Array | float = 0.0,
) -> StepResult:
    """A `StepResult` of arrays from what a task computed."""
    dtype = jnp.asarray(reward).dtype
    return StepResult(
        reward=jnp.asarray(reward),
        terminated=jnp.asarray(terminated, bool),
        success=jnp.asarray(success, bool),
        success_subtasks=jnp.asarray(success_subtasks, dtype),
        terms={name: jnp.asarray(value, dtype) for name, value in terms.items()},
        memory=memory,
    )


def progress(*values: jax.Array | float) -> jax.Array:
    """Milestones from how far each is, cut off at 0 and 1 `[M]`."""
    return jnp.clip(jnp.stack([jnp.asarray(value, float) for value in values]), 0.0, 1.0)


class Task:
    """Base class of tasks; a subclass states its constants and overrides `evaluate`.

    A task holds only indices looked up at construction, never anything that changes. What
    changes between steps is its `TaskState`, which travels in the environment's state.
    """

    name: ClassVar[str]
    scene: ClassVar[str] = "floor"
    """File in `assets/scenes/`, without its ending, or the path of a custom scene's `.xml`."""
    robots: ClassVar[tuple[str | RobotSpec, ...]] = ()
    """Robots of a custom task, its default first; empty is those of the built-in task that it
    inherits, else h1 and h1hand. Those of built-in tasks stand in the registry."""
    instruction: ClassVar[str] = ""
    """What is to be done, in words: the text of the VLM's prompt."""
    scene_description: ClassVar[str] = ""
    """What the scene holds, in words, for the same prompt."""
    milestone_names: ClassVar[tuple[str, ...]] = ()
    """Words for each entry of `milestones`."""
    composition: ClassVar[str] = ""
    """`MODULE:NAME` of a custom task's `ComposedTask`; built-in ones are found by their names."""
    max_episode_steps: ClassVar[int] = 1000
    success_bar: ClassVar[float]
    """HumanoidBench's return from which a task counts as solved."""
    reset_noise: ClassVar[float] = 0.01
    """Every entry of the keyframe's qpos is moved by up to this much (m, rad)."""
    camera: ClassVar[str] = "cam_default"
    """HumanoidBench's camera for the task."""
    view: ClassVar[View] = View()
    """Where this project's pictures of the task are taken from."""
    mjx_solver: ClassVar[tuple[int, int]] = (4, 8)
    """Solver and line-search iterations on MJX and Warp (native keeps HumanoidBench's 100, 50)."""
    min_collisions: ClassVar[str] = "body"
    """The smallest collision set with which the rewards and terminations still mean the same."""
    sits: ClassVar[bool] = False
    """Whether a low pelvis is part of the task (falls are then counted from 0.35 m)."""
    can_fall: ClassVar[bool] = True
    """False where lying or crawling is part of the task."""
    observes_new_memory: ClassVar[bool] = False
    """Whether an observation is read with the task state after its step, not before it."""
    contact_rules: ClassVar[Mapping[str, ContactRule]] = {}
    """Contacts that the task reads; `self.touch(data, name)` reads one."""
    robot_pose: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    """Keyframe pose by robot, where it differs from `RobotSpec.stand`."""
    hold: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    """Keyframe ctrl by robot, where HumanoidBench gives one that is not zero."""
    object_qpos: ClassVar[tuple[float, ...]] = ()
    """Keyframe positions of the scene's own joints, in their order."""

    def __init__(self, spec: RobotSpec, layout: ModelIndex):
        self.layout = layout
        self.robot = Robot(spec, layout)
        self._rule = {name: i for i, name in enumerate(self.contact_rules)}
        # Where free joints keep their quaternions: these are normalised at reset.
        self._free = tuple(
            adr + 3 for name, (adr, _) in layout.joints.items() if name.startswith("free_")
        )

    # ---- the start of an episode

    def keyframe(self) -> np.ndarray:
        """HumanoidBench's initial qpos `[nq]`, before noise."""
        spec = self.robot.spec
        pose = self.robot_pose.get(spec.name, spec.stand)
        return np.array(tuple(pose) + tuple(self.object_qpos), float)

    @final
    def start(self, key: jax.Array, site_xpos: Callable[[jax.Array], jax.Array]) -> ResetState:
        """A random start of an episode; a task overrides its parts.

        Args:
          key: a random key.
          site_xpos: world positions of all sites `[nsite, 3]` at a qpos, for tasks whose start
            depends on where the robot's noisy pose puts a hand.
        """
        noise_key, task_key = jax.random.split(key)
        qpos = jnp.asarray(self.keyframe(), jnp.result_type(float))
        noise = jax.random.uniform(
            noise_key, qpos.shape, qpos.dtype, -self.reset_noise, self.reset_noise
        )
        begin = ResetState(
            qpos=self.normalised(qpos + noise if self.reset_noise else qpos),
            qvel=jnp.zeros(self.layout.nv, qpos.dtype),
            mocap_pos=jnp.asarray(self.layout.mocap_pos, qpos.dtype).reshape(-1, 3),
            mocap_quat=jnp.asarray(self.layout.mocap_quat, qpos.dtype).reshape(-1, 4),
            memory=(),
        )
        begin = self.randomise(task_key, begin, site_xpos)
        return begin.replace(qpos=self.normalised(begin.qpos))

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """The task's own part of the start: objects' poses, goals, task state."""
        del key, site_xpos
        return begin

    def normalised(self, qpos: jax.Array) -> jax.Array:
        """qpos with unit quaternions in its free joints; a zero quaternion becomes identity."""
        for adr in self._free:
            quat = qpos[adr : adr + 4]
            norm = jnp.linalg.norm(quat)
            unit = jnp.where(
                norm < 1e-12,
                jnp.array([1.0, 0.0, 0.0, 0.0], qpos.dtype),
                quat / jnp.maximum(norm, 1e-12),
            )
            qpos = qpos.at[adr : adr + 4].set(unit)
        return qpos

    def on_reset(self, state: TaskState, data: SimData) -> TaskState:
        """Task state once the kinematics of the start are known."""
        del data
        return state

    # ---- a step

    def observe(self, data: SimData, state: TaskState) -> jax.Array:
        """Observation `[obs_size]`: all positions, then all velocities, unless overridden.

        After a step it is read with the task state from before the step, as HumanoidBench does,
        unless `observes_new_memory`.
        """
        del state
        return jnp.concatenate([data.qpos, data.qvel])

    def evaluate(self, data: SimData, state: TaskState) -> StepResult:
        """Reward, termination and task state after a step, from that step's data."""
        raise NotImplementedError

    def milestones(self, data: SimData, state: TaskState) -> jax.Array:
        """Progress towards each of `milestone_names` in their order `[M]`, 0 to 1 (reached)."""
        del data, state
        return jnp.zeros(0)

    def touch(self, data: SimData, rule: str) -> jax.Array:
        """Whether the contact rule of that name holds, bool."""
        return data.contact[self._rule[rule]]

    # ---- recordings

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        """Task state from a recording's `task_state` entry."""
        del record
        return ()

    def record_of_memory(self, state: TaskState) -> dict[str, Any]:
        """Entries that a recording keeps of the task state, under its names (host side)."""
        del state
        return {}
