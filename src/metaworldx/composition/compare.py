"""Paired comparison of gating policies from the same resets, in one compiled batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.composer import Composer, ComposerState, GatingPolicy
from metaworldx.core.errors import UserError
from metaworldx.core.stats import standard_error
from metaworldx.envs.env import Env
from metaworldx.envs.rollout import Rollout, RolloutStep
from metaworldx.envs.scripted_policies import scripted_policy
from metaworldx.envs.state import EnvState
from metaworldx.evaluation.evaluator import start_keys
from metaworldx.experts.pool import ExpertPool

HOLD = "pose hold"


@dataclass(frozen=True)
class PolicyResult:
    """Result of one policy over HumanoidBench's own episode, N resets.

    Attributes:
      returns, lengths: of each episode `[N]`.
      successes: whether the task was completed, or its bar reached `[N]`, bool.
      milestones: share of the episodes in which each was reached, by name.
      mean_weights: of the experts over all steps, by name; None without experts.
    """

    returns: np.ndarray
    lengths: np.ndarray
    successes: np.ndarray
    milestones: dict[str, float]
    mean_weights: dict[str, float] | None

    def as_data(self) -> dict[str, Any]:
        """As JSON data."""
        return {
            "return_mean": float(self.returns.mean()),
            "return_stderr": standard_error(self.returns),
            "length_mean": float(self.lengths.mean()),
            "success_share": float(self.successes.mean()),
            "milestones": self.milestones,
            "mean_weights": self.mean_weights,
            "returns": [float(x) for x in self.returns],
        }


class PairedRollouts:
    """Batched episodes under gating policies; compiled once per batch size."""

    def __init__(self, pool: ExpertPool, env: Env, gating_of: Callable[[Any], GatingPolicy]):
        """For a native environment without auto-reset.

        Args:
          gating_of: makes the gating policy from `given` of a run.
        """
        self._env, self._gating_of = env, gating_of
        self._composer = Composer(pool, env)
        self._still = scripted_policy("hold", env)
        self._rollout = Rollout(env, self._act, self._record, self._begin)

    def run(
        self,
        given: Any,
        keys: jax.Array,
        confidence: jax.Array,
        held: jax.Array,
        progress: Callable[[int], Any] | None = None,
    ) -> dict[str, np.ndarray]:
        """Rewards, milestones, successes and weights of every step `[T, B, ...]`.

        Args:
          given: argument of `gating_of`.
          keys: of the resets `[B]`.
          confidence: the teacher's confidence `[B]`, 0 to 1.
          held: which robots hold the keyframe's pose instead `[B]`, bool.
        """
        params = (given, confidence, held)
        state = self._rollout.init(params, keys)
        steps = self._env.max_episode_steps
        return self._rollout(params, state, steps, progress=progress)[1]

    def _begin(self, params: Any, state: EnvState) -> ComposerState:
        return self._composer.begin(state, self._gating_of(params[0]))

    def _act(self, params: Any, composer_state: ComposerState, state: EnvState, key: None) -> Any:
        given, confidence, held = params
        acted, composer_state = self._composer.act(
            state, composer_state, self._gating_of(given), confidence
        )
        pose = self._still(state, jax.random.key(0))
        pose = jnp.broadcast_to(pose, acted.action.shape)
        return jnp.where(held[:, None], pose, acted.action), composer_state, acted.weights

    def _record(self, step: RolloutStep) -> dict[str, jax.Array]:
        alive = step.running
        return {
            "reward": step.after.reward * alive,
            "alive": alive,
            "success": step.after.success & alive,
            "milestones": jax.vmap(self._composer.scene)(step.after).milestones >= 1.0,
            "weights": step.extras,
        }


def compare(
    pool: ExpertPool,
    env: Env,
    policies: Mapping[str, tuple[GatingPolicy, float]],
    episodes: int,
    seed: int,
    hold: bool = True,
    progress: Callable[[int], Any] | None = None,
) -> dict[str, PolicyResult]:
    """Runs all policies from the same resets, those of `Evaluator` with that seed.

    Args:
      env: native, without auto-reset.
      policies: by name: gating policy, and its teacher's confidence.
      hold: also hold the keyframe's pose, the floor.
      progress: called with the number of control steps just done.

    Raises:
      UserError: no episodes, or nobody to compare.
    """
    if episodes < 1:
        raise UserError(f"episodes is {episodes}; needs at least 1")
    names = list(policies) + ([HOLD] if hold else [])
    if not names:
        raise UserError("nobody to compare")
    groups = [policies.get(name) for name in names]
    keys = start_keys(seed, episodes)
    wanted = partial(_wanted, groups, episodes, len(pool))
    confidence = jnp.repeat(jnp.array([1.0 if g is None else g[1] for g in groups]), episodes)
    held = jnp.repeat(jnp.array([g is None for g in groups]), episodes)
    batch = PairedRollouts(pool, env, lambda given: wanted)
    records = batch.run(None, jnp.concatenate([keys] * len(names)), confidence, held, progress)
    rows = {}
    for n, name in enumerate(names):
        mine = slice(n * episodes, (n + 1) * episodes)
        part = jax.tree.map(lambda x, mine=mine: x[:, mine], records)
        rows[name] = _row(part, env, None if groups[n] is None else pool.names)
    return rows


def _wanted(groups: list[Any], episodes: int, experts: int, inputs: Any) -> jax.Array:
    parts = []
    for n, group in enumerate(groups):
        if group is None:
            parts.append(jnp.full((episodes, experts), 1.0 / experts))
            continue
        begin = n * episodes
        mine = jax.tree.map(lambda x, begin=begin: x[begin : begin + episodes], inputs)
        parts.append(group[0](mine))
    return jnp.concatenate(parts)


def _row(records: dict[str, np.ndarray], env: Env, experts: tuple[str, ...] | None) -> PolicyResult:
    alive = records["alive"]
    returns = records["reward"].sum(axis=0)
    reached = (records["milestones"] & alive[..., None]).any(axis=0).mean(axis=0)
    names, mixed = env.task.milestone_names, None
    if experts is not None:
        mean = (records["weights"] * alive[..., None]).sum(axis=(0, 1)) / alive.sum()
        mixed = dict(zip(experts, map(float, mean), strict=True))
    return PolicyResult(
        returns=returns,
        lengths=alive.sum(axis=0),
        successes=records["success"].any(axis=0) | (returns >= env.task.success_bar),
        milestones={name: float(x) for name, x in zip(names, reached, strict=False)},
        mean_weights=mixed,
    )
