"""Temporal smoothing and hysteresis of expert weights, and the fallback to a stabilizer."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.core.errors import UserError, check_at_least


@dataclass(frozen=True)
class SmoothingConfig:
    """Settings of the smoothing.

    Attributes:
      seconds: time constant of the low-pass filter; 0 disables it.
      margin: hysteresis: another expert becomes the leader when its weight is larger by this.
      sharpen: exponent on the weights before smoothing; above 1 it favors the leader.
      unsure: confidence of the teacher under which the stabilizer gets a share, up to all of it at
        confidence 0.
      max_tilt: tilt of the pelvis (rad) above which the stabilizer takes over.
      min_height: height of the pelvis over the soles (m) under which it does; None for tasks with
        a low pelvis.
      take_over: the stabilizer's share then.
    """

    seconds: float = 0.1
    margin: float = 0.1
    sharpen: float = 1.0
    unsure: float = 0.2
    max_tilt: float = 0.6
    min_height: float | None = None
    take_over: float = 0.8

    def __post_init__(self):
        check_at_least(self, 0.0, "seconds", "margin", "unsure", "max_tilt")
        if not self.sharpen > 0.0:
            raise UserError(f"sharpen is {self.sharpen}; needs over 0")
        if not 0.0 <= self.take_over <= 1.0:
            raise UserError(f"take_over is {self.take_over}; needs 0 to 1")


@struct.dataclass
class SmoothingState:
    """Smoothed weights `[..., K]` and index of the leading expert `[...]`."""

    weights: jax.Array
    leader: jax.Array


def init_smoothing(weights: jax.Array) -> SmoothingState:
    """Initial state at given weights `[..., K]`."""
    return SmoothingState(weights, jnp.argmax(weights, axis=-1).astype(jnp.int32))


def smooth_weights(
    config: SmoothingConfig, state: SmoothingState, wanted: jax.Array, dt: float
) -> SmoothingState:
    """Smoothed weights one control step later.

    They are low-pass filtered towards `wanted`. The leader stays the largest of `wanted` until
    another expert exceeds it by `margin`.

    Args:
      wanted: the gating policy's weights `[..., K]`.
      dt: control step, s.
    """
    raised = jnp.power(wanted, config.sharpen)
    wanted = raised / raised.sum(axis=-1, keepdims=True)
    best = jnp.argmax(wanted, axis=-1)
    ahead = _at(wanted, best) - _at(wanted, state.leader)
    leader = jnp.where(ahead > config.margin, best, state.leader).astype(jnp.int32)
    # Within the margin, the leader swaps its weight with the largest.
    first, second = _at(wanted, best), _at(wanted, leader)
    count = wanted.shape[-1]
    target = jnp.where(jax.nn.one_hot(best, count) > 0.0, second[..., None], wanted)
    target = jnp.where(jax.nn.one_hot(leader, count) > 0.0, first[..., None], target)
    decay = jnp.exp(-dt / config.seconds) if config.seconds > 0.0 else 0.0
    return SmoothingState(decay * state.weights + (1.0 - decay) * target, leader)


def with_stabilizer(
    config: SmoothingConfig,
    weights: jax.Array,
    stabiliser: int,
    confidence: jax.Array,
    tilt: jax.Array,
    height: jax.Array,
) -> jax.Array:
    """Weights `[..., K]` with a larger share of the stabilizer at fall risk or low confidence.

    Args:
      stabiliser: index of the expert that keeps balance.
      confidence: of the teacher `[...]`.
      tilt: of the pelvis `[...]`, rad.
      height: of the pelvis over the soles `[...]`, m.
    """
    least = -jnp.inf if config.min_height is None else config.min_height
    falling = (tilt > config.max_tilt) | (height < least)
    doubt = jnp.clip(1.0 - confidence / config.unsure, 0.0, 1.0) if config.unsure > 0.0 else 0.0
    share = jnp.maximum(jnp.where(falling, config.take_over, 0.0), doubt)[..., None]
    alone = jax.nn.one_hot(stabiliser, weights.shape[-1])
    return (1.0 - share) * weights + share * alone


def _at(weights: jax.Array, index: jax.Array) -> jax.Array:
    return jnp.take_along_axis(weights, index[..., None], axis=-1)[..., 0]
