"""Sampling-based planners in the world model, Eq. 7 of MetaWorld-X: MPPI and CEM, batched."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.agents.tdmpc2 import world_model as wm
from metaworldx.agents.tdmpc2.config import AgentConfig


@struct.dataclass
class PlanState:
    """Warm start of the next plan: the last plan's mean actions, `[B, H, A]`."""

    mean: jax.Array


@struct.dataclass
class PlanNoise:
    """Random numbers of one iteration, for B environments.

    Attributes:
      samples: `[B, H, S, A]` standard normal, for the S sampled candidates.
      last_action: `[B, N, A]` standard normal, for the action at the horizon's end.
      pair: `[2]`, indices of the Q-functions that evaluate.
    """

    samples: jax.Array
    last_action: jax.Array
    pair: jax.Array


@struct.dataclass
class Plan:
    """A finished optimisation.

    Attributes:
      mean, std: `[B, H, A]` of the final distribution.
      elites: `[B, H, E, A]`, the last iteration's.
      scores: `[B, E]`, their weights; sum to one.
      values: `[B, N]`, of all candidates of the last iteration.
    """

    mean: jax.Array
    std: jax.Array
    elites: jax.Array
    scores: jax.Array
    values: jax.Array


def init_plan(config: AgentConfig, batch_size: int) -> PlanState:
    """Zero actions as the first warm start."""
    return PlanState(mean=jnp.zeros((batch_size, config.horizon, config.action_size)))


def clear_plan(plan_state: PlanState, done: jax.Array) -> PlanState:
    """Resets the plans of environments whose episode ended, `done` `[B]`."""
    return PlanState(mean=jnp.where(done[:, None, None], 0.0, plan_state.mean))


