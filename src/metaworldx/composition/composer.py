"""Composition: a pool's experts act together in a task, mixed by weights (Eq. 9 and 13)."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.composition.affordances import (
    Affordances,
    affordances_of,
    drop_lost_targets,
)
from metaworldx.composition.arm_ik import arm_ik
from metaworldx.composition.body_part_mixer import BodyPartMixer, MixerConfig
from metaworldx.composition.observation import router_observation
from metaworldx.composition.target_commands import TargetCommands
from metaworldx.composition.weight_smoothing import (
    SmoothingConfig,
    SmoothingState,
    init_smoothing,
    smooth_weights,
    with_stabilizer,
)
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState, select
from metaworldx.envs.task import TaskState
from metaworldx.experts.body_frame import ROBOT, BodyFrame, arm_hinges
from metaworldx.experts.motion_command import MotionCommand
from metaworldx.experts.pool import ExpertPool
from metaworldx.sim.data import SimData

STABILISER = "stand"
_AT_REST = 0.05
"""An expert that weighs less begins anew from where the robot is, until it is wanted."""


@struct.dataclass
class ComposerState:
    """What composing remembers.

    Attributes:
      follow: what each expert follows `[B, K]`.
      steady: the last weights.
      reached: the greatest that each milestone has been `[B, MILESTONES]`.
      action: the last `[B, A]`; zeros at first.
      weights: that made it `[B, K]`.
    """

    follow: MotionCommand
    steady: SmoothingState
    reached: jax.Array
    action: jax.Array
    weights: jax.Array


@struct.dataclass
class ExpertProposals:
    """What experts would do at a step, for who looks ahead at it.

    Attributes:
      task_obs: the task's own observation `[B, O]`; None where composition cannot see it.
      last: the last composed action `[B, A]`.
      weights: that made it `[B, K]`.
      held: the action that these weights make now `[B, A]`.
      each: every expert's `[B, K, A]`.
    """

    task_obs: jax.Array | None
    last: jax.Array
    weights: jax.Array
    held: jax.Array
    each: jax.Array


@struct.dataclass
class GatingInput:
    """What a router is told at a step.

    Attributes:
      obs: `router_observation` `[B, O]`.
      progress: share of the task's milestones that have been reached `[B]`, 0 to 1.
      scene: what the task asks.
      away: how far the hands are from their places `[B, 2]`, m.
      far: how far the goal is `[B]`, m.
      on_offer: what the experts would do; None at an episode's start, before they are asked.
    """

    obs: jax.Array
    progress: jax.Array
    scene: Affordances
    away: jax.Array
    far: jax.Array
    on_offer: ExpertProposals | None = None


GatingPolicy = Callable[[GatingInput], jax.Array]
"""Who chooses the experts' weights: what is seen at a step -> weights `[B, K]`."""


@struct.dataclass
class EnvView:
    """What of an environment's state composition looks at.

    Attributes:
      readings: of the physics.
      memory: the task's own.
    """

    readings: SimData
    memory: TaskState


@struct.dataclass
class ComposedAction:
    """A step of composition.

    Attributes:
      action: `[B, A]`.
      weights: that made it `[B, K]`.
      each: every expert's action `[B, K, A]`.
      seen: what was seen when they were chosen.
    """

    action: jax.Array
    weights: jax.Array
    each: jax.Array
    seen: GatingInput


