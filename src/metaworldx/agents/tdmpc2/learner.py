"""TD-MPC2's learner: acting and one training step of model, policy and target Q-functions."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import optax
from flax import struct

from metaworldx.agents.base import Learner, RunSizes
from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.config import AgentConfig, AgentSettings
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
from metaworldx.agents.tdmpc2.planner import PlanState, clear_plan, plan
from metaworldx.core.config import from_data

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
      skipped: updates skipped for values that are not finite.
    """

    params: wm.Params
    target_q: wm.Weights
    model_opt: optax.OptState
    policy_opt: optax.OptState
    scale: jax.Array
    step: jax.Array
    skipped: jax.Array


def init(config: AgentConfig, key: jax.Array) -> AgentState:
    """Initial agent; target Q-functions start equal to the Q-functions."""
    params = wm.init_params(config, key)
    model: Any = params.model
    return AgentState(
        params=params,
        target_q=jax.tree.map(jnp.copy, params.model.qs),
        model_opt=_model_optimizer(config).init(model),
        policy_opt=_policy_optimizer(config).init(params.policy),
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
    z = wm.encode(config, params.model, wm.normalize_obs(params, obs))
    if deterministic:
        return wm.policy(config, params.policy, z, 0.0).mean
    noise = jax.random.normal(key, (*obs.shape[:-1], config.action_size))
    return wm.policy(config, params.policy, z, noise).action


def update(
    config: AgentConfig, state: AgentState, batch: Batch, key: jax.Array
) -> tuple[AgentState, Metrics]:
    """One update on a batch: model step, policy step, target step.

    Where a loss or gradient norm is not finite, the state is unchanged but for `skipped`, which
    grows by one.

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
    stats = None if params.obs is None else wm.update_obs_stats(params.obs, batch.obs)
    params = params.replace(obs=stats)
    batch = batch.replace(obs=wm.normalize_obs(params, batch.obs))
    next_z = wm.encode(config, model, batch.obs[:, 1:])
    targets = td_targets(config, params, state.target_q, batch, next_z, noise)

    grads, (zs, model_metrics) = jax.grad(
        lambda p: model_loss(config, p, batch, next_z, targets, noise), has_aux=True
    )(model)
    grads, model_norm = _clip_by_norm(config, grads)
    model, model_opt = _apply_gradients(_model_optimizer(config), grads, state.model_opt, model)

    # The policy step sees the rollout's latents from before the model step and Q from after it.
    grads, (scale, policy_metrics) = jax.grad(
        lambda p: policy_loss(config, p, model.qs, zs, state.scale, batch.reference_action, noise),
        has_aux=True,
    )(params.policy)
    grads, policy_norm = _clip_by_norm(config, grads)
    policy, policy_opt = _apply_gradients(
        _policy_optimizer(config), grads, state.policy_opt, params.policy
    )

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


def _apply_gradients(
    optimiser: optax.GradientTransformation, grads: Any, opt: optax.OptState, weights: Any
) -> tuple[Any, optax.OptState]:
    """Weights after one step of an optimiser, and its new state."""
    change, opt = optimiser.update(grads, opt)
    return optax.apply_updates(weights, change), opt


def _model_optimizer(config: AgentConfig) -> optax.GradientTransformation:
    def rates(params: wm.ModelParams) -> wm.ModelParams:
        labels = jax.tree.map(lambda _: "other", params)
        return labels.replace(encoder=jax.tree.map(lambda _: "encoder", params.encoder))

    adam: dict[Any, optax.GradientTransformation] = {
        "encoder": optax.adam(_rate(config, config.encoder_rate_scale)),
        "other": optax.adam(_rate(config)),
    }
    return optax.partition(adam, rates)


def _policy_optimizer(config: AgentConfig) -> optax.GradientTransformation:
    return optax.adam(_rate(config), eps=_POLICY_ADAM_EPS)


def _rate(config: AgentConfig, scale: float = 1.0) -> optax.ScalarOrSchedule:
    """The learning rate, or how it falls."""
    rate = config.learning_rate * scale
    if not config.decay_updates:
        return rate
    return optax.cosine_decay_schedule(rate, config.decay_updates, alpha=_LEAST_RATE)


def _clip_by_norm(config: AgentConfig, grads: wm.Weights) -> tuple[wm.Weights, jax.Array]:
    """Gradients clipped by global norm, and their norm before."""
    norm = optax.global_norm(grads)
    factor = jnp.minimum(config.grad_clip / (norm + _CLIP_EPS), 1.0)
    return jax.tree.map(lambda g: g * factor, grads), norm


class TDMPC2Learner(Learner):
    """TD-MPC2: the functions of this folder under one run's sizes.

    Its carry is the plans of the environments in which MPPI acts, or None.
    """

    Settings = AgentSettings
    act_modes = ("policy", "mppi")

    @classmethod
    def restored(cls, settings: AgentSettings, sizes: RunSizes, described: Any) -> TDMPC2Learner:
        """The learner of an existing run, from the data of its `describe`, not today's defaults."""
        # A name of format 1, and what is no setting.
        others = ("guidance_weight", "episode_length")
        full = {k: v for k, v in described.items() if k not in others}
        planner = {k: v for k, v in full["planner"].items() if k != "guidance_weight"}
        config = from_data(AgentConfig, full | {"planner": planner}, "agent's entry")
        same = {f.name for f in dataclasses.fields(config)} & {
            f.name for f in dataclasses.fields(settings)
        }
        kept = {name: getattr(config, name) for name in same - {"action_penalty"}}
        return cls(dataclasses.replace(settings, **kept), sizes)

    def config(self, obs_size: int, action_size: int) -> AgentConfig:
        """Full settings for sizes of observation and action."""
        return self.settings.config(
            *(obs_size, action_size),
            horizon=self.sizes.horizon,
            updates=self.sizes.updates,
            episode_length=self.sizes.episode_length,
        )

    def config_of(self, params: wm.Params) -> AgentConfig:
        """The same for an agent's parameters."""
        return self.config(*wm.io_sizes(params))

    def planning_config_of(self, params: wm.Params) -> AgentConfig:
        """Settings of planning, whose horizon may exceed training's."""
        config = self.config_of(params)
        return dataclasses.replace(config, horizon=self.settings.plan_horizon or config.horizon)

    def describe(self, obs_size: int, action_size: int) -> dict[str, Any]:
        """JSON data for the run's folder."""
        return dataclasses.asdict(self.config(obs_size, action_size))

    def init(self, key: jax.Array, obs_size: int, action_size: int) -> AgentState:
        """Initial agent."""
        return init(self.config(obs_size, action_size), key)

    def with_params(self, state: AgentState, params: wm.Params) -> AgentState:
        """Initial state with another agent's weights; target Q-functions equal the Q-functions."""
        return state.replace(params=params, target_q=jax.tree.map(jnp.copy, params.model.qs))

    def begin(self, num_envs: int, action_size: int, mode: str | None = None) -> PlanState | None:
        """Empty plans for the environments in which MPPI acts; None without them."""
        planning = self._planning(num_envs, mode)
        if not planning:
            return None
        horizon = self.settings.plan_horizon or self.sizes.horizon
        return PlanState(jnp.zeros((planning, horizon, action_size)))

    def act(
        self,
        params: wm.Params,
        obs: jax.Array,
        key: jax.Array,
        carry: PlanState | None = None,
        mode: str | None = None,
        deterministic: bool = False,
    ) -> tuple[jax.Array, PlanState | None]:
        """MPPI's actions in the first environments, one per plan; the policy's in the others.

        Args:
          mode: policy or mppi; None mixes them as in the run's training.
        """
        config, planning = self.planning_config_of(params), self._planning(len(obs), mode)
        if mode == "mppi":
            return plan(config, params, obs, _begun(carry), key, deterministic)
        if mode == "policy":
            return act(config, params, obs, key, deterministic), carry
        plan_key, policy_key = jax.random.split(key)
        actions = []
        if planning:
            args = (obs[:planning], _begun(carry), plan_key, deterministic)
            action, carry = plan(config, params, *args)
            actions.append(action)
        if planning < len(obs):
            actions.append(act(config, params, obs[planning:], policy_key, deterministic))
        return jnp.concatenate(actions), carry

    def reset(self, carry: PlanState | None, done: jax.Array) -> PlanState | None:
        """Plans, cleared in environments whose episode ended, `done` `[E]`."""
        return None if carry is None else clear_plan(carry, done[: len(carry.mean)])

    def update(self, state: AgentState, batch: Any, key: jax.Array) -> tuple[AgentState, Metrics]:
        """One update on sampled sequences `[H, B]`."""
        config = self.config(batch.obs.shape[-1], batch.action.shape[-1])
        own = Batch(batch.obs, batch.action, batch.reward, batch.terminated)
        if config.action_penalty:
            # The middle of every actuator's range, or a residual of zero.
            still = jnp.zeros((*batch.obs.shape[:-1], batch.action.shape[-1]))
            own = own.replace(reference_action=still)
        return update(config, state, own, key)

    def _planning(self, num_envs: int, mode: str | None) -> int:
        """Number of environments in which MPPI acts."""
        if mode is None:
            return self.settings.planning_envs(num_envs)
        return num_envs if mode == "mppi" else 0


def _begun(carry: PlanState | None) -> PlanState:
    if carry is None:
        raise ValueError("MPPI goes on from a plan: give `begin`'s")
    return carry
