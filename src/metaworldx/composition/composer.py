"""Composer of a pool's experts: their actions mixed by gating weights (Eq. 9 and 13)."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.composition.affordances import Affordances, affordances_of, drop_lost_targets
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
"""An expert with a smaller weight is reset to the robot's current state at every step."""


@struct.dataclass
class ComposerState:
    """State that composition carries between control steps.

    Attributes:
      follow: each expert's motion command `[B, K]`.
      steady: state of the weights' smoothing.
      reached: running maximum of each milestone `[B, MILESTONES]`.
      action: last composed action `[B, A]`; zeros after a reset.
      weights: expert weights of that action `[B, K]`.
    """

    follow: MotionCommand
    steady: SmoothingState
    reached: jax.Array
    action: jax.Array
    weights: jax.Array


@struct.dataclass
class ExpertProposals:
    """Actions that the experts propose at a step, for gating by Q-values.

    Attributes:
      task_obs: the task's own observation `[B, O]`; None where it is not available.
      last: last composed action `[B, A]`.
      weights: expert weights of that action `[B, K]`.
      held: action of the same weights in the current state `[B, A]`.
      each: action of every expert `[B, K, A]`.
    """

    task_obs: jax.Array | None
    last: jax.Array
    weights: jax.Array
    held: jax.Array
    each: jax.Array


@struct.dataclass
class GatingInput:
    """Input of a gating policy at a step.

    Attributes:
      obs: `router_observation` `[B, O]`.
      progress: share of the task's milestones reached so far `[B]`, 0 to 1.
      scene: the task's affordances.
      hand_distance: distance of each hand to its target `[B, 2]`, m.
      goal_distance: distance to the goal `[B]`, m.
      proposals: actions that the experts propose; None at an episode's start.
    """

    obs: jax.Array
    progress: jax.Array
    scene: Affordances
    hand_distance: jax.Array
    goal_distance: jax.Array
    proposals: ExpertProposals | None = None


GatingPolicy = Callable[[GatingInput], jax.Array]
"""Maps a `GatingInput` to expert weights `[B, K]`."""


@struct.dataclass
class EnvView:
    """Part of an environment's state that composition reads.

    Attributes:
      readings: simulation data.
      memory: the task's state.
    """

    readings: SimData
    memory: TaskState


