"""Motion tracking environments: a HumanoidBench task whose robot tracks a skill's clips.

The action is a joint offset. At 0 the target is the reference's next posture with the balance
controller's offsets; at 1 the motor pushes with `Skill.authority` of its greatest force.
"""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.agents.tdmpc2 import act
from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import Policy
from metaworldx.envs.state import EnvState
from metaworldx.envs.task import ResetState, StepResult, Task, TaskState
from metaworldx.envs.wrappers.task_wrapper import TaskWrapper
from metaworldx.experts.balance_controller import balance_errors
from metaworldx.experts.body_frame import BodyFrame, body_frame
from metaworldx.experts.expert import Expert
from metaworldx.experts.imitation_reward import TrackingError, imitation_reward
from metaworldx.experts.motion_command import (
    MotionCommand,
    advance_command,
    command_features,
    hand_errors,
    hand_offsets,
    hand_targets_active,
    init_command,
    observe_heading,
    reference_frame_of,
)
from metaworldx.experts.motion_library import (
    MotionLibrary,
    ReferenceFrame,
    build_motion_library,
    reference_frame_at,
)
from metaworldx.experts.observation import expert_observation, phase_features
from metaworldx.experts.pd_targets import PdTargets
from metaworldx.experts.skills import Skill
from metaworldx.experts.task_targets import TargetsFn, with_targets
from metaworldx.motion.clip import COMMAND
from metaworldx.motion.kinematics import wrapped
from metaworldx.sim.data import SimData

_CLEARANCE = 0.002


@struct.dataclass
class TrackingState:
    """State of a tracking task: the wrapped task's, and the motion command."""

    task: TaskState
    follow: MotionCommand


def tracking_error(
    skill: Skill, library: MotionLibrary, motion: MotionCommand, body: BodyFrame
) -> TrackingError:
    """Squared errors between a robot's state and its reference.

    Errors of hands with a target are measured in the world, those of others from the pelvis.
    """
    target = reference_frame_of(library, motion)
    numbers = skill.imitation
    height = jnp.square(body.height - target.height)
    tilt = jnp.square(body.up - target.up).sum()
    lost = jnp.square(wrapped(motion.heading + target.yaw - body.yaw))
    speeds = jnp.square(body.velocity - target.velocity).sum()
    spin = jnp.square(body.qvel[3:6] - target.qvel[3:6]).sum()
    hands = body.hands - target.hands
    has_target = hand_targets_active(motion)[:, None]
    hands = jnp.square(
        jnp.where(has_target, hand_errors(library, motion, target, body), hands)
    ).sum()
    return TrackingError(
        joints=jnp.square(body.qpos[7:] - target.qpos[7:]),
        joint_speeds=jnp.square(body.qvel[6:] - target.qvel[6:]),
        root=numbers.height_weight * height
        + numbers.tilt_weight * tilt
        + numbers.heading_weight * lost
        + numbers.hand_weight * hands,
        root_speeds=numbers.velocity_weight * speeds + numbers.spin_weight * spin,
    )


