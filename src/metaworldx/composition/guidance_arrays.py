"""A teacher's answer as arrays: the guidance V(T) that a router sees."""

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
      prior: the teacher's weights w_v `[K]`, none under `guidance.FLOOR`.
      stages: weights in each stage `[MAX_STAGES, K]`; the last one's are repeated.
      count: how many stages there are, at least 1.
      confidence: 0 to 1.
      begun: share of the task's milestones that were reached when it was given; its stages are
        of the rest.
    """

    prior: jax.Array
    stages: jax.Array
    count: jax.Array
    confidence: jax.Array
    begun: jax.Array


def encode_guidance(
    guidance: Guidance, names: Sequence[str], temperature: float = 1.5, begun: float = 0.0
) -> GuidanceArrays:
    """A teacher's answer over a pool's experts, in the pool's order.

    A task without stages has one, with the weights of the whole.

    Args:
      names: of the pool's experts; those that the answer does not name have relevance 0.
      temperature: of the softmax over relevance.
      begun: share of the task's milestones that were reached when it was given.
    """
    count = len(names)
    scores = np.array([guidance.relevance.get(name, 0.0) for name in names])
    prior = weights(scores, temperature)
    shares = np.array([[stage.experts.get(n, 0.0) for n in names] for stage in guidance.stages])
    shares = shares.reshape(-1, count)
    whole = shares.sum(axis=1, keepdims=True)
    shares = (shares / np.maximum(whole, 1e-9))[whole[:, 0] > 0.0]
    stages = MIN_WEIGHT + (1.0 - MIN_WEIGHT * count) * shares if len(shares) else prior[None]
    padded = np.concatenate([stages, np.repeat(stages[-1:], MAX_STAGES - len(stages), axis=0)])
    return GuidanceArrays(
        prior=jnp.asarray(prior, jnp.float32),
        stages=jnp.asarray(padded, jnp.float32),
        count=jnp.int32(len(stages)),
        confidence=jnp.float32(guidance.confidence),
        begun=jnp.float32(begun),
    )


def guidance_features(guidance: GuidanceArrays, stage: jax.Array) -> jax.Array:
    """V(T) `[2 K + 2]`: log weights of the task and of its stage, how far the stage is, confidence.

    Args:
      stage: its number, int32.
    """
    stage = jnp.clip(stage, 0, guidance.count - 1)
    done = stage / jnp.maximum(guidance.count - 1, 1)
    logs = jnp.log(jnp.concatenate([guidance.prior, guidance.stages[stage]]))
    # Weights near the floor differ by little; -7 to 0 is brought to about -1 to 1.
    return jnp.concatenate([logs / 3.5 + 1.0, jnp.stack([done, guidance.confidence])])


def stage_index(guidance: GuidanceArrays, progress: jax.Array) -> jax.Array:
    """The stage `[...]` of a task of which such a share of the milestones is reached, int32."""
    rest = (progress - guidance.begun) / jnp.maximum(1.0 - guidance.begun, 1e-6)
    at = jnp.clip(rest, 0.0, 1.0) * guidance.count
    return jnp.minimum(at, guidance.count - 1).astype(jnp.int32)


def stage_weights(guidance: GuidanceArrays, progress: jax.Array) -> jax.Array:
    """V(T) `[..., 2 K + 2]` at such a share of a task's milestones `[...]`.

    Args:
      guidance: of all, or of each by itself (its prior `[B, K]` where progress is `[B]`).
    """
    stages = stage_index(guidance, progress)
    each = 0 if guidance.prior.ndim > 1 else None
    flat = jax.vmap(guidance_features, in_axes=(each, 0))(guidance, stages.reshape(-1))
    return flat.reshape(*stages.shape, -1)
