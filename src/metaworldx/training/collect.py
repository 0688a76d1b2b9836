"""Scanned collection of steps: acting, stored transitions, and episode statistics."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.agents.base import Carry, Learner, Params
from metaworldx.envs.env import Env
from metaworldx.envs.rollout import RolloutStep, init_rollout, scan_rollout
from metaworldx.envs.state import EnvState
from metaworldx.training.replay_buffer import Transitions
from metaworldx.training.reward_relabeling import RewardFn


@struct.dataclass
class EpisodeStats:
    """Episode statistics of a collection, summed over steps and environments; one row per shard.

    Attributes:
      steps: control steps.
      reward: reward of all steps.
      episodes: episodes that ended.
      terminated: of these, the number that did not reach the time limit.
      returns, length, success: summed over the episodes that ended.
      diverged: number of diverged steps.
      terms: the environment's terms that the reward function logs, summed over all steps.
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
    def of_step(state: EnvState, logged: tuple[str, ...] = ()) -> EpisodeStats:
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
            terms={name: summed(state.terms[name]) for name in logged},
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


class RandomActor:
    """Uniform actions in [-1, 1]; the learner's carry is unchanged."""

    def __init__(self, action_size: int):
        self._size = action_size

    def act(
        self, params: Params, obs: jax.Array, key: jax.Array, carry: Carry = None
    ) -> tuple[jax.Array, Carry]:
        """Independent of the observation."""
        del params
        return jax.random.uniform(key, (*obs.shape[:-1], self._size), minval=-1.0), carry

    def reset(self, carry: Carry, done: jax.Array) -> Carry:
        """Unchanged."""
        del done
        return carry


def collect(
    env: Env,
    reward_fn: RewardFn,
    actor: Learner | RandomActor,
    params: Params,
    state: EnvState,
    acting: Carry,
    keys: jax.Array,
    steps: int,
) -> tuple[EnvState, Carry, tuple[Transitions, EpisodeStats]]:
    """Steps every environment `steps` times.

    Args:
      env: with auto-reset.
      reward_fn: names the environment's terms to store and to log.
      actor: acts for one shard.
      params: of the agent.
      state: environments `[S, E, ...]`.
      acting: the actor's carry `[S, ...]`, or None.
      keys: one random key per shard `[S]`.
      steps: control steps.

    Returns:
      The environments, the actor's carry, and (transitions `[S, steps, E, ...]`, counts `[S]`).
    """

    def act(params: Params, carry: Carry, state: EnvState, keys: jax.Array) -> Any:
        carry = jax.vmap(actor.reset)(carry, state.done)
        acting = jax.vmap(actor.act, in_axes=(None, 0, 0, 0))
        return *acting(params, state.obs, keys, carry), None

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
            terms={name: after.terms[name] for name in reward_fn.kept_terms},
        )
        return kept, EpisodeStats.of_step(after, reward_fn.logged_terms)

    step_keys = jax.vmap(lambda key: jax.random.split(key, steps), out_axes=1)(keys)
    begin = init_rollout(state, acting)
    end, (kept, tally) = scan_rollout(env, act, record, params, begin, step_keys)
    kept = jax.tree.map(lambda x: jnp.moveaxis(x, 0, 1), kept)
    return end.env, end.carry, (kept, jax.tree.map(lambda x: x.sum(axis=0), tally))
