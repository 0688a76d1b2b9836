"""Tracking environments: a HumanoidBench task whose robot follows a skill's clips.

The action is an offset: 0 commands the reference's next posture and what `feedback` adds, 1 a
joint target so far from it that the motor pushes with `Skill.authority` of its greatest force.
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
    """A tracking task's memory: the task's own, and what following needs."""

    task: TaskState
    follow: MotionCommand


def tracking_error(
    skill: Skill, refs: MotionLibrary, follow: MotionCommand, body: BodyFrame
) -> TrackingError:
    """Squared errors of a robot's state against what it follows.

    Hands that are asked to be somewhere count from there, others from the pelvis.
    """
    target = reference_frame_of(refs, follow)
    numbers = skill.imitation
    height = jnp.square(body.height - target.height)
    tilt = jnp.square(body.up - target.up).sum()
    lost = jnp.square(wrapped(follow.heading + target.yaw - body.yaw))
    speeds = jnp.square(body.velocity - target.velocity).sum()
    spin = jnp.square(body.qvel[3:6] - target.qvel[3:6]).sum()
    hands = body.hands - target.hands
    asked = hand_targets_active(follow)[:, None]
    hands = jnp.square(jnp.where(asked, hand_errors(refs, follow, target, body), hands)).sum()
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
    """A task's environment with a skill's clips to follow; actions are offsets.

    Its `terms` hold the squared errors (`joint_error`, `joint_speed_error` `[J]`, `root_error`,
    `root_speed_error`), `alignment` (R_t under equal weights) and `task` (the task's reward).
    """

    def __init__(
        self,
        env: Env,
        refs: MotionLibrary,
        skill: Skill,
        training: bool = True,
        asks: TargetsFn | None = None,
    ):
        """Wraps an environment of the robot, alone or with objects.

        Args:
          training: begins on the reference now and then, ends where it is lost, and rewards
            `w_track R_t + w_task r_task`; otherwise start, end and reward are the task's own and
            the clip is `Skill.evaluated`, but for what is asked.
          asks: what the task asks of the expert (`router.scenes.asked_in`); None leaves it to its
            clips.
        """
        self.refs, self.skill = refs, skill
        self.motors = PdTargets(env.physics.model)
        config = env.config
        if training:
            steps = min(skill.episode_steps, env.max_episode_steps)
            config = dataclasses.replace(config, max_episode_steps=steps)
        task = TrackingTask(env.task, refs, skill, env.dt, training, asks)
        super().__init__(env.id, task, env.physics, config, env.collisions)

    def reset_on(self, key: jax.Array, clip: jax.Array) -> EnvState:
        """Episodes that follow given clips from their beginning.

        Loops are begun from the task's own start, others in their first state but for
        `Skill.noise`.

        Args:
          key: typed random keys `[B]`.
          clip: numbers of the clips `[B]`.
        """

        def one(key: jax.Array, clip: jax.Array) -> EnvState:
            return self.with_task(self.task.beginning_with(clip))._reset(key)

        return jax.vmap(one)(key, clip)

    def ctrl_in(self, state: EnvState, action: jax.Array) -> jax.Array:
        """Joint targets for an offset in one environment's state."""
        follow, body = state.memory.follow, self._body(state)
        now, errors = self._errors(follow, body)
        balance = self.motors.feedback.offsets(
            jnp.asarray(self.skill.feedback), errors, now.contacts
        )
        if self.skill.hand_gain:
            off = hand_errors(self.refs, follow, now, body)
            balance = balance + hand_offsets(now, off, self.skill.hand_gain)
        target = reference_frame_of(self.refs, follow, self.dt)
        return self.motors.ctrl(target, balance, jnp.clip(action, -1.0, 1.0), self.skill.authority)

    def reference_joints(self, state: EnvState) -> jax.Array:
        """Those of the clip that each environment follows."""
        return jax.vmap(lambda f: reference_frame_of(self.refs, f).qpos[7:])(state.memory.follow)

    def errors(self, state: EnvState) -> tuple[ReferenceFrame, jax.Array]:
        """The reference in one environment's state, and how the robot departs from it `[10]`."""
        return self._errors(state.memory.follow, self._body(state))

    def _body(self, state: EnvState) -> BodyFrame:
        robot, r = self.task.robot, state.readings
        return body_frame(robot.spec.model, robot.qpos(r), robot.qvel(r))

    def _errors(self, follow: MotionCommand, body: BodyFrame) -> tuple[ReferenceFrame, jax.Array]:
        now = reference_frame_of(self.refs, follow)
        return now, balance_errors(now, follow.heading, body)


def expert_policy(
    expert: Expert, env: Env, asks: TargetsFn | None = None
) -> tuple[MotionTrackingEnv, Policy]:
    """One expert in a task of its own robot: the environment to step, and what it does there.

    Args:
      asks: what the task asks of it, as of `MotionTrackingEnv`.

    Raises:
      UserError: a robot with other joints.
    """
    refs = build_motion_library(env.task.robot.spec.model, expert.clips, expert.skill.then)
    tracking = MotionTrackingEnv(env, refs, expert.skill, training=False, asks=asks)

    def policy(state: EnvState, key: jax.Array) -> jax.Array:
        return act(expert.sizes, expert.params, state.obs, key, deterministic=True)

    return tracking, policy


class TrackingTask(TaskWrapper):
    """A task with clips to follow: its state, observation, reward and end; see the environment."""

    observes_new_memory = True

    def __init__(
        self,
        task: Task,
        refs: MotionLibrary,
        skill: Skill,
        dt: float,
        training: bool,
        asks: TargetsFn | None,
    ):
        """Wraps a task; arguments as of `MotionTrackingEnv`, `dt` in s."""
        super().__init__(task)
        self._refs, self._skill, self._dt = refs, skill, dt
        self._training, self._asks = training, asks
        self._clip: jax.Array | None = None

    def beginning_with(self, clip: jax.Array) -> TrackingTask:
        """The same task whose every start is a clip's beginning, not drawn."""
        other = copy.copy(self)
        other._clip = clip
        return other

    def inner_state(self, state: TrackingState) -> TaskState:
        """The wrapped task's."""
        return state.task

    def randomise(
        self, key: jax.Array, begin: ResetState, site_xpos: Callable[[jax.Array], jax.Array]
    ) -> ResetState:
        """A start on the reference or the task's own, and what is followed from there."""
        refs, skill, spec = self._refs, self._skill, self.robot.spec
        own_key, draw_key, elsewhere_key = jax.random.split(key, 3)
        chosen, on_reference = _drawn(refs, skill, draw_key, self._training, self._clip)
        clip, seconds, qpos, qvel = chosen
        qpos = begin.qpos.at[: spec.nq].set(jnp.where(on_reference, qpos, begin.qpos[: spec.nq]))
        qvel = begin.qvel.at[: spec.nv].set(jnp.where(on_reference, qvel, begin.qvel[: spec.nv]))
        for held in (self.layout.qvel(name) for name in skill.held):
            qvel = qvel.at[held : held + 3].set(qvel[:3])
        # Objects are placed about the robot as it begins.
        begin = self.task.randomise(own_key, begin.replace(qpos=qpos, qvel=qvel), site_xpos)
        body = body_frame(spec.model, begin.qpos[: spec.nq], begin.qvel[: spec.nv])
        follow = init_command(refs, clip, seconds, body)
        if self._training and skill.place_noise:
            follow = _asked_elsewhere(follow, skill.place_noise, elsewhere_key)
        return begin.replace(memory=TrackingState(begin.memory, follow))

    def on_reset(self, state: TrackingState, data: SimData) -> TrackingState:
        """With what the task asks at the start."""
        own = self.task.on_reset(state.task, data)
        return TrackingState(own, self._asked(state.follow, data, own, begins=True))

    def observe(self, data: SimData, state: TrackingState) -> jax.Array:
        """What an expert sees, and for a privileged one the reference ahead."""
        refs, skill, body = self._refs, self._skill, self._body(data)
        target = reference_frame_of(refs, state.follow)
        phase = phase_features(target.phase, refs.loop[state.follow.clip])
        command = command_features(refs, state.follow, body, skill.heading_gain)
        errors = balance_errors(target, state.follow.heading, body)
        now = expert_observation(body, errors, phase, command)
        ahead = [reference_frame_of(refs, state.follow, later) for later in skill.preview]
        return jnp.concatenate([now, *(_seen_ahead(body.qpos, each) for each in ahead)])

    def evaluate(self, data: SimData, state: TrackingState) -> StepResult:
        """The tracking terms; in training their reward and the end where the clip is lost."""
        refs, skill, body = self._refs, self._skill, self._body(data)
        out = self.task.evaluate(data, state.task)
        follow = advance_command(refs, state.follow, self._dt, skill.clock_gain)
        follow = observe_heading(refs, follow, body.qpos)
        follow = self._asked(follow, data, out.memory)
        error = tracking_error(skill, refs, follow, body)
        aligned = imitation_reward(skill.imitation, error)
        terms = {
            "joint_error": error.joints,
            "joint_speed_error": error.joint_speeds,
            "root_error": error.root,
            "root_speed_error": error.root_speeds,
            "alignment": aligned,
            "task": out.reward,
        }
        out = out.replace(memory=TrackingState(out.memory, follow), terms=terms)
        if not self._training:
            return out
        reward = skill.w_track * aligned + skill.w_task * out.reward
        lost = _lost(skill, reference_frame_of(refs, follow), body)
        return out.replace(reward=reward, terminated=out.terminated | lost)

    def _asked(
        self, follow: MotionCommand, data: SimData, own: TaskState, begins: bool = False
    ) -> MotionCommand:
        """The command with what the task asks in its own state."""
        if self._asks is None:
            return follow
        asking, body = self._asks(data, own), self._body(data)
        return with_targets(self._refs, self._skill.name, follow, asking, body, begins=begins)

    def _body(self, data: SimData) -> BodyFrame:
        return body_frame(self.robot.spec.model, self.robot.qpos(data), self.robot.qvel(data))


def _seen_ahead(qpos: jax.Array, target: ReferenceFrame) -> jax.Array:
    """A later reference as seen from here `[9 + J]`.

    Height over the soles (m), tilt, velocity along the heading (m/s), how far the soles stand,
    and how far the hinges are from it (rad).

    Args:
      qpos: the robot's own `[7 + J]`.
    """
    parts = (target.height[None], target.up, target.velocity, target.contacts)
    return jnp.concatenate([*parts, target.qpos[7:] - qpos[7:]])


def _drawn(
    refs: MotionLibrary, skill: Skill, key: jax.Array, training: bool, fixed: jax.Array | None
) -> Any:
    """(clip, seconds, qpos, qvel) to begin with, and whether to begin in that state.

    Args:
      fixed: the clip to begin; None draws clip and time.
    """
    keys = jax.random.split(key, 5)
    none = jnp.zeros(())
    if fixed is not None:
        return _begun(refs, skill, fixed, none, keys[3], keys[4]), ~refs.loop[fixed]
    if not training:
        clip = jnp.asarray(skill.evaluated, jnp.int32)
        target = reference_frame_at(refs, clip, none)
        return (clip, none, target.qpos, target.qvel), jnp.zeros((), bool)
    clip = jax.random.randint(keys[0], (), 0, refs.clips)
    on_reference = jax.random.bernoulli(keys[1], skill.on_reference)
    if skill.then is not None:
        clip = jnp.where(on_reference, clip, skill.evaluated)
    seconds = jax.random.uniform(keys[2]) * refs.duration[clip]
    # From the task's own start, what ends is to be followed from its beginning.
    seconds = jnp.where(on_reference | refs.loop[clip], seconds, 0.0)
    return _begun(refs, skill, clip, seconds, keys[3], keys[4]), on_reference


def _begun(
    refs: MotionLibrary,
    skill: Skill,
    clip: jax.Array,
    seconds: jax.Array,
    place_key: jax.Array,
    speed_key: jax.Array,
) -> tuple[jax.Array, jax.Array, jax.Array, jax.Array]:
    """(clip, seconds, qpos, qvel): a state of a clip, somewhat disturbed."""
    target = reference_frame_at(refs, clip, seconds)
    round_key, place_key = jax.random.split(place_key)
    rounds = jax.random.randint(round_key, (), 0, refs.rounds[clip])
    place = refs.place[clip] + rounds * refs.gone[clip]
    joints = target.qpos.shape[0] - 7

    def noise(key: jax.Array, size: float) -> jax.Array:
        return jax.random.uniform(key, (joints,), minval=-size, maxval=size)

    # Where the scene leaves it free, at its middle.
    way = target.qpos[:3] * jnp.append(jnp.repeat(jnp.any(place != 0.0), 2), True)
    qpos = target.qpos.at[:3].set(way + place).at[2].add(_CLEARANCE)
    qpos = qpos.at[7:].add(noise(place_key, skill.noise))
    qvel = target.qvel.at[6:].add(noise(speed_key, 10.0 * skill.noise))
    return clip, seconds, qpos, qvel


def _asked_elsewhere(follow: MotionCommand, most: float, key: jax.Array) -> MotionCommand:
    """Asked to bring hands to places up to `most` (m) to each side of the clip's own."""
    hands = slice(COMMAND["left_hand"].start, COMMAND["right_hand"].stop)
    places = follow.command[hands].reshape(2, 3)
    moved = places + jax.random.uniform(key, (2, 3), minval=-most, maxval=most)
    moved = jnp.where(jnp.any(places != 0.0, axis=-1, keepdims=True), moved, 0.0)
    return follow.replace(command=follow.command.at[hands].set(moved.reshape(-1)))


def _lost(skill: Skill, target: ReferenceFrame, body: BodyFrame) -> jax.Array:
    """Whether the pelvis is too far from where the reference has it, bool."""
    height = jnp.abs(body.height - target.height)
    lean = jnp.arccos(jnp.clip(body.up @ target.up, -1.0, 1.0))
    return (height > skill.max_height_error) | (lean > skill.max_tilt)
