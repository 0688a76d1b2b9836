"""What a run maximises: the environment's reward, or a skill's alignment under today's weights."""

from __future__ import annotations

from typing import Any, Protocol

import jax

from metaworldx.envs.env import Env
from metaworldx.experts.imitation_reward import (
    JointErrors,
    TrackingError,
    imitation_reward,
    init_joint_errors,
    joint_weights,
    update_joint_errors,
)
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.experts.skills import Skill
from metaworldx.training.replay_buffer import Sequences, Transitions

RewardState = Any
"""What an objective learns on the way: a pytree, or None."""


class RewardFn(Protocol):
    """How rewards of replayed steps are made.

    Attributes:
      kept: names of the environment's terms that the replay keeps with every step.
      watched: names of its scalar terms whose means go into the metrics.
    """

    kept: tuple[str, ...]
    watched: tuple[str, ...]

    def init(self) -> RewardState:
        """What it knows before the first step."""
        ...

    def seen(self, state: RewardState, steps: Transitions) -> RewardState:
        """What it knows after a round of collection."""
        ...

    def reward(self, state: RewardState, drawn: Sequences) -> jax.Array:
        """Rewards `[H, B]` of sampled steps."""
        ...

    def metrics(self, state: RewardState) -> dict[str, jax.Array]:
        """Scalars for the log."""
        ...


class EnvRewardFn:
    """The environment's own reward."""

    kept: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()

    def init(self) -> RewardState:
        """Nothing."""
        return None

    def seen(self, state: RewardState, steps: Transitions) -> RewardState:
        """Nothing."""
        del steps
        return state

    def reward(self, state: RewardState, drawn: Sequences) -> jax.Array:
        """As it was collected."""
        del state
        return drawn.reward

    def metrics(self, state: RewardState) -> dict[str, jax.Array]:
        """Nothing."""
        del state
        return {}


class ImitationRewardFn:
    """Reward of Eq. 3, `w_track R_t + w_task r_task`, with R_t under the current joint weights."""

    kept: tuple[str, ...] = (
        *("joint_error", "joint_speed_error", "root_error", "root_speed_error", "task"),
    )
    watched: tuple[str, ...] = ("alignment", "task", "root_error", "root_speed_error")

    def __init__(self, skill: Skill, joints: int):
        """For a skill's numbers and as many hinges as the robot has."""
        self.skill, self.joints = skill, joints

    def init(self) -> JointErrors:
        """All joints weigh alike."""
        return init_joint_errors(self.joints)

    def seen(self, state: JointErrors, steps: Transitions) -> JointErrors:
        """Running means of the joints' errors, of steps whose simulation held."""
        error = steps.terms["joint_error"]
        error = jax.numpy.where(steps.diverged[..., None], jax.numpy.nan, error)
        return update_joint_errors(self.skill.imitation, state, error)

    def reward(self, state: JointErrors, drawn: Sequences) -> jax.Array:
        """From the errors that the replay kept."""
        terms = drawn.terms
        error = TrackingError(
            terms["joint_error"],
            terms["joint_speed_error"],
            terms["root_error"],
            terms["root_speed_error"],
        )
        weights = joint_weights(self.skill.imitation, state)
        aligned = imitation_reward(self.skill.imitation, error, weights)
        return self.skill.w_track * aligned + self.skill.w_task * terms["task"]

    def metrics(self, state: JointErrors) -> dict[str, jax.Array]:
        """Joint error (rad, root of the mean square) and how far apart the weights are."""
        weights = joint_weights(self.skill.imitation, state)
        return {
            "imitation/joint_rms": jax.numpy.sqrt(state.error.mean()),
            "imitation/weight_min": weights.min(),
            "imitation/weight_max": weights.max(),
        }


def reward_fn_of(env: Env) -> RewardFn:
    """What is to be maximised in an environment."""
    if isinstance(env, MotionTrackingEnv):
        return ImitationRewardFn(env.skill, env.action_size)
    return EnvRewardFn()
