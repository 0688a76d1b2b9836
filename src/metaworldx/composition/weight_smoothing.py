"""Weights that don't flip: smoothing, hysteresis, and an expert to fall back on."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.core.errors import UserError, check_at_least


@dataclass(frozen=True)
class SmoothingConfig:
    """How weights are steadied.

    Attributes:
      seconds: time constant of the smoothing; 0 follows at once.
      margin: another expert takes the lead only when it weighs so much more than the leader.
      sharpen: weights are raised to this power first; 1 leaves them, more brings the leader on.
      unsure: under this confidence of the teacher the stabiliser gets what is missing to it.
      max_tilt: lean of the pelvis (rad) from which on the stabiliser takes over.
      min_height: pelvis's height over the soles (m) under which it does; None for tasks that go
        low.
      take_over: share that the stabiliser then gets.
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
    """What steadying remembers: the last weights `[..., K]` and the leader's number `[...]`."""

    weights: jax.Array
    leader: jax.Array


def init_smoothing(weights: jax.Array) -> SmoothingState:
    """Begins with given weights."""
    return SmoothingState(weights, jnp.argmax(weights, axis=-1).astype(jnp.int32))


def smooth_weights(
    config: SmoothingConfig, state: SmoothingState, wanted: jax.Array, dt: float
) -> SmoothingState:
    """The weights a control step later.

    They move towards `wanted`, in which the leader stays ahead until another is by `margin`.

    Args:
      wanted: the router's weights `[..., K]`.
      dt: control step, s.
    """
    raised = jnp.power(wanted, config.sharpen)
    wanted = raised / raised.sum(axis=-1, keepdims=True)
    best = jnp.argmax(wanted, axis=-1)
    ahead = _at(wanted, best) - _at(wanted, state.leader)
    leader = jnp.where(ahead > config.margin, best, state.leader).astype(jnp.int32)
    # A leader that is a little behind changes places with who is ahead of it.
    first, second = _at(wanted, best), _at(wanted, leader)
    count = wanted.shape[-1]
    held = jnp.where(jax.nn.one_hot(best, count) > 0.0, second[..., None], wanted)
    held = jnp.where(jax.nn.one_hot(leader, count) > 0.0, first[..., None], held)
    keep = jnp.exp(-dt / config.seconds) if config.seconds > 0.0 else 0.0
    return SmoothingState(keep * state.weights + (1.0 - keep) * held, leader)


def with_stabilizer(
    config: SmoothingConfig,
    weights: jax.Array,
    stabiliser: int,
    confidence: jax.Array,
    tilt: jax.Array,
    height: jax.Array,
) -> jax.Array:
    """Weights `[..., K]` with the stabiliser's share raised where a fall is near or nobody is sure.

    Args:
      stabiliser: number of the expert that keeps balance.
      confidence: of the teacher `[...]`.
      tilt: lean of the pelvis `[...]`, rad.
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