class Composer:
    """Mixes a pool's experts in one task's environments."""

    def __init__(
        self,
        pool: ExpertPool,
        env: Env,
        config: SmoothingConfig = SmoothingConfig(),
        parts: MixerConfig = MixerConfig(),
    ):
        """For a batch of environments.

        Args:
          config: how weights are steadied.
          parts: how they become weights of legs and arms.

        Raises:
          UserError: the environment's robot is not the pool's.
        """
        pool.check_robot(env)
        self.pool, self.env, self.config = pool, env, config
        names = pool.names
        model = env.physics.model
        actuators = [model.actuator(i).name for i in range(model.nu)]
        self.parts = BodyPartMixer(parts, names, actuators)
        self.stabiliser = names.index(STABILISER) if STABILISER in names else 0
        self._commands = TargetCommands(pool)
        self.scene = affordances_of(env)
        self._milestones = len(env.task.milestone_names)
        self._nq = env.task.robot.spec.nq

    def body_frame(self, state: EnvState | EnvView) -> BodyFrame:
        """The robots `[B]` as experts see them."""
        own = jnp.asarray(self.env.robot_observation(state))
        return self.pool.body_frame(own[:, : self._nq], own[:, self._nq :])

    def begin(self, state: EnvState | EnvView, choose: GatingPolicy) -> ComposerState:
        """Every expert begins where its robot is, with the weights chosen there."""
        scene, body = jax.vmap(self.scene)(state), self.body_frame(state)
        seen = self.gating_input(state, body, scene.milestones)
        steady = init_smoothing(choose(seen))
        still = jnp.zeros((*seen.progress.shape, self.pool.joints.action_size))
        follow = self._commands.begun(body, seen.scene)
        return ComposerState(follow, steady, scene.milestones, still, steady.weights)

    def gating_input(
        self, state: EnvState | EnvView, body: BodyFrame, reached: jax.Array
    ) -> GatingInput:
        """What a gating policy is told now.

        Args:
          reached: the greatest that each milestone has been `[B, MILESTONES]`.
        """
        scene = jax.vmap(drop_lost_targets)(jax.vmap(self.scene)(state), reached)
        hands = jax.vmap(self.env.task.robot.hands)(state.readings)
        return GatingInput(
            obs=jax.vmap(router_observation)(body, scene, reached),
            progress=jnp.sum(reached >= 1.0, axis=-1) / max(self._milestones, 1),
            scene=scene,
            away=jnp.linalg.norm(scene.places - hands, axis=-1),
            far=jnp.linalg.norm(scene.goal - body.qpos[:, :2], axis=-1),
        )

    def act(
        self,
        state: EnvState | EnvView,
        composing: ComposerState,
        choose: GatingPolicy,
        confidence: jax.Array,
    ) -> tuple[ComposedAction, ComposerState]:
        """Composed action (the operator F of Eq. 2, Eq. 9 and Eq. 13) and the next state.

        Args:
          choose: a router, a teacher's weights, or rules.
          confidence: of the teacher `[B]`.
        """
        body = self.body_frame(state)
        seen = self.gating_input(state, body, composing.reached)
        scene = seen.scene
        follow = self._commands.with_targets(composing.follow, scene, body)
        each = self._led(self.pool.act(follow, body), scene, body)
        on_offer = ExpertProposals(
            task_obs=state.obs if isinstance(state, EnvState) else None,
            last=composing.action,
            weights=composing.weights,
            held=self.parts.composed(composing.weights, each, scene.asked),
            each=each,
        )
        seen = seen.replace(on_offer=on_offer)
        steady = smooth_weights(self.config, composing.steady, choose(seen), self.env.dt)
        weights = with_stabilizer(
            self.config,
            steady.weights,
            self.stabiliser,
            confidence,
            tilt=jnp.arccos(jnp.clip(body.up[..., 2], -1.0, 1.0)),
            height=body.height,
        )
        on = self.pool.moved_on(follow, body)
        # A gait takes over where the leader's is in its cycle; from its own beginning it trips.
        leads = jnp.argmax(weights, axis=-1)[:, None]
        phase = jnp.take_along_axis(self.pool.phase_of(on), leads, axis=-1)[:, 0]
        rests, anew = weights < _AT_REST, self._commands.begun(body, scene, phase)
        on = self._carried(on, anew, weights)
        follow = select(rests, anew, on)
        reached = jnp.maximum(composing.reached, scene.milestones)
        action = self.parts.composed(weights, each, scene.asked)
        composing = ComposerState(follow, steady, reached, action, weights)
        return ComposedAction(action, weights, each, seen), composing

    def _led(self, each: jax.Array, scene: Affordances, body: BodyFrame) -> jax.Array:
        """Experts' actions `[B, K, A]`, the reaching one's arms led to their places.

        That is inverse kinematics: of the expert itself only legs and trunk are left, and arms
        that nothing is asked of.
        """
        if self._commands.reaching is None:
            return each
        hinges = arm_hinges(ROBOT)
        arms = jax.vmap(arm_ik)(body, scene.places)
        arms = jnp.where(scene.asked[..., None], arms, jnp.nan).reshape(-1, hinges.size)
        reaching = self._commands.reaching
        own = self.pool.joints.with_hinges(each[:, reaching], hinges.reshape(-1), arms)
        return each.at[:, reaching].set(own)

    def _carried(
        self, follow: MotionCommand, anew: MotionCommand, weights: jax.Array
    ) -> MotionCommand:
        """With the place from which the reaching expert counts carried along while others walk."""
        if self._commands.reaching is None:
            return follow
        expert = self._commands.reaching
        carried = self.parts.weights(weights)[0][:, expert, None] < 0.5
        anchor = jnp.where(carried, anew.anchor[:, expert], follow.anchor[:, expert])
        return follow.replace(anchor=follow.anchor.at[:, expert].set(anchor))