class MotionTrackingEnv(Env):
    """Environment of a task with a skill's clips as reference; actions are joint offsets.

    Its `terms` hold the squared errors (`joint_error`, `joint_speed_error` `[J]`, `root_error`,
    `root_speed_error`), `alignment` (R_t under equal weights) and `task` (the task's reward).
    """

    def __init__(
        self,
        env: Env,
        library: MotionLibrary,
        skill: Skill,
        training: bool = True,
        targets_fn: TargetsFn | None = None,
    ):
        """Wraps an environment of the robot, alone or with objects.

        Args:
          training: reference state initialisation, termination where tracking is lost, and the
            reward `w_track R_t + w_task r_task`; otherwise reset, termination and reward are the
            task's own, and the clip is `Skill.evaluated` unless a target selects another.
          targets_fn: the task's targets (`experts.task_targets.targets_fn_of`); None uses the
            clips' own commands.
        """
        self.library, self.skill = library, skill
        self.motors = PdTargets(env.physics.model)
        config = env.config
        if training:
            steps = min(skill.episode_steps, env.max_episode_steps)
            config = dataclasses.replace(config, max_episode_steps=steps)
        task = TrackingTask(env.task, library, skill, env.dt, training, targets_fn)
        super().__init__(env.id, task, env.physics, config, env.collisions)

    def reset_on(self, key: jax.Array, clip: jax.Array) -> EnvState:
        """Resets to the beginning of given clips.

        Cyclic clips start from the task's own reset, others in their first state with
        `Skill.noise`.

        Args:
          key: typed random keys `[B]`.
          clip: indices of the clips `[B]`.
        """

        def one(key: jax.Array, clip: jax.Array) -> EnvState:
            return self.with_task(self.task.beginning_with(clip))._reset(key)

        return jax.vmap(one)(key, clip)

    def ctrl_in(self, state: EnvState, action: jax.Array) -> jax.Array:
        """Joint targets for an offset in one environment's state."""
        motion, body = state.memory.follow, self._body(state)
        now, errors = self._errors(motion, body)
        balance = self.motors.feedback.offsets(
            jnp.asarray(self.skill.feedback), errors, now.contacts
        )
        if self.skill.hand_gain:
            off = hand_errors(self.library, motion, now, body)
            balance = balance + hand_offsets(now, off, self.skill.hand_gain)
        target = reference_frame_of(self.library, motion, self.dt)
        return self.motors.ctrl(target, balance, jnp.clip(action, -1.0, 1.0), self.skill.authority)

    def reference_joints(self, state: EnvState) -> jax.Array:
        """Joint positions of each environment's reference."""
        return jax.vmap(lambda f: reference_frame_of(self.library, f).qpos[7:])(state.memory.follow)

    def errors(self, state: EnvState) -> tuple[ReferenceFrame, jax.Array]:
        """The reference in one environment's state, and its `balance_errors` `[10]`."""
        return self._errors(state.memory.follow, self._body(state))

    def _body(self, state: EnvState) -> BodyFrame:
        robot, r = self.task.robot, state.readings
        return body_frame(robot.spec.model, robot.qpos(r), robot.qvel(r))

    def _errors(self, motion: MotionCommand, body: BodyFrame) -> tuple[ReferenceFrame, jax.Array]:
        now = reference_frame_of(self.library, motion)
        return now, balance_errors(now, motion.heading, body)


def expert_policy(
    expert: Expert, env: Env, targets_fn: TargetsFn | None = None
) -> tuple[MotionTrackingEnv, Policy]:
    """One expert in a task of its own robot: the environment to step, and its policy.

    Args:
      targets_fn: as of `MotionTrackingEnv`.

    Raises:
      UserError: a robot with other joints.
    """
    library = build_motion_library(env.task.robot.spec.model, expert.clips, expert.skill.then)
    tracking = MotionTrackingEnv(env, library, expert.skill, training=False, targets_fn=targets_fn)

    def policy(state: EnvState, key: jax.Array) -> jax.Array:
        return act(expert.sizes, expert.params, state.obs, key, deterministic=True)

    return tracking, policy