@struct.dataclass
class ComposedAction:
    """Result of one composition step.

    Attributes:
      action: composed action `[B, A]`.
      weights: expert weights `[B, K]`.
      each: action of every expert `[B, K, A]`.
      inputs: of the gating policy.
    """

    action: jax.Array
    weights: jax.Array
    each: jax.Array
    inputs: GatingInput


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
          config: smoothing of the weights.
          parts: mixing per body part.

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
        """State of the robots `[B]` in their heading frames, for the experts' observations."""
        own = jnp.asarray(self.env.robot_observation(state))
        return self.pool.body_frame(own[:, : self._nq], own[:, self._nq :])

    def begin(self, state: EnvState | EnvView, gating: GatingPolicy) -> ComposerState:
        """Initial state: every expert starts at its robot, under the first gating weights."""
        scene, body = jax.vmap(self.scene)(state), self.body_frame(state)
        inputs = self.gating_input(state, body, scene.milestones)
        smoothing = init_smoothing(gating(inputs))
        still = jnp.zeros((*inputs.progress.shape, self.pool.joints.action_size))
        motion = self._commands.init(body, inputs.scene)
        return ComposerState(motion, smoothing, scene.milestones, still, smoothing.weights)

    def gating_input(
        self, state: EnvState | EnvView, body: BodyFrame, reached: jax.Array
    ) -> GatingInput:
        """Input of a gating policy in the current state.

        Args:
          reached: running maximum of each milestone `[B, MILESTONES]`.
        """
        scene = jax.vmap(drop_lost_targets)(jax.vmap(self.scene)(state), reached)
        hands = jax.vmap(self.env.task.robot.hands)(state.readings)
        return GatingInput(
            obs=jax.vmap(router_observation)(body, scene, reached),
            progress=jnp.sum(reached >= 1.0, axis=-1) / max(self._milestones, 1),
            scene=scene,
            hand_distance=jnp.linalg.norm(scene.hand_targets - hands, axis=-1),
            goal_distance=jnp.linalg.norm(scene.goal - body.qpos[:, :2], axis=-1),
        )

    def act(
        self,
        state: EnvState | EnvView,
        composer_state: ComposerState,
        gating: GatingPolicy,
        confidence: jax.Array,
    ) -> tuple[ComposedAction, ComposerState]:
        """Composed action (the operator F of Eq. 2, Eq. 9 and Eq. 13) and the next state.

        Args:
          gating: policy for the expert weights.
          confidence: the teacher's confidence `[B]`, 0 to 1.
        """
        body = self.body_frame(state)
        inputs = self.gating_input(state, body, composer_state.reached)
        scene = inputs.scene
        motion = self._commands.with_targets(composer_state.follow, scene, body)
        each = self._with_arm_ik(self.pool.act(motion, body), scene, body)
        proposals = ExpertProposals(
            task_obs=state.obs if isinstance(state, EnvState) else None,
            last=composer_state.action,
            weights=composer_state.weights,
            held=self.parts.mix(composer_state.weights, each, scene.has_target),
            each=each,
        )
        inputs = inputs.replace(proposals=proposals)
        smoothing = smooth_weights(self.config, composer_state.steady, gating(inputs), self.env.dt)
        weights = with_stabilizer(
            self.config,
            smoothing.weights,
            self.stabiliser,
            confidence,
            tilt=jnp.arccos(jnp.clip(body.up[..., 2], -1.0, 1.0)),
            height=body.height,
        )
        advanced = self.pool.advance(motion, body)
        # A gait starts at the leader's phase; started at its own first frame, it trips.
        leads = jnp.argmax(weights, axis=-1)[:, None]
        phase = jnp.take_along_axis(self.pool.phase_of(advanced), leads, axis=-1)[:, 0]
        at_rest, restarted = weights < _AT_REST, self._commands.init(body, scene, phase)
        advanced = self._moving_anchor(advanced, restarted, weights)
        motion = select(at_rest, restarted, advanced)
        reached = jnp.maximum(composer_state.reached, scene.milestones)
        action = self.parts.mix(weights, each, scene.has_target)
        composer_state = ComposerState(motion, smoothing, reached, action, weights)
        return ComposedAction(action, weights, each, inputs), composer_state

    def _with_arm_ik(self, each: jax.Array, scene: Affordances, body: BodyFrame) -> jax.Array:
        """Experts' actions `[B, K, A]`, with inverse kinematics in the reach expert's arms.

        The expert itself drives legs and trunk, and arms without a hand target.
        """
        if self._commands.reaching is None:
            return each
        hinges = arm_hinges(ROBOT)
        arms = jax.vmap(arm_ik)(body, scene.hand_targets)
        arms = jnp.where(scene.has_target[..., None], arms, jnp.nan).reshape(-1, hinges.size)
        reaching = self._commands.reaching
        own = self.pool.joints.with_hinges(each[:, reaching], hinges.reshape(-1), arms)
        return each.at[:, reaching].set(own)

    def _moving_anchor(
        self, motion: MotionCommand, restarted: MotionCommand, weights: jax.Array
    ) -> MotionCommand:
        """With the reach expert's anchor moved along while another expert walks."""
        if self._commands.reaching is None:
            return motion
        expert = self._commands.reaching
        carried = self.parts.weights(weights)[0][:, expert, None] < 0.5
        anchor = jnp.where(carried, restarted.anchor[:, expert], motion.anchor[:, expert])
        return motion.replace(anchor=motion.anchor.at[:, expert].set(anchor))
