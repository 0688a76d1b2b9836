"""World model as pure functions of its parameters: latents, rewards, Q, policy, termination.

Shapes are `[..., size]` with any leading axes. Everything follows TD-MPC2 (Hansen et al., 2024).
"""

from __future__ import annotations

from typing import Any, Literal

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.distributions import (
    gaussian_log_prob,
    squash_correction,
    two_hot_decode,
)
from metaworldx.agents.tdmpc2.networks import Mlp

# A number that hardly varies (a standard deviation of 0.01) is not blown up to noise.
_OBS_EPS = 1e-4
_OBS_BOUND = 10.0

Weights = Any
"""One network's parameters, as flax keeps them."""


@struct.dataclass
class ModelParams:
    """Parameters of the model step; `termination` is None where episodes never terminate."""

    encoder: Weights
    dynamics: Weights
    reward: Weights
    qs: Weights
    termination: Weights = None


@struct.dataclass
class ObsStats:
    """Running statistics of observations: count, mean and variance `[O]`."""

    count: jax.Array
    mean: jax.Array
    var: jax.Array


@struct.dataclass
class Params:
    """Parameters of the model and the policy.

    `obs` normalises observations; None, as in TD-MPC2, leaves them unchanged.
    """

    model: ModelParams
    policy: Weights
    obs: ObsStats | None = None


@struct.dataclass
class PolicyOutput:
    """The policy at latents `[..., latent]`.

    Attributes:
      action: `[..., A]` in (-1, 1), sampled with the noise that was given.
      mean: `[..., A]` in (-1, 1).
      log_std: `[..., A]`, before tanh.
      entropy: `[...]`, minus the log density of `action`.
      scaled_entropy: `[...]`, TD-MPC2's: A times the entropy before tanh.
    """

    action: jax.Array
    mean: jax.Array
    log_std: jax.Array
    entropy: jax.Array
    scaled_entropy: jax.Array


def init_params(config: AgentConfig, key: jax.Array) -> Params:
    """Initial parameters; the last layers of reward and Q-functions start at zero."""
    keys = jax.random.split(key, 6)
    obs = jnp.zeros((1, config.obs_size))
    z = jnp.zeros((1, config.latent_size))
    action = jnp.zeros((1, config.action_size))

    def weights(net: Mlp, key: jax.Array, *inputs: jax.Array) -> Weights:
        return net.init({"params": key}, *inputs)["params"]

    model = ModelParams(
        encoder=weights(_encoder(config), keys[0], obs),
        dynamics=weights(_dynamics(config), keys[1], z, action),
        reward=weights(_reward(config), keys[2], z, action),
        qs=weights(_qs(config, config.num_q), keys[3], z, action),
        termination=weights(_termination(config), keys[4], z) if config.episodic else None,
    )
    size = config.obs_size
    stats = ObsStats(jnp.zeros(()), jnp.zeros(size), jnp.ones(size))
    return Params(
        model=model,
        policy=weights(_policy(config), keys[5], z),
        obs=stats if config.normalise_obs else None,
    )


def io_sizes(params: Params) -> tuple[int, int]:
    """Widths of the observations and actions that parameters are for."""
    first, last = (
        [net[name] for name in sorted(net) if name.startswith("linear_")]
        for net in (params.model.encoder, params.policy)
    )
    return first[0]["kernel"].shape[0], last[-1]["bias"].shape[0] // 2


def update_obs_stats(stats: ObsStats, obs: jax.Array) -> ObsStats:
    """Statistics with observations `[..., O]` added, all with equal weights."""
    rows = obs.reshape(-1, obs.shape[-1])
    count = stats.count + len(rows)
    share = len(rows) / count
    mean, var = rows.mean(axis=0), rows.var(axis=0)
    apart = mean - stats.mean
    return ObsStats(
        count=count,
        mean=stats.mean + share * apart,
        var=stats.var + share * (var - stats.var) + share * (1.0 - share) * jnp.square(apart),
    )


def normalize_obs(params: Params, obs: jax.Array) -> jax.Array:
    """Observations `[..., O]` less their mean, over their standard deviation, within +-10."""
    if params.obs is None:
        return obs
    scaled = (obs - params.obs.mean) * jax.lax.rsqrt(params.obs.var + _OBS_EPS)
    return jnp.clip(scaled, -_OBS_BOUND, _OBS_BOUND)


def encode(config: AgentConfig, model: ModelParams, obs: jax.Array) -> jax.Array:
    """Latents `[..., latent]` of observations `[..., O]`."""
    return _apply(_encoder(config), model.encoder, obs)


def next_latent(
    config: AgentConfig, model: ModelParams, z: jax.Array, action: jax.Array
) -> jax.Array:
    """Predicted latents `[..., latent]` one control step later."""
    return _apply(_dynamics(config), model.dynamics, z, action)


def reward_logits(
    config: AgentConfig, model: ModelParams, z: jax.Array, action: jax.Array
) -> jax.Array:
    """Logits `[..., bins]` of the step's reward."""
    return _apply(_reward(config), model.reward, z, action)


