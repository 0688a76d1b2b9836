"""Symlog, two-hot bins for scalars, and the squashed Gaussian of the policy."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.agents.tdmpc2.config import AgentConfig

_LOG_SQRT_2PI = 0.9189385332046727


def symlog(x: jax.Array) -> jax.Array:
    """`sign(x) log(1 + |x|)` (DreamerV3)."""
    return jnp.sign(x) * jnp.log1p(jnp.abs(x))


def symexp(x: jax.Array) -> jax.Array:
    """Inverse of `symlog`."""
    return jnp.sign(x) * jnp.expm1(jnp.abs(x))


def two_hot(config: AgentConfig, x: jax.Array) -> jax.Array:
    """Weights `[..., bins]` of the two bins around symlog(x), for `x` of shape `[...]`.

    Weights are at least 0, sum to one and have symlog(x) as their mean bin, as far as
    [vmin, vmax] reaches.
    """
    width = (config.vmax - config.vmin) / (config.num_bins - 1)
    place = (jnp.clip(symlog(x), config.vmin, config.vmax) - config.vmin) / width
    # A hat function of width one around the place: no scatter, so that it vectorises.
    return jax.nn.relu(1.0 - jnp.abs(place[..., None] - jnp.arange(config.num_bins)))


def two_hot_decode(config: AgentConfig, logits: jax.Array) -> jax.Array:
    """The scalar `[...]` that logits `[..., bins]` stand for: symexp of the mean bin."""
    bins = jnp.linspace(config.vmin, config.vmax, config.num_bins, dtype=logits.dtype)
    return symexp(jnp.sum(jax.nn.softmax(logits, axis=-1) * bins, axis=-1))


def two_hot_loss(config: AgentConfig, logits: jax.Array, target: jax.Array) -> jax.Array:
    """Cross entropy `[...]` between logits `[..., bins]` and the two-hot code of `target`.

    Leading axes broadcast, so that one target serves a whole ensemble.
    """
    # The weights sum to one, which turns -sum(w log softmax) into this.
    chosen = jnp.sum(two_hot(config, target) * logits, axis=-1)
    return jax.nn.logsumexp(logits, axis=-1) - chosen


def gaussian_log_prob(noise: jax.Array, log_std: jax.Array) -> jax.Array:
    """Log density `[...]` of `mean + noise * exp(log_std)`, for `[..., A]`."""
    return jnp.sum(-0.5 * jnp.square(noise) - log_std - _LOG_SQRT_2PI, axis=-1)


def squash_correction(action: jax.Array) -> jax.Array:
    """What tanh adds to the log density `[...]` of an action `[..., A]` in (-1, 1)."""
    return -jnp.sum(jnp.log(jax.nn.relu(1.0 - jnp.square(action)) + 1e-6), axis=-1)
