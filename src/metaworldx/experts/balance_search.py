"""Search of the balance controller's gains for a skill's clips, by the cross-entropy method.

The gains are few, so a search without gradients is enough (Rubinstein 1999; as SIMBICON's gains
were tuned by Wang et al. 2009). It maximises duration and accuracy of tracking in simulation.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.env import Env
from metaworldx.envs.rollout import Rollout, RolloutStep, sum_in_order
from metaworldx.envs.state import EnvState
from metaworldx.experts.balance_controller import GAINS, ZERO_GAINS
from metaworldx.experts.motion_library import MotionLibrary
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.experts.skills import Skill

_CHUNK = 25
_LEAST_ALIVE = 0.06
_SOFT = {"alpha": 0.6, "beta": 0.01, "heading_weight": 4.0, "velocity_weight": 60.0}
"""Eq. 4 blunted, so that it also tells bad from worse; and with more weight on the way."""
_ALIVE, _ALIGNED, _TASK = 0.1, 0.7, 0.2


@dataclass(frozen=True)
class BalanceSearchConfig:
    """Settings of the search.

    Attributes:
      candidates: sets of gains per iteration; the best quarter are the elites.
      episodes: per candidate, with the same resets for all.
      steps: control steps of an episode.
      width: initial standard deviation of the gains.
      seed: of resets and candidates.
    """

    candidates: int = 32
    episodes: int = 4
    steps: int = 300
    width: float = 0.12
    seed: int = 0


@dataclass(frozen=True)
class BalanceSearchResult:
    """Result of an iteration.

    Attributes:
      gains: the updated mean.
      rounds, seconds: iterations and time so far.
      fitness, length: of the mean before the update, per episode; length in steps until tracking
        was lost.
    """

    gains: tuple[float, ...]
    rounds: int
    seconds: float
    fitness: float
    length: float


def search_balance_gains(
    env: Env,
    library: MotionLibrary,
    skill: Skill,
    search: BalanceSearchConfig,
    minutes: float,
    progress: Callable[[BalanceSearchResult], Any] | None = None,
) -> BalanceSearchResult:
    """Searches from the skill's own gains for better ones.

    Args:
      env: the skill's task, with auto-reset.
      library: of the clips to track.
      minutes: time limit.
      progress: called after every iteration.
    """
    imitation = dataclasses.replace(skill.imitation, **_SOFT)
    bare = dataclasses.replace(
        skill,
        imitation=imitation,
        feedback=ZERO_GAINS,
        episode_steps=search.steps + _CHUNK,
        max_height_error=min(skill.max_height_error, 0.2),
        max_tilt=min(skill.max_tilt, 0.6),
    )
    tried = _Tried(MotionTrackingEnv(env, library, bare), search)
    draw = np.random.default_rng(search.seed)
    mean, width = np.array(skill.feedback), np.full(GAINS, search.width)
    begin, rounds = time.monotonic(), 0
    best = BalanceSearchResult(skill.feedback, 0, 0.0, -np.inf, 0.0)
    while time.monotonic() - begin < 60.0 * minutes:
        gains = mean + width * draw.normal(size=(search.candidates, GAINS))
        gains[0] = mean
        fitness, length = tried(gains, jax.random.fold_in(jax.random.key(search.seed), rounds))
        elite = np.argsort(-fitness)[: max(2, search.candidates // 4)]
        found = BalanceSearchResult(
            gains=tuple(float(x) for x in mean),
            rounds=rounds + 1,
            seconds=time.monotonic() - begin,
            fitness=float(fitness[0]),
            length=float(length[0]),
        )
        best = found if found.fitness >= best.fitness else best
        mean = 0.4 * mean + 0.6 * gains[elite].mean(axis=0)
        width = np.maximum(0.7 * width + 0.3 * (gains[elite].std(axis=0) + 0.01), 0.03)
        rounds += 1
        if progress is not None:
            progress(found)
    last = BalanceSearchResult(
        tuple(map(float, mean)), rounds, best.seconds, best.fitness, best.length
    )
    return dataclasses.replace(last, seconds=time.monotonic() - begin)


class _Tried:
    """Fitness of candidates, compiled once."""

    def __init__(self, env: MotionTrackingEnv, search: BalanceSearchConfig):
        self._env, self._search = env, search
        self._rollout = Rollout(env, self._act, self._record, chunk=_CHUNK)

    def __call__(self, gains: np.ndarray, key: jax.Array) -> tuple[np.ndarray, np.ndarray]:
        """(fitness, length) `[N]` of gains `[N, GAINS]`."""
        count, episodes = len(gains), self._search.episodes
        keys = jnp.tile(jax.random.split(key, episodes), (count,))
        each = jnp.repeat(jnp.asarray(gains, jnp.float32), episodes, axis=0)
        begin, steps = self._rollout.init(each, keys), self._search.steps
        _, seen = self._rollout(each, begin, steps, min_running=_LEAST_ALIVE)
        totals = (sum_in_order(x).reshape(count, episodes).mean(axis=1) for x in seen)
        return tuple(totals)

    def _act(self, gains: jax.Array, carry: None, state: EnvState, key: None) -> Any:
        return jax.vmap(self._action)(gains, state), carry, None

    def _record(self, step: RolloutStep) -> tuple[jax.Array, jax.Array]:
        """Increments of fitness and length at a step `[N * E]`."""
        terms, alive = step.after.terms, 1.0 * step.running
        worth = _ALIVE + _ALIGNED * terms["alignment"] + _TASK * terms["task"]
        return alive * worth, alive

    def _action(self, gains: jax.Array, state: EnvState) -> jax.Array:
        """The balance controller's offsets as an equivalent action."""
        env = self._env
        now, errors = env.errors(state)
        offsets = env.motors.feedback.offsets(gains, errors, now.contacts)
        return jnp.clip(offsets / (env.skill.authority * env.motors.reach), -1.0, 1.0)
