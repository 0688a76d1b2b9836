"""TD-MPC2's losses as pure functions: model (consistency, reward, value, termination), policy.

All losses take batches with the environments first, `[B, H, ...]` (see `batch_first`). Matrix
products merge both axes; in this order every row stays on the device of its sequence.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import optax
from flax import struct

from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.distributions import two_hot_loss

Metrics = dict[str, jax.Array]


@struct.dataclass
class Batch:
    """Sequences of H steps within one episode, time first.

    Attributes:
      obs: `[H+1, B, O]`.
      action: `[H, B, A]` in [-1, 1].
      reward: `[H, B]`.
      terminated: `[H, B]`, bool or 0/1; false at truncation.
      reference_action: a_ref `[H+1, B, A]` for the policy loss, or None.
    """

    obs: jax.Array
    action: jax.Array
    reward: jax.Array
    terminated: jax.Array
    reference_action: jax.Array | None = None


@struct.dataclass
class Noise:
    """Random numbers of one update.

    Attributes:
      target_action: `[B, H, A]` standard normal, for the TD target's actions.
      policy_action: `[B, H+1, A]` standard normal, for the policy loss's actions.
      target_pair, policy_pair: `[2]`, indices of the Q-functions used for each.
      dropout: a key each for the model's and the policy's loss, or None without dropout.
    """

    target_action: jax.Array
    policy_action: jax.Array
    target_pair: jax.Array
    policy_pair: jax.Array
    dropout: tuple[jax.Array, jax.Array] | None = None


def draw_noise(config: AgentConfig, key: jax.Array, batch_size: int) -> Noise:
    """Samples the noise of one update on `batch_size` sequences."""
    keys = jax.random.split(key, 6)
    horizon, size = config.horizon, config.action_size
    return Noise(
        target_action=jax.random.normal(keys[0], (batch_size, horizon, size)),
        policy_action=jax.random.normal(keys[1], (batch_size, horizon + 1, size)),
        target_pair=wm.sample_pair(config, keys[2]),
        policy_pair=wm.sample_pair(config, keys[3]),
        dropout=(keys[4], keys[5]) if config.dropout else None,
    )


def batch_first(batch: Batch) -> Batch:
    """The batch with its first two axes swapped, as the losses expect it."""
    return jax.tree.map(lambda x: jnp.swapaxes(x, 0, 1), batch)


def td_targets(
    config: AgentConfig,
    params: wm.Params,
    target_q: wm.Weights,
    batch: Batch,
    next_z: jax.Array,
    noise: Noise,
) -> jax.Array:
    """TD targets of Q_A, Eq. 5 of MetaWorld-X, `[B, H]`.

    `y = r + gamma (1 - terminated) min Q_target(z', pi(z'))`; an expert's r contains R_t of Eq. 4.

    Args:
      next_z: encoded observations one step later, `[B, H, latent]`.
    """
    action = wm.policy(config, params.policy, next_z, noise.target_action).action
    q = wm.q_value(config, target_q, next_z, action, noise.target_pair, "min")
    return batch.reward + config.discount * (1.0 - batch.terminated) * q


def model_loss(
    config: AgentConfig,
    model: wm.ModelParams,
    batch: Batch,
    next_z: jax.Array,
    targets: jax.Array,
    noise: Noise,
) -> tuple[jax.Array, tuple[jax.Array, Metrics]]:
    """Loss of the world model: consistency, reward head R, Q-functions, and termination.

    `20 consistency + 0.1 reward + 0.1 value + 1 termination` with TD-MPC2's coefficients. All but
    the last are means over the batch and over steps t, weighted by `rho^t`. `next_z` and `targets`
    are constants.

    Returns:
      The loss, and the latents of the rollout `[B, H+1, latent]` with the metrics.
    """
    z = wm.encode(config, model, batch.obs[:, 0])
    rollout = [z]
    for k in range(config.horizon):
        z = wm.next_latent(config, model, z, batch.action[:, k])
        rollout.append(z)
    zs = jnp.stack(rollout, axis=1)
    dropout = None if noise.dropout is None else noise.dropout[0]
    rewards = wm.reward_logits(config, model, zs[:, :-1], batch.action)
    qs = wm.q_logits(config, model.qs, zs[:, :-1], batch.action, dropout)

    weight = config.rho ** jnp.arange(config.horizon)
    consistency = jnp.mean(weight * jnp.mean(jnp.square(zs[:, 1:] - next_z), axis=(0, 2)))
    reward = jnp.mean(weight * two_hot_loss(config, rewards, batch.reward).mean(axis=0))
    value = jnp.mean(weight * two_hot_loss(config, qs, targets).mean(axis=(0, 1)))
    loss = (
        config.consistency_coef * consistency
        + config.reward_coef * reward
        + config.value_coef * value
    )
    metrics = {"consistency_loss": consistency, "reward_loss": reward, "value_loss": value}
    if config.episodic:
        logits = wm.termination_logits(config, model, zs[:, 1:])
        terminated = batch.terminated.astype(logits.dtype)
        termination = optax.sigmoid_binary_cross_entropy(logits, terminated).mean()
        loss = loss + config.termination_coef * termination
        metrics |= {"termination_loss": termination}
        metrics |= _termination_statistics(logits[:, -1] > 0.0, terminated[:, -1] > 0.5)
    return loss, (zs, metrics | {"model_loss": loss})


def policy_loss(
    config: AgentConfig,
    policy: wm.Weights,
    qs: wm.Weights,
    zs: jax.Array,
    scale: jax.Array,
    reference_action: jax.Array | None,
    noise: Noise,
) -> tuple[jax.Array, tuple[jax.Array, Metrics]]:
    """Policy loss, Eq. 6 of MetaWorld-X, on latents `zs` `[B, H+1, latent]`; `zs`, `qs` constant.

    Mean over batch and steps t, weighted by `rho^t`, of `-(Q / scale + 1e-4 H)` with the scaled
    entropy H. With reference actions a_ref, `lambda ||pi_mean(z) - a_ref||^2` is added. The scale
    is updated with the current Q first.

    Returns:
      The loss, and the new scale with the metrics.
    """
    out = wm.policy(config, policy, zs, noise.policy_action)
    dropout = None if noise.dropout is None else noise.dropout[1]
    q = wm.q_value(config, qs, zs, out.action, noise.policy_pair, "mean", dropout)
    scale = update_scale(config, scale, jax.lax.stop_gradient(q[:, 0]))
    gain = (q / scale + config.entropy_coef * out.scaled_entropy).mean(axis=0)
    metrics = {
        "policy_entropy": out.entropy.mean(),
        "policy_scaled_entropy": out.scaled_entropy.mean(),
        "policy_std": jnp.exp(out.log_std).mean(),
        "q_mean": q.mean(),
        "q_scale": scale,
    }
    if reference_action is not None:
        distance = jnp.sum(jnp.square(out.mean - reference_action), axis=-1).mean(axis=0)
        gain = gain - config.action_penalty * distance
        metrics |= {"guidance_distance": distance.mean()}
    weight = config.rho ** jnp.arange(config.horizon + 1)
    loss = -jnp.mean(weight * gain)
    return loss, (scale, metrics | {"policy_loss": loss})


def update_scale(config: AgentConfig, scale: jax.Array, q: jax.Array) -> jax.Array:
    """Running range of Q: `tau` of the way to the 5 to 95 percentile range of `q` `[B]`, >= 1."""
    low, high = jnp.percentile(q, jnp.array([5.0, 95.0]))
    return scale + config.tau * (jnp.maximum(high - low, 1.0) - scale)


def _termination_statistics(predicted: jax.Array, actual: jax.Array) -> Metrics:
    """Share of terminated last steps `[B]`, and the F1 score of predicting them."""
    hits = jnp.sum(predicted & actual)
    f1 = 2.0 * hits / jnp.maximum(jnp.sum(predicted) + jnp.sum(actual), 1)
    return {"termination_rate": actual.mean(dtype=jnp.float32), "termination_f1": f1}
