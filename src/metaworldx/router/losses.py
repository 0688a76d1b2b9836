"""Router losses, Eq. 10, Eq. 11 and Eq. 12 of MetaWorld-X.

Weights are passed as logarithms: `log_w` `[..., K]` is the router's log softmax.
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
    """Task loss, Eq. 10, in each state `[...]`: `KL(w || w_v) - beta H(w)`.

    Args:
      prior: the teacher's weights w_v `[..., K]`.
      beta: weight of the entropy.
    """
    return divergence(log_w, prior) - beta * entropy(log_w)


def demo_loss(log_w: jax.Array, demo: jax.Array) -> jax.Array:
    """Demonstration loss, Eq. 11: `KL(w || P_demo)`, mean over the demonstrated states.

    Args:
      demo: expert usage in the demonstrations, P_demo `[..., K]`.
    """
    return jnp.mean(divergence(log_w, demo))


def guidance_weight(lambda_0: float, eta: float, t: jax.Array | int) -> jax.Array:
    """Guidance weight of Eq. 12, `lambda(t) = lambda_0 eta^t`."""
    return lambda_0 * jnp.power(eta, jnp.asarray(t, jnp.float32))


def irm_loss(task: jax.Array, demo: jax.Array, rate: jax.Array | float) -> jax.Array:
    """IRM loss, Eq. 12: `lambda(t) L_task + L_demo`, with L_task averaged over its states.

    Args:
      task: Eq. 10 in each of its states `[...]`.
      demo: Eq. 11, a scalar.
      rate: lambda(t), one for all states or one per state `[...]`.
    """
    return jnp.mean(rate * task) + demo