class TrackingTask(TaskWrapper):
    """Task of a `MotionTrackingEnv`: its state, observation, reward and termination."""

    observes_new_memory = True

    def __init__(
        self,
        task: Task,
        library: MotionLibrary,
        skill: Skill,
        dt: float,
        training: bool,
        targets_fn: TargetsFn | None,
    ):
        """Wraps a task; arguments as of `MotionTrackingEnv`, `dt` in s."""
        super().__init__(task)
        self._library, self._skill, self._dt = library, skill, dt
        self._training, self._targets_fn = training, targets_fn
        self._clip: jax.Array | None = None

    def beginning_with(self, clip: jax.Array) -> TrackingTask:
        """The task with every reset at the beginning of a given clip."""
        other = copy.copy(self)
        other._clip = clip
        return other

    def inner_state(self, state: TrackingState) -> TaskState:
        """The wrapped task's."""
        return state.task

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """A reset on the reference or the task's own, and the motion command from there."""
        library, skill, spec = self._library, self._skill, self.robot.spec
        own_key, draw_key, elsewhere_key = jax.random.split(key, 3)
        start, on_reference = _sample_start(library, skill, draw_key, self._training, self._clip)
        clip, seconds, qpos, qvel = start
        qpos = begin.qpos.at[: spec.nq].set(jnp.where(on_reference, qpos, begin.qpos[: spec.nq]))
        qvel = begin.qvel.at[: spec.nv].set(jnp.where(on_reference, qvel, begin.qvel[: spec.nv]))
        for held in (self.layout.qvel(name) for name in skill.held):
            qvel = qvel.at[held : held + 3].set(qvel[:3])
        # Objects are placed about the robot as it begins.
        begin = self.task.randomise(own_key, begin.replace(qpos=qpos, qvel=qvel), site_xpos)
        body = body_frame(spec.model, begin.qpos[: spec.nq], begin.qvel[: spec.nv])
        motion = init_command(library, clip, seconds, body)
        if self._training and skill.place_noise:
            motion = _with_target_noise(motion, skill.place_noise, elsewhere_key)
        return begin.replace(memory=TrackingState(begin.memory, motion))

    def on_reset(self, state: TrackingState, data: SimData) -> TrackingState:
        """State with the task's initial targets."""
        own = self.task.on_reset(state.task, data)
        return TrackingState(own, self._with_targets(state.follow, data, own, begins=True))

    def observe(self, data: SimData, state: TrackingState) -> jax.Array:
        """Observation of an expert; for a privileged tracker with the reference ahead."""
        library, skill, body = self._library, self._skill, self._body(data)
        target = reference_frame_of(library, state.follow)
        phase = phase_features(target.phase, library.loop[state.follow.clip])
        command = command_features(library, state.follow, body, skill.heading_gain)
        errors = balance_errors(target, state.follow.heading, body)
        now = expert_observation(body, errors, phase, command)
        ahead = [reference_frame_of(library, state.follow, later) for later in skill.preview]
        return jnp.concatenate([now, *(_seen_ahead(body.qpos, each) for each in ahead)])

    def evaluate(self, data: SimData, state: TrackingState) -> StepResult:
        """The tracking terms; in training also the reward and the termination of lost tracking."""
        library, skill, body = self._library, self._skill, self._body(data)
        out = self.task.evaluate(data, state.task)
        motion = advance_command(library, state.follow, self._dt, skill.clock_gain)
        motion = observe_heading(library, motion, body.qpos)
        motion = self._with_targets(motion, data, out.memory)
        error = tracking_error(skill, library, motion, body)
        aligned = imitation_reward(skill.imitation, error)
        terms = {
            "joint_error": error.joints,
            "joint_speed_error": error.joint_speeds,
            "root_error": error.root,
            "root_speed_error": error.root_speeds,
            "alignment": aligned,
            "task": out.reward,
        }
        out = out.replace(memory=TrackingState(out.memory, motion), terms=terms)
        if not self._training:
            return out
        reward = skill.w_track * aligned + skill.w_task * out.reward
        lost = _lost(skill, reference_frame_of(library, motion), body)
        return out.replace(reward=reward, terminated=out.terminated | lost)

    def _with_targets(
        self, motion: MotionCommand, data: SimData, own: TaskState, begins: bool = False
    ) -> MotionCommand:
        """The command set to the task's current targets."""
        if self._targets_fn is None:
            return motion
        targets, body = self._targets_fn(data, own), self._body(data)
        return with_targets(self._library, self._skill.name, motion, targets, body, begins=begins)

    def _body(self, data: SimData) -> BodyFrame:
        return body_frame(self.robot.spec.model, self.robot.qpos(data), self.robot.qvel(data))


