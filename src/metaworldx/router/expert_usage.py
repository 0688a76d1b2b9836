"""Expert usage in a demonstration, P_demo of Eq. 11: which experts explain an action."""

from __future__ import annotations

import jax
import jax.numpy as jnp

from metaworldx.vlm.schema import MIN_WEIGHT

_ARMS_SHARE = 0.3


def expert_usage(each: jax.Array, action: jax.Array, arms: jax.Array, width: float) -> jax.Array:
    """Attribution of an action to experts, `P_demo(w | s, a)` `[..., K]`, each >= `MIN_WEIGHT`.

    `softmax_i(-mean |a - pi_i(s)|^2 / (2 width^2))` over legs and trunk, and the same over arms
    with a hand target, which have a share of 0.3.

    Args:
      each: every expert's action `[..., K, A]`.
      action: `[..., A]`.
      arms: actuators of the arms whose hands have a target `[..., A]`, bool
        (`BodyPartMixer.apart`).
    """
    square = jnp.square(each - action[..., None, :])

    def by(part: jax.Array) -> jax.Array:
        mean = jnp.sum(square * part[..., None, :], axis=-1)
        mean = mean / jnp.maximum(part.sum(axis=-1), 1)[..., None]
        return jax.nn.softmax(-0.5 * mean / width**2, axis=-1)

    of_arms = jnp.where(arms.any(axis=-1), _ARMS_SHARE, 0.0)[..., None]
    share = (1.0 - of_arms) * by(~arms) + of_arms * by(arms)
    return MIN_WEIGHT + (1.0 - MIN_WEIGHT * share.shape[-1]) * share
