"""Mixing experts: Eq. 9 and 13, and MetaWorld's fusion with what a world model expects of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import jax
import jax.numpy as jnp

from metaworldx.core.errors import UserError, check_at_least

ExpertQFn = Callable[[jax.Array, jax.Array, jax.Array, jax.Array, jax.Array], jax.Array]
"""What a world model expects of every expert's action: the task's observation `[B, O]`, the last
composed action `[B, A]`, the weights that made it `[B, K]`, the action those weights make now
`[B, A]` and every expert's `[B, K, A]` -> Q `[B, K]`."""


@dataclass(frozen=True)
class FusionConfig:
    """How a router's weights and a world model's selection are fused.

    Attributes:
      alpha: share of the router's weights, 0 to 1; the rest goes to who has most value now.
      temperature: of the selection's softmax, in standard deviations of the experts' values, so
        that it means the same in tasks whose returns differ by thousands.
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
    """Eq. 9 and 13: `a = sum_i w_i pi_i(s)`.

    Args:
      weights: on the simplex `[..., K]`.
      actions: every expert's `[..., K, A]`.

    Returns:
      `[..., A]`.
    """
    return jnp.einsum("...k,...ka->...a", weights, actions)


def q_selection(q: jax.Array, temperature: float) -> jax.Array:
    """MetaWorld's `p(i | s) = softmax_i(Q(z, pi_i(s)) / T)` `[..., K]`.

    Args:
      q: value of every expert's action `[..., K]`.
    """
    return jax.nn.softmax(q / temperature, axis=-1)


def fuse_weights(weights: jax.Array, selected: jax.Array, alpha: float) -> jax.Array:
    """MetaWorld's fusion `alpha w + (1 - alpha) p(i | s)` `[..., K]`."""
    return alpha * weights + (1.0 - alpha) * selected


def standardize(q: jax.Array) -> jax.Array:
    """Values `[..., K]` less their mean, over their standard deviation among the experts."""
    apart = q - q.mean(axis=-1, keepdims=True)
    return apart / jnp.maximum(q.std(axis=-1, keepdims=True), 1e-6)
