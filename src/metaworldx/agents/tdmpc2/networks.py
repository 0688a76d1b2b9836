"""TD-MPC2's networks: linear layers with LayerNorm and Mish, SimNorm, and ensembles of them."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

from metaworldx.agents.tdmpc2.normed_mish import normed, normed_mish


def simnorm(x: jax.Array, group: int) -> jax.Array:
    """Softmax over each group of `group` neighbours on the last axis."""
    return jax.nn.softmax(x.reshape(*x.shape[:-1], -1, group), axis=-1).reshape(x.shape)


class Linear(nn.Module):
    """Affine map of the concatenation of its inputs, its bias given apart.

    Leading axes of several inputs broadcast against each other: what is shared by many rows is
    multiplied once.

    Attributes:
      features: size of the output.
      ensemble: members on the first axis, each with its own weights; 0 for a single map.
      zero_init: weights start at zero instead of TD-MPC2's normal of width 0.02.
    """

    features: int
    ensemble: int = 0
    zero_init: bool = False

    @nn.compact
    def __call__(self, *inputs: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Maps `[(E,) ..., in_i]` to the product `[(E,) ..., features]` and the bias."""
        members = (self.ensemble,) if self.ensemble else ()
        sizes = [x.shape[-1] for x in inputs]
        zeros = nn.initializers.zeros_init()
        init = zeros if self.zero_init else nn.initializers.normal(0.02)
        kernel = self.param("kernel", init, (*members, sum(sizes), self.features))
        bias = self.param("bias", zeros, (*members, self.features))
        begin, parts = 0, []
        for x, size in zip(inputs, sizes, strict=True):
            part = jax.lax.slice_in_dim(kernel, begin, begin + size, axis=-2)
            parts.append(_matmul(x.astype(kernel.dtype), part))
            begin += size
        return sum(parts[1:], parts[0]), bias


class Normed(nn.Module):
    """Adds a bias, then LayerNorm with learnt scale and shift, then Mish or SimNorm.

    Attributes:
      ensemble: members on the first axis, each with its own scale; 0 for none.
      simnorm: group size of SimNorm; 0 for Mish.
    """

    ensemble: int = 0
    simnorm: int = 0

    @nn.compact
    def __call__(self, x: jax.Array, offset: jax.Array) -> jax.Array:
        """Returns the shape and dtype of `x` `[(E,) ..., F]`; computes in float32.

        Args:
          offset: what is added first, `[(E,) F]`.
        """
        shape = offset.shape
        scale = self.param("scale", nn.initializers.ones_init(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), shape)
        y = x.astype(jnp.float32).reshape(self.ensemble or 1, -1, x.shape[-1])
        vectors = (v.astype(jnp.float32).reshape(-1, x.shape[-1]) for v in (offset, scale, bias))
        y = simnorm(normed(y, *vectors), self.simnorm) if self.simnorm else normed_mish(y, *vectors)
        return y.reshape(x.shape).astype(x.dtype)


class Mlp(nn.Module):
    """Hidden layers (linear, dropout, LayerNorm, Mish), then a plain or a SimNorm layer.

    Dropout acts on the first layer, and only when a `dropout` key is given to `apply`.

    Attributes:
      hidden: widths of the hidden layers.
      features: size of the output.
      ensemble: number of members; 0 for a single network.
      simnorm: group size, for an output that is a latent; 0 for a plain linear output.
      dropout: share of the first layer's outputs set to zero.
      zero_last: the last layer's weights start at zero.
    """

    hidden: tuple[int, ...]
    features: int
    ensemble: int = 0
    simnorm: int = 0
    dropout: float = 0.0
    zero_last: bool = False

    @nn.compact
    def __call__(self, *inputs: jax.Array) -> jax.Array:
        """Maps inputs `[..., in_i]` to `[..., features]`, or `[E, ..., features]`."""
        inputs = _joined(inputs)
        if self.ensemble:
            inputs = tuple(jnp.broadcast_to(x, (self.ensemble, *x.shape)) for x in inputs)
        for i, width in enumerate(self.hidden):
            x, bias = Linear(width, self.ensemble, name=f"linear_{i}")(*inputs)
            if i == 0 and self.dropout and self.has_rng("dropout"):
                x = drop_out(self.make_rng("dropout"), x + per_member(bias, x.ndim), self.dropout)
                bias = jnp.zeros_like(bias)
            inputs = (Normed(self.ensemble, name=f"norm_{i}")(x, bias),)
        last = len(self.hidden)
        linear = Linear(self.features, self.ensemble, self.zero_last, name=f"linear_{last}")
        x, bias = linear(*inputs)
        if self.simnorm:
            return Normed(self.ensemble, self.simnorm, name=f"norm_{last}")(x, bias)
        return x.astype(jnp.float32) + per_member(bias.astype(jnp.float32), x.ndim)


def drop_out(key: jax.Array, x: jax.Array, rate: float) -> jax.Array:
    """Sets a share of `x` to zero at random and scales up the rest."""
    # An integer hash of each element's place and the key (MurmurHash3's finaliser): JAX's own
    # generators would take as long here as the matrix products.
    places = jnp.zeros(x.shape, jnp.uint32)
    for axis, size in enumerate(x.shape):
        places = places * jnp.uint32(size) + jax.lax.broadcasted_iota(jnp.uint32, x.shape, axis)
    first, second = jax.random.bits(key, (2,), jnp.uint32)
    h = places * jnp.uint32(0x9E3779B1) ^ first
    h = (h ^ (h >> 16)) * jnp.uint32(0x85EBCA6B)
    h = (h ^ (h >> 13)) * jnp.uint32(0xC2B2AE35) ^ second
    h = h ^ (h >> 16)
    return jnp.where(h >= jnp.uint32(rate * 2.0**32), x / (1.0 - rate), 0.0)


def _joined(inputs: tuple[jax.Array, ...]) -> tuple[jax.Array, ...]:
    """The inputs as one, unless their leading axes differ: what many rows share stays apart."""
    if len({x.shape[:-1] for x in inputs}) > 1:
        return inputs
    return (jnp.concatenate(inputs, axis=-1),)


def _matmul(x: jax.Array, kernel: jax.Array) -> jax.Array:
    """`[..., in] @ [in, out]`, or member by member for `[E, ..., in]` and `[E, in, out]`."""
    # All rows on one axis: otherwise the gradient's products begin with transposed copies.
    rows = x.reshape(*kernel.shape[:-2], -1, x.shape[-1])
    return (rows @ kernel).reshape(*x.shape[:-1], kernel.shape[-1])


def per_member(vector: jax.Array, ndim: int) -> jax.Array:
    """`[out]` or `[E, out]` with axes of one put in so that it broadcasts over `ndim` axes."""
    lead = (1,) * (ndim - vector.ndim)
    return vector.reshape(*vector.shape[:-1], *lead, vector.shape[-1])
