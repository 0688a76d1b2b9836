"""What a router learns from: demonstrated states, and guidance of any kind in all of them."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.guidance_arrays import GuidanceArrays, guidance_features, stage_weights
from metaworldx.composition.observation import OBS_SIZE
from metaworldx.router.demonstrations import Demonstrations
from metaworldx.router.distill import RouterDataset
from metaworldx.vlm.schema import MAX_SCORE, MAX_STAGES, MIN_WEIGHT, weights

_MOST_WANTED, _WANTED, _REST = 3, (6.0, 10.0), (0.0, 3.0)
_FREE_STATES = 4096
_APART = 3.0
_LEAST_SPREAD, _WIDEST = 0.1, 5.0
"""Drawn states lie around the demonstrated ones, by one to so many times their spread. Numbers that
were always the same there, as whether anything is to be reached, have at least this spread."""


def from_demonstrations(demos: Demonstrations, guidance: GuidanceArrays) -> RouterDataset:
    """The lessons of one task's demonstrations, every state of a running episode one.

    Those of better ways to switch count more: by a third of the range of scores they are apart,
    e times, since the mean of what good and middling ones do may be neither.
    """
    there = np.asarray(demos.alive, bool)
    better = np.asarray(demos.scores, float) - demos.scores.max()
    counts = np.exp(better / max(-better.min() / _APART, 1e-6))
    count, experts = int(there.sum()), demos.explained.shape[-1]
    return RouterDataset(
        obs=jnp.asarray(demos.obs[there]),
        guidance=stage_weights(guidance, jnp.asarray(demos.progress[there])),
        prior=jnp.broadcast_to(guidance.prior, (count, experts)),
        demo=jnp.asarray(demos.explained[there]),
        demonstrated=jnp.asarray(np.broadcast_to(counts[:, None], there.shape)[there], jnp.float32),
    )


def synthetic_guidance(
    experts: int, known: Sequence[GuidanceArrays], obs: jax.Array, key: jax.Array
) -> RouterDataset:
    """Lessons of guidance alone, so that a task never seen moves the router as its teacher says.

    Half of them have guidance of the given tasks, half of tasks that there are not: some experts
    wanted, others hardly, in any stage. Half the states are demonstrated ones, half are drawn.

    Args:
      experts: K.
      known: guidance of tasks, at least one.
      obs: states that were demonstrated `[N, O]`, at least one.
    """
    seed = int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max))
    random = np.random.default_rng(seed)
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *known)
    real = jax.tree.map(lambda x: x[random.integers(len(known), size=_FREE_STATES // 2)], stacked)
    made = _imagined(random, experts, _FREE_STATES - _FREE_STATES // 2)
    told = jax.tree.map(lambda *x: jnp.concatenate(x), real, made)
    stage = random.integers(np.asarray(told.count))
    states = np.array(obs)[random.integers(len(obs), size=_FREE_STATES)]
    free = random.random(_FREE_STATES) < 0.5
    spread = np.maximum(states.std(axis=0), _LEAST_SPREAD)
    wide = np.exp(random.uniform(0.0, np.log(_WIDEST), size=(_FREE_STATES, 1)))
    drawn = random.normal(size=(_FREE_STATES, OBS_SIZE)) * spread * wide
    states[free] = (states.mean(axis=0) + drawn)[free]
    return RouterDataset(
        obs=jnp.asarray(states, jnp.float32),
        guidance=jax.jit(jax.vmap(guidance_features))(told, jnp.asarray(stage, jnp.int32)),
        prior=told.prior,
        demo=jnp.full_like(told.prior, 1.0 / experts),
        demonstrated=jnp.zeros(_FREE_STATES),
    )


def concatenate(parts: Sequence[RouterDataset]) -> RouterDataset:
    """All of them."""
    return jax.tree.map(lambda *x: jnp.concatenate(x), *parts)


def _imagined(random: np.random.Generator, experts: int, count: int) -> GuidanceArrays:
    """Guidance of tasks that want one to three experts, `count` of them."""
    order = np.argsort(random.random((count, experts)), axis=1)
    rank = np.argsort(order, axis=1)
    wanted = random.integers(1, min(_MOST_WANTED, experts) + 1, size=(count, 1))
    high, low = (random.uniform(*bounds, size=rank.shape) for bounds in (_WANTED, _REST))
    scores = np.where(rank == 0, MAX_SCORE, np.where(rank < wanted, high, low))
    stages = random.integers(wanted, size=(count, MAX_STAGES))
    chosen = np.eye(experts)[np.take_along_axis(order, stages, axis=1)]
    return GuidanceArrays(
        prior=jnp.asarray(weights(scores), jnp.float32),
        stages=jnp.asarray(MIN_WEIGHT + (1.0 - MIN_WEIGHT * experts) * chosen, jnp.float32),
        count=jnp.asarray(random.integers(1, MAX_STAGES // 2, size=count), jnp.int32),
        confidence=jnp.asarray(random.uniform(0.3, 1.0, size=count), jnp.float32),
        begun=jnp.zeros(count),
    )
