"""Router datasets: demonstrated states, and states with synthetic guidance."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.guidance_arrays import (
    GuidanceArrays,
    guidance_features,
    guidance_features_at,
)
from metaworldx.composition.observation import OBS_SIZE
from metaworldx.router.demonstrations import Demonstrations
from metaworldx.router.distill import RouterDataset
from metaworldx.vlm.schema import MAX_SCORE, MAX_STAGES, MIN_WEIGHT, weights

_MAX_RELEVANT, _RELEVANT_SCORES, _OTHER_SCORES = 3, (6.0, 10.0), (0.0, 3.0)
_SYNTHETIC_STATES = 4096
_SCORE_RANGE = 3.0
_MIN_STD, _MAX_STD_FACTOR = 0.1, 5.0
"""Random states are normal around the demonstrated ones, with 1 to `_MAX_STD_FACTOR` times their
standard deviation. Features that were constant there have at least `_MIN_STD`."""


def from_demonstrations(demos: Demonstrations, guidance: GuidanceArrays) -> RouterDataset:
    """Samples of one task's demonstrations: every state before its episode's end.

    Demonstrations are weighted by `exp(3 (score - best) / range)` over the range of scores: an
    average of good and mediocre behaviour may be neither.
    """
    alive = np.asarray(demos.alive, bool)
    gap = np.asarray(demos.scores, float) - demos.scores.max()
    sample_weights = np.exp(gap / max(-gap.min() / _SCORE_RANGE, 1e-6))
    count, experts = int(alive.sum()), demos.explained.shape[-1]
    demonstrated = np.broadcast_to(sample_weights[:, None], alive.shape)[alive]
    return RouterDataset(
        obs=jnp.asarray(demos.obs[alive]),
        guidance=guidance_features_at(guidance, jnp.asarray(demos.progress[alive])),
        prior=jnp.broadcast_to(guidance.prior, (count, experts)),
        demo=jnp.asarray(demos.explained[alive]),
        demonstrated=jnp.asarray(demonstrated, jnp.float32),
    )


def synthetic_guidance(
    experts: int, known: Sequence[GuidanceArrays], obs: jax.Array, key: jax.Array
) -> RouterDataset:
    """Samples without demonstrations, so that the router follows the guidance of unseen tasks.

    Half of them have the guidance of given tasks. The other half have random guidance: a few
    relevant experts, others of low relevance, at any stage. Half of the states are demonstrated
    ones, the other half are random.

    Args:
      experts: K.
      known: guidance of tasks, at least one.
      obs: demonstrated states `[N, O]`, at least one.
    """
    seed = int(jax.random.randint(key, (), 0, np.iinfo(np.int32).max))
    random = np.random.default_rng(seed)
    stacked = jax.tree.map(lambda *x: jnp.stack(x), *known)
    size = _SYNTHETIC_STATES
    real = jax.tree.map(lambda x: x[random.integers(len(known), size=size // 2)], stacked)
    made = _random_guidance(random, experts, size - size // 2)
    guidance = jax.tree.map(lambda *x: jnp.concatenate(x), real, made)
    stage = random.integers(np.asarray(guidance.count))
    states = np.array(obs)[random.integers(len(obs), size=size)]
    replaced = random.random(size) < 0.5
    std = np.maximum(states.std(axis=0), _MIN_STD)
    factor = np.exp(random.uniform(0.0, np.log(_MAX_STD_FACTOR), size=(size, 1)))
    offsets = random.normal(size=(size, OBS_SIZE)) * std * factor
    states[replaced] = (states.mean(axis=0) + offsets)[replaced]
    return RouterDataset(
        obs=jnp.asarray(states, jnp.float32),
        guidance=jax.jit(jax.vmap(guidance_features))(guidance, jnp.asarray(stage, jnp.int32)),
        prior=guidance.prior,
        demo=jnp.full_like(guidance.prior, 1.0 / experts),
        demonstrated=jnp.zeros(size),
    )


def concatenate(parts: Sequence[RouterDataset]) -> RouterDataset:
    """All samples of several datasets."""
    return jax.tree.map(lambda *x: jnp.concatenate(x), *parts)


def _random_guidance(random: np.random.Generator, experts: int, count: int) -> GuidanceArrays:
    """Random guidance for `count` tasks, with one to three relevant experts each."""
    order = np.argsort(random.random((count, experts)), axis=1)
    rank = np.argsort(order, axis=1)
    relevant = random.integers(1, min(_MAX_RELEVANT, experts) + 1, size=(count, 1))
    bounds = (_RELEVANT_SCORES, _OTHER_SCORES)
    high, low = (random.uniform(*interval, size=rank.shape) for interval in bounds)
    scores = np.where(rank == 0, MAX_SCORE, np.where(rank < relevant, high, low))
    stages = random.integers(relevant, size=(count, MAX_STAGES))
    chosen = np.eye(experts)[np.take_along_axis(order, stages, axis=1)]
    return GuidanceArrays(
        prior=jnp.asarray(weights(scores), jnp.float32),
        stages=jnp.asarray(MIN_WEIGHT + (1.0 - MIN_WEIGHT * experts) * chosen, jnp.float32),
        count=jnp.asarray(random.integers(1, MAX_STAGES // 2, size=count), jnp.int32),
        confidence=jnp.asarray(random.uniform(0.3, 1.0, size=count), jnp.float32),
        progress_at_answer=jnp.zeros(count),
    )
