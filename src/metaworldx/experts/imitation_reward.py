"""Imitation reward, Eq. 4 of MetaWorld-X, and its dynamic joint weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.core.errors import UserError, check_at_least

if TYPE_CHECKING:
    from metaworldx.experts.skills import Skill
    from metaworldx.training.replay_buffer import Sequences, Transitions


@dataclass(frozen=True)
class ImitationConfig:
    """Coefficients of Eq. 4 and of the dynamic reweighting.

    Attributes:
      alpha: sharpness in positions, per rad^2.
      beta: sharpness in velocities, per (rad/s)^2.
      lam: share of the velocity term; the scale `w` is `1 / (1 + lam)`, so that R_t is at most 1.
      kappa: exponent of the joint weights; 0 weighs all joints equally.
      tau: step of the running mean of a joint's squared error, per round of collection.
      height_weight, tilt_weight, heading_weight: weights of the squared pelvis height error (m^2),
        squared distance of the up vectors and squared heading error (rad^2), in rad^2.
      hand_weight: weight of the squared hand position error (m^2), in rad^2.
      velocity_weight, spin_weight: weights of the squared linear (m/s) and angular (rad/s)
        velocity errors of the pelvis, in (rad/s)^2.
    """

    alpha: float = 1.5
    beta: float = 0.03
    lam: float = 0.25
    kappa: float = 0.5
    tau: float = 1e-3
    height_weight: float = 10.0
    tilt_weight: float = 3.0
    heading_weight: float = 1.0
    hand_weight: float = 0.0
    velocity_weight: float = 30.0
    spin_weight: float = 1.0

    def __post_init__(self):
        check_at_least(self, 0.0, "alpha", "beta", "lam", "kappa")
        if not 0.0 < self.tau <= 1.0:
            raise UserError(f"imitation tau is {self.tau}; needs over 0, up to 1")


@struct.dataclass
class TrackingError:
    """Squared errors between a state and its reference.

    Attributes:
      joints: position of each hinge `[..., J]`, rad^2.
      joint_speeds: velocity of each hinge `[..., J]`, (rad/s)^2.
      root: weighted sum over the pelvis's height, tilt and heading `[...]`, rad^2.
      root_speeds: weighted sum over the pelvis's velocities `[...]`, (rad/s)^2.
    """

    joints: jax.Array
    joint_speeds: jax.Array
    root: jax.Array
    root_speeds: jax.Array


def imitation_reward(
    config: ImitationConfig, error: TrackingError, weights: jax.Array | float = 1.0
) -> jax.Array:
    """Imitation reward R_t of Eq. 4 `[...]`, in (0, 1]; the alignment operator A of Eq. 1.

    `w [exp(-alpha |q - q*|^2_W) + lam exp(-beta |qd - qd*|^2_W)]`.

    Args:
      weights: joint weights W `[J]`; the pelvis's terms are not reweighted.
    """
    position = (weights * error.joints).sum(axis=-1) + error.root
    velocity = (weights * error.joint_speeds).sum(axis=-1) + error.root_speeds
    near = jnp.exp(-config.alpha * position) + config.lam * jnp.exp(-config.beta * velocity)
    return near / (1.0 + config.lam)


@struct.dataclass
class JointErrors:
    """Running means of the hinges' squared position errors `[J]`, rad^2."""

    error: jax.Array


def init_joint_errors(joints: int) -> JointErrors:
    """Equal errors of all joints, before the first data."""
    return JointErrors(jnp.full(joints, 0.01, jnp.float32))


def update_joint_errors(
    config: ImitationConfig, state: JointErrors, errors: jax.Array
) -> JointErrors:
    """Running means updated with squared errors `[..., J]`; ignores rows that are not finite."""
    rows = errors.reshape(-1, errors.shape[-1])
    finite = jnp.isfinite(rows).all(axis=-1, keepdims=True)
    mean = jnp.where(finite, rows, 0.0).sum(axis=0) / jnp.maximum(finite.sum(), 1)
    step = config.tau * finite.any()
    return JointErrors(state.error + step * (mean - state.error))


def joint_weights(config: ImitationConfig, state: JointErrors) -> jax.Array:
    """Joint weights W `[J]` of Eq. 4: `clip((e_j / mean e)^kappa, 1/4, 4)`, scaled to mean one."""
    error = state.error + 1e-12
    raw = jnp.clip((error / error.mean()) ** config.kappa, 0.25, 4.0)
    return raw / raw.mean()


class ImitationRewardFn:
    """Reward of Eq. 3, `w_track R_t + w_task r_task`, with R_t under the current joint weights."""

    kept_terms: tuple[str, ...] = (
        *("joint_error", "joint_speed_error", "root_error", "root_speed_error", "task"),
    )
    logged_terms: tuple[str, ...] = ("alignment", "task", "root_error", "root_speed_error")

    def __init__(self, skill: Skill, joints: int):
        """For a skill's coefficients and the robot's number of hinges."""
        self.skill, self.joints = skill, joints

    def init(self) -> JointErrors:
        """Equal joint weights."""
        return init_joint_errors(self.joints)

    def update(self, state: JointErrors, steps: Transitions) -> JointErrors:
        """Running means of the joints' errors, over steps that did not diverge."""
        error = steps.terms["joint_error"]
        error = jnp.where(steps.diverged[..., None], jnp.nan, error)
        return update_joint_errors(self.skill.imitation, state, error)

    def reward(self, state: JointErrors, drawn: Sequences) -> jax.Array:
        """Reward from the stored errors."""
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
        """Joint error (rad, root mean square) and spread of the weights."""
        weights = joint_weights(self.skill.imitation, state)
        return {
            "imitation/joint_rms": jnp.sqrt(state.error.mean()),
            "imitation/weight_min": weights.min(),
            "imitation/weight_max": weights.max(),
        }