def plan(
    config: AgentConfig,
    params: wm.Params,
    obs: jax.Array,
    plan_state: PlanState,
    key: jax.Array,
    deterministic: bool = False,
) -> tuple[jax.Array, PlanState]:
    """Plans for every environment and returns the first actions.

    Args:
      obs: `[B, O]`.
      plan_state: of the previous step, as warm start.
      deterministic: use the mean of the final distribution instead of an elite sampled by score,
        with noise.

    Returns:
      Actions `[B, A]` in [-1, 1] and the plan for the next step.
    """
    planner = config.planner
    together = len(obs)
    if planner.rows:
        together = min(max(planner.rows // planner.samples, 1), len(obs))

    def part(inputs: Any) -> tuple[jax.Array, PlanState]:
        obs, state, key = inputs
        return _plan(config, params, obs, state, key, deterministic)

    # Full groups of `together` environments one by one, then the remainder.
    groups, left = divmod(len(obs), together)
    keys = jax.random.split(key, groups + 1)
    per_env = (obs, plan_state)
    if groups == 1 and not left:
        return part((*per_env, keys[0]))
    whole = groups * together
    grouped = jax.tree.map(lambda x: x[:whole].reshape(groups, together, *x.shape[1:]), per_env)
    done = jax.lax.map(part, (*grouped, keys[:-1]))
    done = jax.tree.map(lambda x: x.reshape(whole, *x.shape[2:]), done)
    if not left:
        return done
    rest = part((*jax.tree.map(lambda x: x[whole:], per_env), keys[-1]))
    return jax.tree.map(lambda *parts: jnp.concatenate(parts), done, rest)


def _plan(
    config: AgentConfig,
    params: wm.Params,
    obs: jax.Array,
    plan_state: PlanState,
    key: jax.Array,
    deterministic: bool,
) -> tuple[jax.Array, PlanState]:
    trajectory_key, iteration_key, action_key = jax.random.split(key, 3)
    size = (len(obs), config.planner.policy_trajectories, config.action_size)
    policy_noise = jax.random.normal(trajectory_key, (config.horizon, *size))
    found = optimise(
        config,
        params,
        obs,
        plan_state,
        policy_noise,
        jax.random.split(iteration_key, config.planner.iterations),
        lambda key: draw_plan_noise(config, key, len(obs)),
    )
    return select(found, action_key, deterministic), PlanState(mean=found.mean)


def draw_plan_noise(config: AgentConfig, key: jax.Array, batch: int) -> PlanNoise:
    """Samples the noise of one iteration."""
    keys = jax.random.split(key, 3)
    planner = config.planner
    sampled = planner.samples - planner.policy_trajectories
    return PlanNoise(
        samples=jax.random.normal(keys[0], (batch, config.horizon, sampled, config.action_size)),
        last_action=jax.random.normal(keys[1], (batch, planner.samples, config.action_size)),
        pair=wm.sample_pair(config, keys[2]),
    )


def optimise(
    config: AgentConfig,
    params: wm.Params,
    obs: jax.Array,
    plan_state: PlanState,
    policy_noise: jax.Array,
    draws: Any,
    noise_of: Callable[[Any], PlanNoise],
) -> Plan:
    """The iterations of a plan with given random numbers.

    Args:
      policy_noise: `[H, B, P, A]` standard normal, for the policy's trajectories.
      draws: PyTree with one entry per iteration on its first axis.
      noise_of: maps one entry of `draws` (e.g. a key) to the iteration's noise.
    """
    planner = config.planner
    obs = wm.normalize_obs(params, obs)
    if planner.dtype == "bfloat16":
        params = jax.tree.map(lambda w: w.astype(jnp.bfloat16), params)
    z = wm.encode(config, params.model, obs)[:, None]
    candidates = _policy_trajectories(config, params, z, policy_noise)

    def iterate(
        carry: tuple[jax.Array, jax.Array], draw: Any
    ) -> tuple[tuple[jax.Array, jax.Array], Plan]:
        mean, std = carry
        noise = noise_of(draw)
        sampled = jnp.clip(mean[:, :, None] + std[:, :, None] * noise.samples, -1.0, 1.0)
        actions = jnp.concatenate([candidates, sampled], axis=2)
        values = candidate_values(config, params, z, actions, noise)
        found = refit(config, actions, jnp.nan_to_num(values, nan=0.0))
        return (found.mean, found.std), found

    # The plan shifts by one step; its last action is unknown.
    mean = jnp.concatenate([plan_state.mean[:, 1:], jnp.zeros_like(plan_state.mean[:, :1])], axis=1)
    carry = (mean, jnp.full_like(mean, planner.max_std))
    last = jax.tree.map(lambda x: x[-1], draws)
    rest = jax.tree.map(lambda x: x[:-1], draws)
    carry, _ = jax.lax.scan(lambda c, d: (iterate(c, d)[0], None), carry, rest)
    return iterate(carry, last)[1]


def candidate_values(
    config: AgentConfig, params: wm.Params, z: jax.Array, actions: jax.Array, noise: PlanNoise
) -> jax.Array:
    """Estimated value of each candidate, `[B, N]`.

    `terminal_q` (TD-MPC2): `sum_{k<H} gamma^k R(z_k, a_k) + gamma^H Q(z_H, pi(z_H))`.
    `eq7` (Eq. 7 of MetaWorld-X): `sum_{k<H} gamma^k (R(z_k, a_k) + mu Q(z_k, a_k))`.
    In both, terms after a predicted termination are zero.

    Args:
      z: `[B, 1, latent]`, the current latent.
      actions: `[B, H, N, A]`.
    """
    planner, model = config.planner, params.model
    total = jnp.zeros(())
    weight: jax.Array | float = 1.0
    for k in range(config.horizon):
        action = actions[:, k]
        gain = wm.reward(config, model, z, action)
        if planner.objective == "eq7":
            q = wm.q_value(config, model.qs, z, action, noise.pair, "mean")
            gain = gain + planner.mu * q
        total = total + weight * gain
        if planner.objective == "eq7" and k == config.horizon - 1:
            return total
        z = wm.next_latent(config, model, z, action)
        weight = config.discount * weight
        if config.episodic:
            weight = weight * (wm.termination_logits(config, model, z) <= 0.0)
    action = wm.policy(config, params.policy, z, noise.last_action).action
    return total + weight * wm.q_value(config, model.qs, z, action, noise.pair, "mean")


def refit(config: AgentConfig, actions: jax.Array, values: jax.Array) -> Plan:
    """The distribution refitted to the elites among `actions` `[B, H, N, A]`, by value `[B, N]`."""
    planner = config.planner
    top, index = jax.lax.top_k(values, planner.elites)
    elites = jnp.take_along_axis(actions, index[:, None, :, None], axis=2)
    sharpness = planner.temperature if planner.method == "mppi" else 0.0
    scores = jax.nn.softmax(sharpness * top, axis=-1)
    mean = jnp.einsum("be,bhea->bha", scores, elites)
    spread = jnp.square(elites - mean[:, :, None])
    std = jnp.sqrt(jnp.einsum("be,bhea->bha", scores, spread))
    std = jnp.clip(std, planner.min_std, planner.max_std)
    return Plan(mean=mean, std=std, elites=elites, scores=scores, values=values)


def select(found: Plan, key: jax.Array, deterministic: bool) -> jax.Array:
    """First actions `[B, A]` of a plan; see `plan`."""
    if deterministic:
        return jnp.clip(found.mean[:, 0], -1.0, 1.0)
    choice_key, noise_key = jax.random.split(key)
    index = jax.random.categorical(choice_key, jnp.log(found.scores))
    first = jnp.take_along_axis(found.elites[:, 0], index[:, None, None], axis=1)[:, 0]
    noise = jax.random.normal(noise_key, first.shape)
    return jnp.clip(first + found.std[:, 0] * noise, -1.0, 1.0)


def _policy_trajectories(
    config: AgentConfig, params: wm.Params, z: jax.Array, noise: jax.Array
) -> jax.Array:
    """Trajectories of the policy prior `[B, H, P, A]` from `z` `[B, 1, latent]`."""
    actions = []
    for k in range(config.horizon):
        action = wm.policy(config, params.policy, z, noise[k]).action
        actions.append(action)
        if k < config.horizon - 1:
            z = wm.next_latent(config, params.model, z, action)
    return jnp.stack(actions, axis=1)
