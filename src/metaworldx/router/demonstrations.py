"""Demonstrations for a router: rollouts of the best of many random switching schedules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.composer import Composer, ComposerState
from metaworldx.composition.gating_policies import constant_gating
from metaworldx.composition.weight_smoothing import SmoothingConfig
from metaworldx.envs.env import Env
from metaworldx.envs.rollout import Rollout, RolloutStep
from metaworldx.envs.state import EnvState
from metaworldx.experts.pool import ExpertPool
from metaworldx.router.demonstration_schedules import (
    DemoConfig,
    SwitchState,
    active_experts,
    init_switching,
    switch_experts,
)
from metaworldx.router.expert_usage import expert_usage

Rollouts = dict[str, np.ndarray]

# Success share of a schedule that starts the third round, and the factor by which that round has
# fewer schedules.
_MOSTLY = 0.5
_FEWER = 4


@dataclass(frozen=True)
class Demonstrations:
    """Selected rollouts, the best first: D of them, T control steps.

    Attributes:
      obs: the router's observations `[D, T, O]`.
      progress: share of the task's milestones reached so far `[D, T]`.
      explained: attribution of the action to the experts, P_demo `[D, T, K]`.
      weights: applied weights `[D, T, K]`.
      alive: whether the episode had not ended `[D, T]`.
      returns: `[D]`.
      successes: `[D]`, bool.
      scores: mean return of all rollouts of the same schedule, minus its standard error `[D]`, as a
        router needs schedules that succeed from any reset.
      all_returns: of every rollout `[N]`.
    """

    obs: np.ndarray
    progress: np.ndarray
    explained: np.ndarray
    weights: np.ndarray
    alive: np.ndarray
    returns: np.ndarray
    successes: np.ndarray
    scores: np.ndarray
    all_returns: np.ndarray


def demonstrate(
    config: DemoConfig,
    pool: ExpertPool,
    env: Env,
    prior: jax.Array,
    key: jax.Array,
    progress: Callable[[int], Any] | None = None,
) -> Demonstrations:
    """Runs rollouts in a task and selects the best.

    Args:
      env: without auto-reset.
      prior: the teacher's weights `[K]`, by which experts are sampled. Its stages are not used, so
        that rollouts can find a better order.
      progress: called with the number of control steps just done.
    """
    composer = Composer(pool, env, SmoothingConfig(seconds=0.1, margin=0.0, max_tilt=np.pi))
    rollout = _rollout(config, composer)
    half = config.rollouts // 2
    proposal_probs = 0.5 / len(pool) + 0.5 * np.asarray(prior)

    def sample_schedules(
        leads: np.ndarray, partners: np.ndarray, count: int, key: jax.Array
    ) -> SwitchState:
        likely = jnp.asarray(leads, jnp.float32), jnp.asarray(partners, jnp.float32)
        return jax.vmap(partial(init_switching, config, *likely))(jax.random.split(key, count))

    def run_schedules(schedules: SwitchState, starts: int, key: jax.Array) -> Rollouts:
        switching = jax.tree.map(lambda x: jnp.repeat(x, starts, axis=0), schedules)
        begin, steps = rollout.init(switching, jax.random.split(key, half)), env.max_episode_steps
        records = _padded(rollout(switching, begin, steps, progress=progress)[1], steps)
        succeeded = np.asarray(records["success"].any(axis=1))
        return records | _scored(records["reward"].sum(axis=1), succeeded, starts)

    rounds, most = search_demonstrations(
        config, sample_schedules, run_schedules, proposal_probs, key
    )
    records = rounds[-1]
    best = _best(records, most)
    names = (f.name for f in fields(Demonstrations) if f.name != "all_returns")
    return Demonstrations(
        **{name: records[name][best] for name in names},
        all_returns=np.concatenate([each["returns"] for each in rounds]),
    )


def search_demonstrations(
    config: DemoConfig,
    sample_schedules: Callable[[np.ndarray, np.ndarray, int, jax.Array], SwitchState],
    run_schedules: Callable[[SwitchState, int, jax.Array], Rollouts],
    proposal_probs: np.ndarray,
    key: jax.Array,
) -> tuple[list[Rollouts], int]:
    """Two rounds of rollouts, or three where a schedule of the second mostly succeeds.

    Also returns the number of demonstrations to select from the last round. After a third round
    they are of one schedule.

    The first round runs each schedule from one reset, the second from `config.starts`. The third
    runs the best quarter of the second's (or fewer, so that they share its rollouts evenly) from
    four times as many or more.

    Args:
      sample_schedules: from lead and partner probabilities `[K]`, a count and a key.
      run_schedules: rollouts of schedules, adjacent for each, from several resets each.
      proposal_probs: initial lead and partner probabilities from the teacher `[K]`.
    """
    half = config.rollouts // 2
    first_key, second_key = jax.random.split(key)
    schedule_key, reset_key = jax.random.split(first_key)
    first = run_schedules(
        sample_schedules(proposal_probs, proposal_probs, half, schedule_key), 1, reset_key
    )
    best = _best(first, max(1, round(config.elite * half)))
    leads, mixed = active_experts(first["weights"][best], first["alive"][best])
    schedule_key, reset_key = jax.random.split(second_key)
    count = half // config.starts
    schedules = sample_schedules(leads, 0.5 * mixed + 0.5 * proposal_probs, count, schedule_key)
    second = run_schedules(schedules, config.starts, reset_key)
    if second["shares"].max() < _MOSTLY:
        return [first, second], config.keep
    each = {name: second[name][:: config.starts] for name in ("shares", "scores", "returns")}
    # The same number of rollouts avoids another compilation.
    fewer = next(n for n in range(max(1, count // _FEWER), 0, -1) if half % n == 0)
    best = _best(each, fewer)
    schedules, starts = jax.tree.map(lambda x: x[best], schedules), half // fewer
    third = run_schedules(schedules, starts, jax.random.fold_in(reset_key, 1))
    return [first, second, third], min(config.keep, starts)


def _padded(records: Rollouts, steps: int) -> Rollouts:
    """Rollouts `[N, steps, ...]` of their records `[T, N, ...]`; zeros after the last."""

    def padded(record: np.ndarray) -> np.ndarray:
        whole = np.swapaxes(record, 0, 1)[:, :steps]
        missing = [(0, 0)] * whole.ndim
        missing[1] = (0, steps - whole.shape[1])
        return np.pad(whole, missing)

    return jax.tree.map(padded, records)


def _scored(returns: np.ndarray, successes: np.ndarray, starts: int) -> Rollouts:
    """Results of rollouts `[N]`, and of their schedules, each with `starts` adjacent rollouts."""
    by_schedule = returns.reshape(-1, starts)
    spread = by_schedule.std(axis=1, ddof=1) / np.sqrt(starts) if starts > 1 else 0.0
    return {
        "returns": returns,
        "successes": successes,
        "scores": np.repeat(by_schedule.mean(axis=1) - spread, starts),
        "shares": np.repeat(successes.reshape(-1, starts).mean(axis=1), starts),
    }


def _best(records: Rollouts, count: int) -> np.ndarray:
    """Indices of rollouts of the best schedules, by success and then by score."""
    return np.lexsort((-records["returns"], -records["scores"], -records["shares"]))[:count]


def _rollout(config: DemoConfig, composer: Composer) -> Rollout:
    """Rollout whose parameters are switching schedules."""
    env = composer.env

    def begin(switching: SwitchState, state: EnvState) -> tuple[ComposerState, SwitchState]:
        return composer.begin(state, constant_gating(switching.weights)), switching

    def act(schedules: SwitchState, carry: Any, state: EnvState, key: None) -> Any:
        composer_state, switching = carry
        confidence = jnp.ones(state.reward.shape)
        acted, composer_state = composer.act(
            state, composer_state, constant_gating(switching.weights), confidence
        )
        reached = jnp.sum(composer_state.reached >= 1.0, axis=-1)
        switching = jax.vmap(lambda t, n: switch_experts(config, t, env.dt, n))(switching, reached)
        return acted.action, (composer_state, switching), acted

    def record(step: RolloutStep) -> dict[str, jax.Array]:
        acted, alive = step.extras, step.running
        return {
            "obs": acted.inputs.obs,
            "progress": acted.inputs.progress,
            "explained": expert_usage(
                *(acted.each, acted.action),
                *(composer.parts.apart(acted.inputs.scene.has_target), config.width),
            ),
            "weights": acted.weights,
            # A diverged step is no demonstration.
            "alive": alive & ~step.after.diverged,
            "reward": step.after.reward * alive,
            "success": step.after.success & alive,
        }

    return Rollout(env, act, record, begin)
