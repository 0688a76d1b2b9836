"""TD-MPC2's networks: linear layers with LayerNorm and Mish, SimNorm, and ensembles of them."""

from __future__ import annotations

import flax.linen as nn
import jax
import jax.numpy as jnp

_LAYER_NORM_EPS = 1e-5
# Beyond this Mish is the identity in float32.
_MISH_LINEAR = 20.0


def mish(x: jax.Array) -> jax.Array:
    """`x tanh(softplus(x))`, with one exponential."""
    e = jnp.exp(jnp.minimum(x, _MISH_LINEAR))
    n = e * (e + 2.0)
    return x * (n / (n + 2.0))


def simnorm(x: jax.Array, group: int) -> jax.Array:
    """Softmax over each group of `group` neighbours on the last axis."""
    return jax.nn.softmax(x.reshape(*x.shape[:-1], -1, group), axis=-1).reshape(x.shape)


class Linear(nn.Module):
    """Affine map of the concatenation of its inputs, without concatenating them.

    Inputs `[..., in_i]` broadcast against each other; with `ensemble` members the output is
    `[E, ..., out]`, and an input whose first axis is the ensemble's is told by `stacked`.

    Attributes:
      features: size of the output.
      ensemble: number of members, each with its own weights; 0 for a single map.
      stacked: inputs carry the ensemble axis already.
      zero_init: weights start at zero instead of TD-MPC2's truncated normal of width 0.02.
    """

    features: int
    ensemble: int = 0
    stacked: bool = False
    zero_init: bool = False

    @nn.compact
    def __call__(self, *inputs: jax.Array) -> jax.Array:
        """Returns `[..., features]`, or `[E, ..., features]`, in the weights' dtype."""
        members = (self.ensemble,) if self.ensemble else ()
        size = sum(x.shape[-1] for x in inputs)
        init = nn.initializers.zeros_init() if self.zero_init else _trunc_normal
        kernel = self.param("kernel", init, (*members, size, self.features))
        bias = self.param("bias", nn.initializers.zeros_init(), (*members, self.features))
        out, begin = None, 0
        for x in inputs:
            part = kernel[..., begin : begin + x.shape[-1], :]
            begin += x.shape[-1]
            y = self._dot(x.astype(kernel.dtype), part)
            out = y if out is None else out + y
        assert out is not None
        lead = out.ndim - bias.ndim
        return out + bias.reshape(*members, *(1,) * lead, self.features)

    def _dot(self, x: jax.Array, kernel: jax.Array) -> jax.Array:
        if not self.ensemble:
            return x @ kernel
        if self.stacked:
            return jnp.einsum("e...i,eio->e...o", x, kernel)
        return jnp.einsum("...i,eio->e...o", x, kernel)


class Normed(nn.Module):
    """LayerNorm with learnt scale and bias, then Mish or SimNorm.

    Attributes:
      ensemble: number of members on the first axis, each with its own scale; 0 for none.
      simnorm: group size of SimNorm; 0 for Mish.
    """

    ensemble: int = 0
    simnorm: int = 0

    @nn.compact
    def __call__(self, x: jax.Array) -> jax.Array:
        """Returns the same shape and dtype as `x`; statistics are float32."""
        members = (self.ensemble,) if self.ensemble else ()
        shape = (*members, x.shape[-1])
        scale = self.param("scale", nn.initializers.ones_init(), shape)
        bias = self.param("bias", nn.initializers.zeros_init(), shape)
        wide = (*members, *(1,) * (x.ndim - len(shape)), x.shape[-1])
        y = x.astype(jnp.float32)
        y = y - jnp.mean(y, axis=-1, keepdims=True)
        y = y * jax.lax.rsqrt(jnp.mean(jnp.square(y), axis=-1, keepdims=True) + _LAYER_NORM_EPS)
        y = y * scale.reshape(wide) + bias.reshape(wide)
        y = simnorm(y, self.simnorm) if self.simnorm else mish(y)
        return y.astype(x.dtype)


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
        x = inputs
        for i, width in enumerate(self.hidden):
            y = Linear(width, self.ensemble, stacked=i > 0, name=f"linear_{i}")(*x)
            if i == 0 and self.dropout and self.has_rng("dropout"):
                y = _dropout(self.make_rng("dropout"), y, self.dropout)
            x = (Normed(self.ensemble, name=f"norm_{i}")(y),)
        last = len(self.hidden)
        y = Linear(
            self.features,
            self.ensemble,
            stacked=last > 0,
            zero_init=self.zero_last,
            name=f"linear_{last}",
        )(*x)
        if self.simnorm:
            return Normed(self.ensemble, self.simnorm, name=f"norm_{last}")(y)
        return y.astype(jnp.float32)


def _trunc_normal(key: jax.Array, shape: tuple[int, ...], dtype=jnp.float32) -> jax.Array:
    # PyTorch's trunc_normal_ cuts at +-2 in absolute terms: never reached at this width.
    return 0.02 * jax.random.normal(key, shape, dtype)


def _dropout(key: jax.Array, x: jax.Array, rate: float) -> jax.Array:
    # 16 random bits an element are enough and half the work.
    bits = jax.random.bits(key, x.shape, jnp.uint16)
    return jnp.where(bits >= round(rate * 65536), x / (1.0 - rate), 0.0)
