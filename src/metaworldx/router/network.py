"""Router network: softmax weights over the experts from an observation and guidance features."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.agents.tdmpc2.networks import Mlp

_EPS, _BOUND = 1e-4, 5.0


@dataclass(frozen=True)
class RouterSizes:
    """Sizes of a router.

    Attributes:
      obs_size: width of the observation.
      guidance_size: width of V(T), `2 K + 2`.
      experts: K.
      hidden: widths of the hidden layers.
    """

    obs_size: int
    guidance_size: int
    experts: int
    hidden: tuple[int, ...] = (128, 128)


@struct.dataclass
class RouterParams:
    """Network parameters, and mean and variance of the training observations `[O]`."""

    net: Any
    mean: jax.Array
    var: jax.Array


def init_router(
    sizes: RouterSizes,
    key: jax.Array,
    obs: jax.Array | None = None,
    counts: jax.Array | None = None,
) -> RouterParams:
    """Initial parameters, under which all experts have equal weights.

    Args:
      obs: observations `[N, O]` for the normalization statistics; None disables normalization.
      counts: weight of each observation in these statistics `[N]`; None weighs all equally.
    """
    inputs = jnp.zeros((1, sizes.obs_size + sizes.guidance_size))
    net: Any = _net(sizes).init({"params": key}, inputs)
    if obs is None:
        return RouterParams(net["params"], jnp.zeros(sizes.obs_size), jnp.ones(sizes.obs_size))
    mean = jnp.average(obs, axis=0, weights=counts)
    var = jnp.average((obs - mean) ** 2, axis=0, weights=counts)
    return RouterParams(net["params"], mean, var)


def log_weights(
    sizes: RouterSizes, params: RouterParams, obs: jax.Array, guidance: jax.Array
) -> jax.Array:
    """Logarithm of the expert weights `[..., K]`.

    Args:
      obs: observations `[..., O]`.
      guidance: `guidance_arrays.guidance_features` `[..., G]`.
    """
    scaled = (obs - params.mean) * jax.lax.rsqrt(params.var + _EPS)
    inputs = jnp.concatenate([jnp.clip(scaled, -_BOUND, _BOUND), guidance], axis=-1)
    logits: Any = _net(sizes).apply({"params": params.net}, inputs)
    return jax.nn.log_softmax(logits, axis=-1)


def _net(sizes: RouterSizes) -> Mlp:
    return Mlp(hidden=sizes.hidden, features=sizes.experts, zero_last=True)
