"""One training step of the agent: model, policy and target Q-functions, with a guard."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.losses import (
    Batch,
    Metrics,
    Noise,
    batch_first,
    draw_noise,
    model_loss,
    policy_loss,
    td_targets,
)

# PyTorch's clip_grad_norm_ adds this to the norm.
_CLIP_EPS = 1e-6
_POLICY_ADAM_EPS = 1e-5
_LEAST_RATE = 0.1


@struct.dataclass
class AgentState:
    """All that training changes.

    Attributes:
      params: world model and policy.
      target_q: slow copy of the Q-ensemble.
      model_opt, policy_opt: Adam's state of each.
      scale: running range of Q that scales the policy loss.
      step: updates done.
      skipped: updates left out because something was not finite.
    """

    params: wm.Params
    target_q: wm.Weights
    model_opt: optax.OptState
    policy_opt: optax.OptState
    scale: jax.Array
    step: jax.Array
    skipped: jax.Array


def init(config: AgentConfig, key: jax.Array) -> AgentState:
    """A fresh agent; target Q-functions start equal to the Q-functions."""
    params = wm.init_params(config, key)
    model: Any = params.model
    return AgentState(
        params=params,
        target_q=jax.tree.map(jnp.copy, params.model.qs),
        model_opt=_model_optimiser(config).init(model),
        policy_opt=_policy_optimiser(config).init(params.policy),
        scale=jnp.ones(()),
        step=jnp.zeros((), jnp.int32),
        skipped=jnp.zeros((), jnp.int32),
    )


def act(
    config: AgentConfig,
    params: wm.Params,
    obs: jax.Array,
    key: jax.Array,
    deterministic: bool = False,
) -> jax.Array:
    """Actions `[B, A]` of the policy alone for observations `[B, O]`; its mean if deterministic."""
    z = wm.encode(config, params.model, wm.normalised(params, obs))
    if deterministic:
        return wm.policy(config, params.policy, z, 0.0).mean
    noise = jax.random.normal(key, (*obs.shape[:-1], config.action_size))
    return wm.policy(config, params.policy, z, noise).action


def update(
    config: AgentConfig, state: AgentState, batch: Batch, key: jax.Array
) -> tuple[AgentState, Metrics]:
    """One update on a batch: model step, policy step, target step.

    Where a loss or gradient norm is not finite, the state stays as it was but for `skipped`,
    which grows by one.

    Returns:
      The new state, and scalar metrics: every loss, gradient norm and what the losses report,
      and `skipped`, 1 if this update was.
    """
    return update_with(config, state, batch, draw_noise(config, key, batch.obs.shape[1]))


def update_with(
    config: AgentConfig, state: AgentState, batch: Batch, noise: Noise
) -> tuple[AgentState, Metrics]:
    """`update` with its noise given."""
    batch = batch_first(batch)
    params, model = state.params, state.params.model
    stats = None if params.obs is None else wm.seen(params.obs, batch.obs)
    params = params.replace(obs=stats)
    batch = batch.replace(obs=wm.normalised(params, batch.obs))
    next_z = wm.encode(config, model, batch.obs[:, 1:])
    targets = td_targets(config, params, state.target_q, batch, next_z, noise)

    grads, (zs, model_metrics) = jax.grad(
        lambda p: model_loss(config, p, batch, next_z, targets, noise), has_aux=True
    )(model)
    grads, model_norm = _clipped(config, grads)
    model, model_opt = _stepped(_model_optimiser(config), grads, state.model_opt, model)

    # The policy step sees the rollout's latents from before the model step and Q from after it.
    grads, (scale, policy_metrics) = jax.grad(
        lambda p: policy_loss(config, p, model.qs, zs, state.scale, batch.guidance, noise),
        has_aux=True,
    )(params.policy)
    grads, policy_norm = _clipped(config, grads)
    policy, policy_opt = _stepped(_policy_optimiser(config), grads, state.policy_opt, params.policy)

    new = state.replace(
        params=wm.Params(model=model, policy=policy, obs=stats),
        target_q=optax.incremental_update(model.qs, state.target_q, config.tau),
        model_opt=model_opt,
        policy_opt=policy_opt,
        scale=scale,
        step=state.step + 1,
    )
    metrics = model_metrics | policy_metrics
    metrics |= {"model_grad_norm": model_norm, "policy_grad_norm": policy_norm}
    watched = ("model_loss", "policy_loss", "model_grad_norm", "policy_grad_norm")
    fine = jnp.isfinite(jnp.stack([metrics[name] for name in watched])).all()
    kept = jax.tree.map(lambda after, before: jnp.where(fine, after, before), new, state)
    kept = kept.replace(skipped=state.skipped + ~fine)
    return kept, metrics | {"skipped": (~fine).astype(jnp.float32)}


def _stepped(
    optimiser: optax.GradientTransformation, grads: Any, opt: optax.OptState, weights: Any
) -> tuple[Any, optax.OptState]:
    """Weights after one step of an optimiser, and its new state."""
    change, opt = optimiser.update(grads, opt)
    return optax.apply_updates(weights, change), opt


def _model_optimiser(config: AgentConfig) -> optax.GradientTransformation:
    def rates(params: wm.ModelParams) -> wm.ModelParams:
        labels = jax.tree.map(lambda _: "other", params)
        return labels.replace(encoder=jax.tree.map(lambda _: "encoder", params.encoder))

    adam: dict[Any, optax.GradientTransformation] = {
        "encoder": optax.adam(_rate(config, config.encoder_rate_scale)),
        "other": optax.adam(_rate(config)),
    }
    return optax.partition(adam, rates)


def _policy_optimiser(config: AgentConfig) -> optax.GradientTransformation:
    return optax.adam(_rate(config), eps=_POLICY_ADAM_EPS)


def _rate(config: AgentConfig, scale: float = 1.0) -> optax.ScalarOrSchedule:
    """The learning rate, or how it falls."""
    rate = config.learning_rate * scale
    if not config.decay_updates:
        return rate
    return optax.cosine_decay_schedule(rate, config.decay_updates, alpha=_LEAST_RATE)


def _clipped(config: AgentConfig, grads: wm.Weights) -> tuple[wm.Weights, jax.Array]:
    """Gradients scaled down to the greatest norm allowed, and their norm before."""
    norm = optax.global_norm(grads)
    factor = jnp.minimum(config.grad_clip / (norm + _CLIP_EPS), 1.0)
    return jax.tree.map(lambda g: g * factor, grads), norm