def reward(config: AgentConfig, model: ModelParams, z: jax.Array, action: jax.Array) -> jax.Array:
    """Predicted reward `[...]` of the step."""
    return two_hot_decode(config, reward_logits(config, model, z, action))


def termination_logits(config: AgentConfig, model: ModelParams, z: jax.Array) -> jax.Array:
    """Logits `[...]` that the episode has terminated on arriving at `z`."""
    return _apply(_termination(config), model.termination, z)[..., 0]


def q_logits(
    config: AgentConfig,
    qs: Weights,
    z: jax.Array,
    action: jax.Array,
    dropout_key: jax.Array | None = None,
) -> jax.Array:
    """Logits `[E, ..., bins]` of every Q-function in `qs`.

    Args:
      qs: weights of E members (the ensemble, the target ensemble, or some of either).
      dropout_key: drops out the first layer; None as when nothing is trained.
    """
    members = jax.tree.leaves(qs)[0].shape[0]
    return _apply(_qs(config, members), qs, z, action, dropout_key=dropout_key)


def q_value(
    config: AgentConfig,
    qs: Weights,
    z: jax.Array,
    action: jax.Array,
    pair: jax.Array,
    reduce: Literal["min", "mean"],
    dropout_key: jax.Array | None = None,
) -> jax.Array:
    """Q `[...]`: least or mean of two of the ensemble, `pair` `[2]`; only those are computed."""
    two = jax.tree.map(lambda w: jnp.stack([_member(w, pair[0]), _member(w, pair[1])]), qs)
    values = two_hot_decode(config, q_logits(config, two, z, action, dropout_key))
    return values.min(axis=0) if reduce == "min" else values.mean(axis=0)


def ensemble_q(config: AgentConfig, params: Params, obs: jax.Array, action: jax.Array) -> jax.Array:
    """Q `[..., N]`, the whole ensemble's mean, of N actions at each observation.

    Args:
      obs: `[..., O]`.
      action: `[..., N, A]`.
    """
    z = encode(config, params.model, normalize_obs(params, obs))
    z = jnp.broadcast_to(z[..., None, :], (*action.shape[:-1], z.shape[-1]))
    logits = q_logits(config, params.model.qs, z, action)
    return two_hot_decode(config, logits).mean(axis=0)


def sample_pair(config: AgentConfig, key: jax.Array) -> jax.Array:
    """Two different members of the Q-ensemble, `[2]`."""
    return jax.random.permutation(key, config.num_q)[:2]


def policy(
    config: AgentConfig, weights: Weights, z: jax.Array, noise: jax.Array | float
) -> PolicyOutput:
    """The squashed Gaussian policy at `z`, its action made with standard normal `noise`.

    Args:
      noise: `[..., A]`, or 0 for the most likely action before tanh.
    """
    mean, log_std = jnp.split(_apply(_policy(config), weights, z), 2, axis=-1)
    low, high = config.log_std_min, config.log_std_max
    log_std = low + 0.5 * (high - low) * (jnp.tanh(log_std) + 1.0)
    action = jnp.tanh(mean + noise * jnp.exp(log_std))
    gaussian = gaussian_log_prob(jnp.asarray(noise), log_std)
    log_prob = gaussian + squash_correction(action)
    # TD-MPC2 scales the entropy by (A gaussian) / log_prob, which it does not differentiate apart.
    scale = gaussian * config.action_size / (log_prob + 1e-8)
    return PolicyOutput(
        action=action,
        mean=jnp.tanh(mean),
        log_std=log_std,
        entropy=-log_prob,
        scaled_entropy=-log_prob * scale,
    )


def _apply(
    net: Mlp, weights: Weights, *inputs: jax.Array, dropout_key: jax.Array | None = None
) -> jax.Array:
    rngs = None if dropout_key is None else {"dropout": dropout_key}
    out: Any = net.apply({"params": weights}, *inputs, rngs=rngs)
    return out


def _member(w: jax.Array, index: jax.Array) -> jax.Array:
    return jax.lax.dynamic_index_in_dim(w, index, keepdims=False)


def _encoder(config: AgentConfig) -> Mlp:
    return Mlp((config.encoder_size,), config.latent_size, simnorm=config.simnorm_size)


def _dynamics(config: AgentConfig) -> Mlp:
    return Mlp(_hidden(config), config.latent_size, simnorm=config.simnorm_size)


def _reward(config: AgentConfig) -> Mlp:
    return Mlp(_hidden(config), config.num_bins, zero_last=True)


def _termination(config: AgentConfig) -> Mlp:
    return Mlp(_hidden(config), 1)


def _policy(config: AgentConfig) -> Mlp:
    return Mlp(_hidden(config), 2 * config.action_size)


def _qs(config: AgentConfig, members: int) -> Mlp:
    return Mlp(
        _hidden(config), config.num_bins, ensemble=members, dropout=config.dropout, zero_last=True
    )


def _hidden(config: AgentConfig) -> tuple[int, int]:
    return (config.hidden_size, config.hidden_size)
