"""Action normalisation: actions in [-1, 1] and the actuators' own ranges."""

from __future__ import annotations

import jax
import jax.numpy as jnp


def actuator_units(action: jax.Array, low: jax.Array, high: jax.Array) -> jax.Array:
    """Controls of an action in [-1, 1], in actuators' ranges `low` to `high`; clipped."""
    return low + 0.5 * (jnp.clip(action, -1.0, 1.0) + 1.0) * (high - low)


def normalize_action(ctrl: jax.Array, low: jax.Array, high: jax.Array) -> jax.Array:
    """The action in [-1, 1] that commands `ctrl`, in actuators' ranges `low` to `high`."""
    return jnp.clip(2.0 * (ctrl - low) / (high - low) - 1.0, -1.0, 1.0)
