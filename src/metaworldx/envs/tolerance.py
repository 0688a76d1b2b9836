"""The tolerance function that HumanoidBench's rewards are made of (from dm_control's `rewards`)."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp

_VALUE_AT_MARGIN = 0.1


def _sigmoid(x: jax.Array, value_at_one: float, kind: str) -> jax.Array:
    if kind == "gaussian":
        scale = math.sqrt(-2.0 * math.log(value_at_one))
        return jnp.exp(-0.5 * (x * scale) ** 2)
    if kind == "linear":
        scaled = x * (1.0 - value_at_one)
        return jnp.where(jnp.abs(scaled) < 1.0, 1.0 - scaled, 0.0)
    if kind == "quadratic":
        scaled = x * math.sqrt(1.0 - value_at_one)
        return jnp.where(jnp.abs(scaled) < 1.0, 1.0 - scaled**2, 0.0)
    raise ValueError(f"unknown sigmoid {kind!r}; one of gaussian, linear, quadratic")


def tolerance(
    x: jax.Array,
    bounds: tuple[float, float] = (0.0, 0.0),
    margin: float = 0.0,
    sigmoid: str = "gaussian",
    value_at_margin: float = _VALUE_AT_MARGIN,
) -> jax.Array:
    """1 inside `bounds`, falling to `value_at_margin` at distance `margin` outside of them.

    Args:
      x: any shape; the result has the same.
      bounds: lower and upper end, either may be infinite.
      margin: distance over which the value falls; 0 makes the edge hard.
      sigmoid: the shape of the fall: gaussian, linear or quadratic.
      value_at_margin: value at distance `margin`; 0 only with linear or quadratic.

    Source: `dm_control.utils.rewards.tolerance`, Tassa et al. 2018, arXiv 1801.00690.
    """
    lower, upper = bounds
    inside = (lower <= x) & (x <= upper)
    if margin == 0:
        return jnp.where(inside, 1.0, 0.0)
    distance = jnp.where(x < lower, lower - x, x - upper) / margin
    # The unused branch is fed 0 so that its gradient stays finite (infinite bounds).
    outside = _sigmoid(jnp.where(inside, 0.0, distance), value_at_margin, sigmoid)
    return jnp.where(inside, 1.0, outside)
