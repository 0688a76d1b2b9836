"""Mixing of expert actions, Eq. 9 and Eq. 13 of MetaWorld-X; MetaWorld's fusion with Q-values."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from metaworldx.core.errors import UserError, check_at_least

ExpertQFn = Callable[[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array], jax.Array]
"""Q-values of every expert's action `[B, K]` from the task's observation `[B, O]`, the last
composed action `[B, A]` and its weights `[B, K]`, the action under these weights now `[B, A]` and
every expert's action `[B, K, A]`."""


@dataclass(frozen=True)
class FusionConfig:
    """Settings of the fusion of a router's weights with a world model's selection.

    Attributes:
      alpha: share of the router's weights, 0 to 1; the rest is selected by Q-value.
      temperature: of the selection's softmax, in standard deviations of the experts' Q-values, so
        that it is independent of a task's scale of returns.
    """

    alpha: float = 0.7
    temperature: float = 0.5

    def __post_init__(self):
        check_at_least(self, 0.0, "alpha")
        if self.alpha > 1.0:
            raise UserError(f"alpha is {self.alpha}; needs 0 to 1")
        if not 0.0 < self.temperature < float("inf"):
            raise UserError(f"temperature is {self.temperature}; needs over 0")


def mix_actions(weights: jax.Array, actions: jax.Array) -> jax.Array:
    """Mixed action `[..., A]`, Eq. 9 and Eq. 13: `a = sum_i w_i pi_i(s)`.

    Args:
      weights: on the simplex `[..., K]`.
      actions: every expert's `[..., K, A]`.
    """
    return jnp.einsum("...k,...ka->...a", weights, actions)


def q_selection(q: jax.Array, temperature: float) -> jax.Array:
    """MetaWorld's dynamic selection `p(i | s) = softmax_i(Q(z, pi_i(s)) / T)` `[..., K]`.

    Args:
      q: Q-value of every expert's action `[..., K]`.
    """
    return jax.nn.softmax(q / temperature, axis=-1)


def fuse_weights(weights: jax.Array, selected: jax.Array, alpha: float) -> jax.Array:
    """MetaWorld's fusion `alpha w + (1 - alpha) p(i | s)` `[..., K]`."""
    return alpha * weights + (1.0 - alpha) * selected


def standardize(q: jax.Array) -> jax.Array:
    """Q-values `[..., K]` standardized over the experts."""
    centered = q - q.mean(axis=-1, keepdims=True)
    return centered / jnp.maximum(q.std(axis=-1, keepdims=True), 1e-6)
