"""The router's losses, Eq. 10 to 12 of MetaWorld-X, and where they are least.

Weights are given as logarithms: `log_w` `[..., K]` is the router's log softmax.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp


def entropy(log_w: jax.Array) -> jax.Array:
    """Entropy `[...]` of weights, nats."""
    return -jnp.sum(jnp.exp(log_w) * log_w, axis=-1)


def divergence(log_w: jax.Array, target: jax.Array) -> jax.Array:
    """`KL(w || target)` `[...]`, nats.

    Args:
      target: weights `[..., K]`, all above 0.
    """
    return jnp.sum(jnp.exp(log_w) * (log_w - jnp.log(target)), axis=-1)


def task_losses(log_w: jax.Array, prior: jax.Array, beta: float) -> jax.Array:
    """Eq. 10 in each state `[...]`: `KL(w || w_v) - beta H(w)`.

    Args:
      prior: the teacher's weights w_v `[..., K]`.
      beta: weight of the entropy.
    """
    return divergence(log_w, prior) - beta * entropy(log_w)


def task_loss(log_w: jax.Array, prior: jax.Array, beta: float) -> jax.Array:
    """Eq. 10, mean over all states."""
    return jnp.mean(task_losses(log_w, prior, beta))


def demo_loss(log_w: jax.Array, demo: jax.Array) -> jax.Array:
    """Eq. 11: `KL(w || P_demo)`, mean over the demonstrations' states.

    Args:
      demo: which experts the demonstrations use, P_demo `[..., K]`.
    """
    return jnp.mean(divergence(log_w, demo))


def guidance_rate(lambda_0: float, eta: float, t: jax.Array | int) -> jax.Array:
    """Eq. 12's `lambda(t) = lambda_0 eta^t`."""
    return lambda_0 * jnp.power(eta, jnp.asarray(t, jnp.float32))


def irm_loss(
    log_w: jax.Array, prior: jax.Array, demo: jax.Array, rate: jax.Array | float, beta: float
) -> jax.Array:
    """Eq. 12: `lambda(t) L_task + L_demo`.

    Args:
      rate: lambda(t).
    """
    return rate * task_loss(log_w, prior, beta) + demo_loss(log_w, demo)


def task_optimum(prior: jax.Array, beta: float) -> jax.Array:
    """Weights `[..., K]` where Eq. 10 is least: `w_v^(1 / (1 + beta))`, scaled to add up to 1."""
    return jax.nn.softmax(jnp.log(prior) / (1.0 + beta), axis=-1)


def irm_optimum(
    prior: jax.Array, demo: jax.Array, rate: jax.Array | float, beta: float
) -> jax.Array:
    """Weights where Eq. 12 is least at a fixed rate.

    `w_v^(rate / c) P^(1 / c)` with `c = 1 + rate (1 + beta)`, scaled to add up to 1.
    """
    c = 1.0 + rate * (1.0 + beta)
    return jax.nn.softmax((rate * jnp.log(prior) + jnp.log(demo)) / c, axis=-1)
