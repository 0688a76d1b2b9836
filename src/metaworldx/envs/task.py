"""What a task is: a scene, a start, an observation, a reward and an end, as pure functions."""

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
"""A task's own state between steps: any pytree of arrays of fixed shapes, `()` if it has none."""

FREE_QPOS, FREE_QVEL = 7, 6


@dataclass(frozen=True)
class View:
    """Where pictures are taken from: a camera that looks at a point beside the pelvis.

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
    """Where an episode begins.

    Attributes:
      qpos, qvel: state `[nq]`, `[nv]`.
      mocap_pos, mocap_quat: poses of the bodies that only move between episodes `[nmocap, 3|4]`.
      memory: the task's memory at the start.
    """

    qpos: jax.Array
    qvel: jax.Array
    mocap_pos: jax.Array
    mocap_quat: jax.Array
    memory: TaskState


@struct.dataclass
class StepResult:
    """What a step was worth.

    Attributes:
      reward: HumanoidBench's reward, scalar.
      terminated: whether the task ended here, bool (never for reaching the time limit).
      success: whether the task is completed, bool; False where a task has no such notion.
      success_subtasks: how many parts are done, float; 0 where a task has none.
      terms: the reward's named terms, scalars, under HumanoidBench's names.
      memory: the task's memory after the step.
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
    """An Outcome of arrays from what a task computed."""
    dtype = jnp.asarray(reward).dtype
    return StepResult(
        reward=jnp.asarray(reward),
        terminated=jnp.asarray(terminated, bool),
        success=jnp.asarray(success, bool),
        success_subtasks=jnp.asarray(success_subtasks, dtype),
        terms={name: jnp.asarray(value, dtype) for name, value in terms.items()},
        memory=memory,
    )


class Task:
    """Base of all tasks; a subclass states its constants and overrides `evaluate`.

    A task holds only indices looked up at construction, never anything that changes: what
    changes between steps is its memory, which travels in the environment's state.
    """

    name: ClassVar[str]
    scene: ClassVar[str] = "floor"
    """File in `assets/scenes/`, without its ending."""
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
    """Whether an observation is read with the memory from after its step, not from before."""
    contact_rules: ClassVar[Mapping[str, ContactRule]] = {}
    """Contacts that the task asks about; `self.touch(r, name)` reads one."""
    robot_pose: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    """Keyframe pose by robot, where it differs from `RobotSpec.stand`."""
    hold: ClassVar[Mapping[str, tuple[float, ...]]] = {}
    """Keyframe ctrl by robot, where HumanoidBench gives one that is not zero."""
    object_qpos: ClassVar[tuple[float, ...]] = ()
    """Keyframe positions of what the scene adds, in the order of its joints."""

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
        """Draws the start of an episode; a task overrides its parts.

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
        """The task's own part of the start: places of objects, goals, memory."""
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

    def on_reset(self, memory: TaskState, r: SimData) -> TaskState:
        """Memory after the start's kinematic readings are known."""
        del r
        return memory

    # ---- a step

    def observe(self, r: SimData, memory: TaskState) -> jax.Array:
        """The observation `[obs_dim]`: all positions, then all velocities, unless overridden.

        After a step it is read with the memory from before the step, as HumanoidBench does,
        unless `observes_new_memory`.
        """
        del memory
        return jnp.concatenate([r.qpos, r.qvel])

    def evaluate(self, r: SimData, memory: TaskState) -> StepResult:
        """Reward, end and memory after a step, from that step's readings."""
        raise NotImplementedError

    def touch(self, r: SimData, rule: str) -> jax.Array:
        """Whether the contact rule of that name holds, bool."""
        return r.contact[self._rule[rule]]

    # ---- recordings

    def memory_of_record(self, record: Mapping[str, Any]) -> TaskState:
        """Memory from a recording's `task_state` entry."""
        del record
        return ()

    def record_of_memory(self, memory: TaskState) -> dict[str, Any]:
        """What of the memory a recording keeps, under the recording's names (host side)."""
        del memory
        return {}
