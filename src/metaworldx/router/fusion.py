"""Mixing experts: Eq. 9 and 13, and MetaWorld's fusion with what a world model expects of each."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def composed(weights: jax.Array, actions: jax.Array) -> jax.Array:
    """Eq. 9 and 13: `a = sum_i w_i pi_i(s)`.

    Args:
      weights: on the simplex `[..., K]`.
      actions: every expert's `[..., K, A]`.

    Returns:
      `[..., A]`.
    """
    return jnp.einsum("...k,...ka->...a", weights, actions)


def selection(q: jax.Array, temperature: float) -> jax.Array:
    """MetaWorld's `p(i | s) = softmax_i(Q(z, pi_i(s)) / T)` `[..., K]`.

    Args:
      q: value of every expert's action `[..., K]`.
    """
    return jax.nn.softmax(q / temperature, axis=-1)


def fused(weights: jax.Array, selected: jax.Array, alpha: float) -> jax.Array:
    """MetaWorld's fusion `alpha w + (1 - alpha) p(i | s)` `[..., K]`."""
    return alpha * weights + (1.0 - alpha) * selected
