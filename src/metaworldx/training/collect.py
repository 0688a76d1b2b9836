"""Scanned collection: who acts, what is kept, and what is counted."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.envs.env import Env
from metaworldx.envs.rollout import RolloutStep, init_rollout, scan_rollout
from metaworldx.envs.state import EnvState
from metaworldx.training.replay_buffer import Transitions
from metaworldx.training.reward_relabeling import RewardFn

Params = Any
Plan = Any
Actor = Callable[[Params, jax.Array, Plan, jax.Array], tuple[jax.Array, Plan]]
"""(parameters, obs `[E, O]`, plans, key) -> (action `[E, A]`, plans), for one shard."""


@struct.dataclass
class EpisodeStats:
    """What happened while collecting, summed over steps and environments; one row a shard.

    Attributes:
      steps: control steps.
      reward: reward of all steps.
      episodes: episodes that ended.
      terminated: of these, how many did not reach the time limit.
      returns, length, success: summed over the episodes that ended.
      diverged: simulations that broke down.
      terms: the environment's terms that the objective watches, summed over all steps.
    """

    steps: jax.Array
    reward: jax.Array
    episodes: jax.Array
    terminated: jax.Array
    returns: jax.Array
    length: jax.Array
    success: jax.Array
    diverged: jax.Array
    terms: dict[str, jax.Array] = struct.field(default_factory=dict)

    @staticmethod
    def of_step(state: EnvState, watched: tuple[str, ...] = ()) -> EpisodeStats:
        """Counts of one step of environments `[S, E]`."""

        def summed(x: jax.Array) -> jax.Array:
            return x.astype(jnp.float32).sum(axis=-1)

        done = state.done.astype(jnp.float32)
        return EpisodeStats(
            steps=summed(jnp.ones_like(state.reward)),
            reward=summed(state.reward),
            episodes=summed(done),
            terminated=summed(state.terminated),
            returns=summed(state.finished_return * done),
            length=summed(state.finished_length * done),
            success=summed(state.finished_success * done),
            diverged=summed(state.diverged),
            terms={name: summed(state.terms[name]) for name in watched},
        )

    def as_metrics(self) -> dict[str, jax.Array]:
        """Means over steps and episodes, scalars; NaN where no episode ended.

        The reward's standard error is over shards, whose environments are apart; NaN of one shard.
        """
        total = jax.tree.map(jnp.sum, self)
        each = self.reward / self.steps
        return {
            "collect/reward": total.reward / total.steps,
            "collect/reward_stderr": jnp.std(each, ddof=1) / jnp.sqrt(each.size),
            "collect/episodes": total.episodes,
            "collect/return": total.returns / total.episodes,
            "collect/length": total.length / total.episodes,
            "collect/terminated": total.terminated / total.episodes,
            "collect/success": total.success / total.episodes,
            "collect/diverged": total.diverged,
            **{f"collect/{name}": value / total.steps for name, value in total.terms.items()},
        }


def random_actor(action_size: int) -> Actor:
    """Uniform actions in [-1, 1]."""

    def act(params: Params, obs: jax.Array, plan: Plan, key: jax.Array) -> tuple[jax.Array, Plan]:
        del params
        return jax.random.uniform(key, (*obs.shape[:-1], action_size), minval=-1.0), plan

    return act


def agent_actor(agent_config: Any, planning_envs: int) -> Actor:
    """The agent: MPPI in the first `planning_envs` environments of a shard, the policy elsewhere.

    The plans have `planning_envs` as their batch, and are None where there are none.
    """
    from metaworldx.agents import tdmpc2

    def act(params: Params, obs: jax.Array, plan: Plan, key: jax.Array) -> tuple[jax.Array, Plan]:
        plan_key, policy_key = jax.random.split(key)
        planned, reactive = obs[:planning_envs], obs[planning_envs:]
        actions = []
        if len(planned):
            action, plan = tdmpc2.plan(
                agent_config, params, planned, plan, plan_key, deterministic=False
            )
            actions.append(action)
        if len(reactive):
            actions.append(tdmpc2.act(agent_config, params, reactive, policy_key))
        return jnp.concatenate(actions), plan

    return act


def collect(
    env: Env,
    objective: RewardFn,
    actor: Actor,
    params: Params,
    state: EnvState,
    plan: Plan,
    keys: jax.Array,
    steps: int,
) -> tuple[EnvState, Plan, tuple[Transitions, EpisodeStats]]:
    """Steps every environment `steps` times.

    Args:
      env: with auto-reset.
      objective: says which of the environment's terms are kept and watched.
      actor: acts for one shard.
      params: of the agent.
      state: environments `[S, E, ...]`.
      plan: plans of the environments that plan `[S, planning_envs, ...]`, or None.
      keys: one random key a shard `[S]`.
      steps: control steps.

    Returns:
      The environments, the plans, and (transitions `[S, steps, E, ...]`, counts `[S]`).
    """
    from metaworldx.agents import tdmpc2

    def act(params: Params, plan: Plan, state: EnvState, keys: jax.Array) -> Any:
        if plan is not None:
            planning = jax.tree.leaves(plan)[0].shape[1]
            plan = jax.vmap(tdmpc2.clear_plan)(plan, state.done[:, :planning])
        return *jax.vmap(actor, in_axes=(None, 0, 0, 0))(params, state.obs, plan, keys), None

    def record(step: RolloutStep) -> tuple[Transitions, EpisodeStats]:
        after = step.after
        kept = Transitions(
            obs=step.before.obs,
            # As the environment takes it; a step under NaN counts as diverged and is never drawn.
            action=jnp.nan_to_num(jnp.clip(step.action, -1.0, 1.0)),
            reward=after.reward,
            last_obs=after.last_obs,
            terminated=after.terminated,
            done=after.done,
            diverged=after.diverged,
            terms={name: after.terms[name] for name in objective.kept},
        )
        return kept, EpisodeStats.of_step(after, objective.watched)

    step_keys = jax.vmap(lambda key: jax.random.split(key, steps), out_axes=1)(keys)
    begin = init_rollout(state, plan)
    end, (kept, tally) = scan_rollout(env, act, record, params, begin, step_keys)
    kept = jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), kept)
    return end.env, end.carry, (kept, jax.tree.map(lambda x: x.sum(axis=0), tally))
