"""LayerNorm followed by Mish as one function with its own gradient.

Left to itself, XLA keeps eight arrays of a layer's size for the gradient and, where only the
input's gradient is asked for, computes exponentials inside of scalar reductions: a third of an
update's time on CPUs.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

LAYER_NORM_EPS = 1e-5
# Beyond this Mish is the identity in float32, and the exponential's square is still finite.
_MISH_LINEAR = 20.0


def mish(x: jax.Array) -> jax.Array:
    """`x tanh(softplus(x))`, with one exponential that has one use, so that it fuses."""
    return x - 2.0 * x / (1.0 + jnp.square(1.0 + jnp.exp(x)))


def normed(x: jax.Array, offset: jax.Array, scale: jax.Array, bias: jax.Array) -> jax.Array:
    """LayerNorm of `x + offset`, times `scale` plus `bias`; shapes as in `normed_mish`."""
    mean, inverse = _statistics(x, offset)
    return (x + offset[:, None] - mean) * inverse * scale[:, None] + bias[:, None]


@jax.custom_vjp
def normed_mish(x: jax.Array, offset: jax.Array, scale: jax.Array, bias: jax.Array) -> jax.Array:
    """`mish(normed(x, offset, scale, bias))`.

    Args:
      x: `[M, R, F]` float32, R rows of each of M members.
      offset, scale, bias: `[M, F]`.
    """
    return mish(normed(x, offset, scale, bias))


def _forward(x: jax.Array, offset: jax.Array, scale: jax.Array, bias: jax.Array):
    mean, inverse = _statistics(x, offset)
    normal = (x + offset[:, None] - mean) * inverse
    return mish(normal * scale[:, None] + bias[:, None]), (x, offset, mean, inverse, scale, bias)


def _backward(residuals, dy: jax.Array):
    x, offset, mean, inverse, scale, bias = residuals
    normal = (x + offset[:, None] - mean) * inverse
    du = dy * _mish_slope(normal * scale[:, None] + bias[:, None])
    product = du * normal
    features = x.shape[-1]
    first = _sum_features(du, scale) / features
    second = _sum_features(product, scale) / features
    dx = inverse * (du * scale[:, None] - first - normal * second)
    return dx, _sum_rows(dx), _sum_rows(product), _sum_rows(du)


normed_mish.defvjp(_forward, _backward)


def _statistics(x: jax.Array, offset: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Mean and inverse standard deviation of each row of `x + offset`, `[M, R, 1]`."""
    weight = jnp.full(offset.shape, 1.0 / offset.shape[-1])
    # The offset's own mean apart, so that a CPU need not write the sum down.
    mean = _sum_features(x, weight) + jnp.mean(offset, axis=-1)[:, None, None]
    variance = _sum_features(jnp.square(x + offset[:, None]), weight) - jnp.square(mean)
    return mean, jax.lax.rsqrt(jnp.maximum(variance, 0.0) + LAYER_NORM_EPS)


def _mish_slope(u: jax.Array) -> jax.Array:
    # One exponential and one division, each of which would end a fusion.
    e = jnp.exp(jnp.minimum(u, _MISH_LINEAR))
    n = e * (e + 2.0)
    return (n * (n + 2.0) + 4.0 * u * e * (e + 1.0)) / jnp.square(n + 2.0)


def _sum_features(x: jax.Array, weight: jax.Array) -> jax.Array:
    """`[M, R, 1]`: sum over the features of `x` `[M, R, F]` times `weight` `[M, F]`."""

    def by_dot(x: jax.Array, weight: jax.Array) -> jax.Array:
        rows = _batched(x)
        weight = jnp.broadcast_to(weight, (len(rows), x.shape[-1]))
        return jnp.matmul(rows, weight[:, :, None]).reshape(*x.shape[:2], 1)

    def by_sum(x: jax.Array, weight: jax.Array) -> jax.Array:
        return jnp.sum(x * weight[:, None], axis=-1, keepdims=True)

    return jax.lax.platform_dependent(x, weight, cpu=by_dot, default=by_sum)


def _sum_rows(x: jax.Array) -> jax.Array:
    """`[M, F]`: sum over the rows of `x` `[M, R, F]`."""

    def by_dot(x: jax.Array) -> jax.Array:
        rows = _batched(x)
        sums = jnp.matmul(jnp.ones((len(rows), 1, rows.shape[1]), x.dtype), rows)
        return sums.reshape(len(x), -1, x.shape[-1]).sum(axis=1)

    def by_sum(x: jax.Array) -> jax.Array:
        return jnp.sum(x, axis=1)

    return jax.lax.platform_dependent(x, cpu=by_dot, default=by_sum)


def _batched(x: jax.Array) -> jax.Array:
    """`x` `[M, R, F]` with at least two on its first axis, if R allows it.

    XLA fuses a lone matrix-vector product with all that its matrix is computed from, and then
    computes that one number at a time; a batch of them it leaves alone.
    """
    members, rows, features = x.shape
    return x.reshape(2, rows // 2, features) if members == 1 and rows % 2 == 0 else x
