"""Gating policies: expert weights from a teacher, rules, constants, or fusion with Q-values.

The gating policy of a trained router is in `router.router_gating`.
"""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from metaworldx.composition.composer import STABILISER, GatingInput, GatingPolicy
from metaworldx.composition.guidance_arrays import GuidanceArrays
from metaworldx.composition.q_fusion import (
    ExpertQFn,
    FusionConfig,
    fuse_weights,
    q_selection,
    standardize,
)
from metaworldx.core.errors import UserError

_NEAR = 0.45
"""Distance (m) within which a hand target counts as within reach."""
_THERE = 0.5
"""Distance (m) within which a goal is reached."""


def teacher_gating(guidance: GuidanceArrays) -> GatingPolicy:
    """The teacher's weights for the task, constant over an answer.

    Args:
      guidance: of the task, or one per environment.
    """

    def policy(inputs: GatingInput) -> jax.Array:
        prior = guidance.prior
        return jnp.broadcast_to(prior, (*inputs.progress.shape, prior.shape[-1]))

    return policy


def fusion_gating(gating: GatingPolicy, value: ExpertQFn, config: FusionConfig) -> GatingPolicy:
    """MetaWorld's fusion: `alpha w + (1 - alpha) p(i | s)`, p from a world model's Q.

    At an episode's start, before experts have acted, it uses w alone.

    Args:
      gating: policy for w.
      value: Q-values of every expert's action under a world model of the task.
    """

    def policy(inputs: GatingInput) -> jax.Array:
        weights, proposals = gating(inputs), inputs.proposals
        if proposals is None:
            return weights
        if proposals.task_obs is None:
            raise UserError("fusion needs the task's own observation, which is not to be seen here")
        q = value(
            proposals.task_obs, proposals.last, proposals.weights, proposals.held, proposals.each
        )
        return fuse_weights(weights, q_selection(standardize(q), config.temperature), config.alpha)

    return policy


def rule_gating(names: Sequence[str]) -> GatingPolicy:
    """Rules: reach for a hand target within reach, else walk to a goal, else stand."""
    known = list(names)

    def one(name: str) -> jax.Array:
        index = known.index(name) if name in known else known.index(STABILISER)
        return jax.nn.one_hot(index, len(known))

    stand, walk, reach = one(STABILISER), one("walk"), one("reach")

    def policy(inputs: GatingInput) -> jax.Array:
        scene = inputs.scene
        away = jnp.where(scene.has_target, inputs.hand_distance, jnp.inf).min(axis=-1)
        near = (away < _NEAR)[:, None]
        far = (scene.has_goal & (inputs.goal_distance > _THERE))[:, None]
        return jnp.where(near, reach, jnp.where(far, walk, stand))

    return policy


def constant_gating(weights: jax.Array) -> GatingPolicy:
    """Constant weights, `[K]` for all environments or `[B, K]`."""

    def policy(inputs: GatingInput) -> jax.Array:
        return jnp.broadcast_to(weights, (*inputs.progress.shape, weights.shape[-1]))

    return policy