def _seen_ahead(qpos: jax.Array, target: ReferenceFrame) -> jax.Array:
    """Features of a later reference `[9 + J]`.

    Height over the soles (m), tilt, velocity along the heading (m/s), contacts of the soles, and
    the hinges' differences from the robot's (rad).

    Args:
      qpos: the robot's own `[7 + J]`.
    """
    parts = (target.height[None], target.up, target.velocity, target.contacts)
    return jnp.concatenate([*parts, target.qpos[7:] - qpos[7:]])


def _sample_start(
    library: MotionLibrary, skill: Skill, key: jax.Array, training: bool, fixed: jax.Array | None
) -> Any:
    """Initial (clip, seconds, qpos, qvel), and whether the robot is reset to that state.

    Args:
      fixed: index of the clip, from its beginning; None samples clip and time.
    """
    keys = jax.random.split(key, 5)
    none = jnp.zeros(())
    if fixed is not None:
        return _initial_state(library, skill, fixed, none, keys[3], keys[4]), ~library.loop[fixed]
    if not training:
        clip = jnp.asarray(skill.evaluated, jnp.int32)
        target = reference_frame_at(library, clip, none)
        return (clip, none, target.qpos, target.qvel), jnp.zeros((), bool)
    clip = jax.random.randint(keys[0], (), 0, library.clips)
    on_reference = jax.random.bernoulli(keys[1], skill.on_reference)
    if skill.then is not None:
        clip = jnp.where(on_reference, clip, skill.evaluated)
    seconds = jax.random.uniform(keys[2]) * library.duration[clip]
    # From the task's own reset, a clip that ends is tracked from its beginning.
    seconds = jnp.where(on_reference | library.loop[clip], seconds, 0.0)
    return _initial_state(library, skill, clip, seconds, keys[3], keys[4]), on_reference


def _initial_state(
    library: MotionLibrary,
    skill: Skill,
    clip: jax.Array,
    seconds: jax.Array,
    place_key: jax.Array,
    speed_key: jax.Array,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """(clip, seconds, qpos, qvel): a state of a clip with noise."""
    target = reference_frame_at(library, clip, seconds)
    cycle_key, place_key = jax.random.split(place_key)
    cycles = jax.random.randint(cycle_key, (), 0, library.cycles[clip])
    place = library.start_position[clip] + cycles * library.cycle_displacement[clip]
    joints = target.qpos.shape[0] - 7

    def noise(key: jax.Array, size: float) -> jax.Array:
        return jax.random.uniform(key, (joints,), minval=-size, maxval=size)

    # Where the scene leaves it free, at its middle.
    way = target.qpos[:3] * jnp.append(jnp.repeat(jnp.any(place != 0.0), 2), True)
    qpos = target.qpos.at[:3].set(way + place).at[2].add(_CLEARANCE)
    qpos = qpos.at[7:].add(noise(place_key, skill.noise))
    qvel = target.qvel.at[6:].add(noise(speed_key, 10.0 * skill.noise))
    return clip, seconds, qpos, qvel


def _with_target_noise(motion: MotionCommand, most: float, key: jax.Array) -> MotionCommand:
    """Command with hand targets up to `most` (m) to each side of the clip's own."""
    hands = slice(COMMAND["left_hand"].start, COMMAND["right_hand"].stop)
    hand_targets = motion.command[hands].reshape(2, 3)
    moved = hand_targets + jax.random.uniform(key, (2, 3), minval=-most, maxval=most)
    moved = jnp.where(jnp.any(hand_targets != 0.0, axis=-1, keepdims=True), moved, 0.0)
    return motion.replace(command=motion.command.at[hands].set(moved.reshape(-1)))


def _lost(skill: Skill, target: ReferenceFrame, body: BodyFrame) -> jax.Array:
    """Whether the pelvis departs too far from the reference, bool."""
    height = jnp.abs(body.height - target.height)
    lean = jnp.arccos(jnp.clip(body.up @ target.up, -1.0, 1.0))
    return (height > skill.max_height_error) | (lean > skill.max_tilt)
