"""Guidance arrays: a teacher's answer as the features V(T) that a router observes."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.vlm.schema import MAX_STAGES, MIN_WEIGHT, Guidance, weights


@struct.dataclass
class GuidanceArrays:
    """Guidance for one task over K experts.

    Attributes:
      prior: the teacher's weights w_v `[K]`, each at least `vlm.schema.MIN_WEIGHT`.
      stages: weights in each stage `[MAX_STAGES, K]`, padded with those of the last.
      count: number of stages, at least 1.
      confidence: 0 to 1.
      progress_at_answer: share of the task's milestones reached at the time of the answer, whose
        stages cover the rest.
    """

    prior: jax.Array
    stages: jax.Array
    count: jax.Array
    confidence: jax.Array
    progress_at_answer: jax.Array


def encode_guidance(
    guidance: Guidance,
    names: Sequence[str],
    temperature: float = 1.5,
    progress_at_answer: float = 0.0,
) -> GuidanceArrays:
    """A teacher's answer over a pool's experts, in the pool's order.

    An answer without stages gets a single stage with the weights of the whole task.

    Args:
      names: of the pool's experts; those absent from the answer have relevance 0.
      temperature: of the softmax over relevance.
      progress_at_answer: share of the task's milestones reached at the time of the answer.
    """
    count = len(names)
    scores = np.array([guidance.relevance.get(name, 0.0) for name in names])
    prior = weights(scores, temperature)
    shares = np.array([[stage.experts.get(n, 0.0) for n in names] for stage in guidance.stages])
    shares = shares.reshape(-1, count)
    total = shares.sum(axis=1, keepdims=True)
    shares = (shares / np.maximum(total, 1e-9))[total[:, 0] > 0.0]
    stages = MIN_WEIGHT + (1.0 - MIN_WEIGHT * count) * shares if len(shares) else prior[None]
    padded = np.concatenate([stages, np.repeat(stages[-1:], MAX_STAGES - len(stages), axis=0)])
    return GuidanceArrays(
        prior=jnp.asarray(prior, jnp.float32),
        stages=jnp.asarray(padded, jnp.float32),
        count=jnp.int32(len(stages)),
        confidence=jnp.float32(guidance.confidence),
        progress_at_answer=jnp.float32(progress_at_answer),
    )


def guidance_features(guidance: GuidanceArrays, stage: jax.Array) -> jax.Array:
    """V(T) `[2 K + 2]`: log weights of task and stage, relative stage index, and confidence.

    Args:
      stage: stage index, int32.
    """
    stage = jnp.clip(stage, 0, guidance.count - 1)
    done = stage / jnp.maximum(guidance.count - 1, 1)
    logs = jnp.log(jnp.concatenate([guidance.prior, guidance.stages[stage]]))
    # Log weights lie between -7 and 0: scaled to about -1 to 1.
    return jnp.concatenate([logs / 3.5 + 1.0, jnp.stack([done, guidance.confidence])])


def stage_index(guidance: GuidanceArrays, progress: jax.Array) -> jax.Array:
    """Stage index `[...]` at a share of the task's milestones, `progress` `[...]`; int32."""
    rest = (progress - guidance.progress_at_answer) / jnp.maximum(
        1.0 - guidance.progress_at_answer, 1e-6
    )
    at = jnp.clip(rest, 0.0, 1.0) * guidance.count
    return jnp.minimum(at, guidance.count - 1).astype(jnp.int32)


def guidance_features_at(guidance: GuidanceArrays, progress: jax.Array) -> jax.Array:
    """V(T) `[..., 2 K + 2]` at a share of the task's milestones, `progress` `[...]`.

    Args:
      guidance: one for all states, or one per state (prior `[B, K]` with progress `[B]`).
    """
    stages = stage_index(guidance, progress)
    each = 0 if guidance.prior.ndim > 1 else None
    flat = jax.vmap(guidance_features, in_axes=(each, 0))(guidance, stages.reshape(-1))
    return flat.reshape(*stages.shape, -1)
