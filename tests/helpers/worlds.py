"""Environments that many tests use, built and compiled once."""

from __future__ import annotations

from functools import cache

import jax

from metaworldx.envs import Env, EnvConfig, make


@cache
def world(env_id: str, backend: str = "native", collisions: str | None = None, **config) -> Env:
    """An environment; the same arguments give the same object."""
    return make(env_id, backend, collisions, EnvConfig(**config))


@cache
def jitted(env: Env):
    """`reset` and `step` of an environment, jitted once."""
    return jax.jit(env.reset), jax.jit(env.step)


def keys(count: int, seed: int = 0) -> jax.Array:
    """That many random keys."""
    return jax.random.split(jax.random.key(seed), count)
