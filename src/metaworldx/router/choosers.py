"""Who chooses the experts' weights at a step: a teacher's guidance, a router, or rules."""

from __future__ import annotations

from collections.abc import Sequence

import jax
import jax.numpy as jnp

from metaworldx.router.compose import STABILISER, Chooser, Seen
from metaworldx.router.router import Router, check_fits
from metaworldx.router.told import Told

_NEAR = 0.45
"""A hand's place is within reach when it is that near (m)."""
_THERE = 0.5
"""A goal is reached from that near (m)."""


def by_teacher(guidance: Told) -> Chooser:
    """The teacher's weights of the task, the same all along."""

    def choose(seen: Seen) -> jax.Array:
        prior = guidance.prior
        return jnp.broadcast_to(prior, (*seen.progress.shape, prior.shape[-1]))

    return choose


def by_router(router: Router, guidance: Told, names: Sequence[str]) -> Chooser:
    """A trained router under a teacher's guidance.

    Args:
      names: of the pool's experts.

    Raises:
      UserError: a router of other experts.
    """
    check_fits(router, tuple(names))
    return lambda seen: router.weights(seen.obs, guidance, seen.progress)


def by_rules(names: Sequence[str]) -> Chooser:
    """No teacher and nothing learnt: go where there is a goal, reach where a hand can, or stand."""
    known = list(names)

    def one(name: str) -> jax.Array:
        index = known.index(name) if name in known else known.index(STABILISER)
        return jax.nn.one_hot(index, len(known))

    stand, walk, reach = one(STABILISER), one("walk"), one("reach")

    def choose(seen: Seen) -> jax.Array:
        scene = seen.scene
        away = jnp.where(scene.asked, seen.away, jnp.inf).min(axis=-1)
        near = (away < _NEAR)[:, None]
        far = (scene.going & (seen.far > _THERE))[:, None]
        return jnp.where(near, reach, jnp.where(far, walk, stand))

    return choose


def always(weights: jax.Array) -> Chooser:
    """Given weights, `[K]` for all environments or `[B, K]`."""

    def choose(seen: Seen) -> jax.Array:
        return jnp.broadcast_to(weights, (*seen.progress.shape, weights.shape[-1]))

    return choose
