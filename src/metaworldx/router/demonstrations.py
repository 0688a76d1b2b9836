"""Demonstrations for a router: the best of many rollouts under weights that switch at random."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.errors import UserError, check_at_least
from metaworldx.experts.pool import ExpertPool
from metaworldx.router.compose import Composer, Composing
from metaworldx.router.steady import SteadyConfig
from metaworldx.vlm.guidance import FLOOR

_CHUNK = 50


@dataclass(frozen=True)
class DemoConfig:
    """How demonstrations are made.

    Attributes:
      rollouts: tried, all at once.
      keep: the best so many are kept, by success and then by return.
      most: experts that take turns in one rollout, at most.
      shortest_s, longest_s: how long one of them leads; drawn evenly in the logarithm.
      mixed: share of the turns in which a second expert has 10 to 40%.
      width: of the explanation: an expert whose action is off by this (root mean square over the
        actuators, actions in [-1, 1]) counts exp(-1/2).
    """

    rollouts: int = 256
    keep: int = 10
    most: int = 4
    shortest_s: float = 0.5
    longest_s: float = 8.0
    mixed: float = 0.1
    width: float = 0.05

    def __post_init__(self):
        check_at_least(self, 1, "rollouts", "keep", "most")
        check_at_least(self, 0.0, "mixed")
        if self.keep > self.rollouts:
            raise UserError(f"keep is {self.keep}; there are {self.rollouts} rollouts")
        if not 0.0 < self.shortest_s <= self.longest_s:
            raise UserError(
                f"shortest_s is {self.shortest_s} and longest_s {self.longest_s}; the first needs "
                "to be over 0 and no longer than the second"
            )
        if not self.width > 0.0:
            raise UserError(f"width is {self.width}; needs over 0")


@dataclass(frozen=True)
class Demonstrations:
    """The kept rollouts, the best first: D of them, T control steps.

    Attributes:
      obs: what the router saw `[D, T, O]`.
      progress: share of the task's milestones reached by then `[D, T]`.
      explained: which experts explain the action, P_demo `[D, T, K]`.
      weights: that were applied `[D, T, K]`.
      alive: whether the episode ran `[D, T]`.
      returns: `[D]`.
      successes: `[D]`, bool.
      all_returns: of every rollout that was tried `[N]`.
    """

    obs: np.ndarray
    progress: np.ndarray
    explained: np.ndarray
    weights: np.ndarray
    alive: np.ndarray
    returns: np.ndarray
    successes: np.ndarray
    all_returns: np.ndarray


@struct.dataclass
class _Turn:
    """Whose turn it is in a rollout: weights `[K]`, seconds left, experts that take turns `[K]`."""

    weights: jax.Array
    left: jax.Array
    among: jax.Array


def begin_turns(config: DemoConfig, experts: int, key: jax.Array) -> _Turn:
    """Which experts take turns in a rollout, the first of them at once."""
    among_key, count_key, turn_key = jax.random.split(key, 3)
    order = jax.random.permutation(among_key, experts)
    count = jax.random.randint(count_key, (), 1, min(config.most, experts) + 1)
    among = order < count
    blank = _Turn(jnp.zeros(experts), jnp.zeros(()), among)
    return _next(config, blank, turn_key)


def take_turns(config: DemoConfig, turn: _Turn, dt: float, key: jax.Array) -> _Turn:
    """The weights a control step of `dt` seconds later."""
    turn = turn.replace(left=turn.left - dt)
    over = turn.left <= 0.0
    return jax.tree.map(lambda a, b: jnp.where(over, a, b), _next(config, turn, key), turn)


def _next(config: DemoConfig, turn: _Turn, key: jax.Array) -> _Turn:
    keys = jax.random.split(key, 5)
    experts = turn.among.shape[0]
    logits = jnp.where(turn.among, 0.0, -jnp.inf)
    leader, second = (jax.random.categorical(k, logits) for k in keys[:2])
    mixes = jax.random.bernoulli(keys[2], config.mixed)
    share = jnp.where(mixes, jax.random.uniform(keys[3], (), minval=0.1, maxval=0.4), 0.0)
    weights = (1.0 - share) * jax.nn.one_hot(leader, experts)
    weights = weights + share * jax.nn.one_hot(second, experts)
    low, high = np.log(config.shortest_s), np.log(config.longest_s)
    held = jnp.exp(jax.random.uniform(keys[4], (), minval=low, maxval=high))
    return turn.replace(weights=weights, left=held)


def explained(each: jax.Array, action: jax.Array, width: float) -> jax.Array:
    """Which experts explain an action: `P_demo(w | s, a)` `[..., K]`, none under the floor.

    `softmax_i(-|a - pi_i(s)|^2 / (2 A width^2))`.

    Args:
      each: every expert's action `[..., K, A]`.
      action: `[..., A]`.
    """
    square = jnp.mean(jnp.square(each - action[..., None, :]), axis=-1)
    share = jax.nn.softmax(-0.5 * square / width**2, axis=-1)
    return FLOOR + (1.0 - FLOOR * share.shape[-1]) * share


def demonstrate(
    config: DemoConfig,
    pool: ExpertPool,
    env: Env,
    key: jax.Array,
    progress: Callable[[int], Any] | None = None,
) -> Demonstrations:
    """Tries rollouts in a task and keeps the best; no teacher has a say in them.

    Args:
      env: without auto-reset.
      progress: called with the number of control steps just done.
    """
    composer = Composer(pool, env, SteadyConfig(seconds=0.1, margin=0.0, max_tilt=np.pi))
    reset_key, turn_key, key = jax.random.split(key, 3)
    count = config.rollouts
    state = jax.jit(env.reset)(jax.random.split(reset_key, count))
    begin = jax.vmap(partial(begin_turns, config, len(pool)))
    turns = jax.jit(begin)(jax.random.split(turn_key, count))
    composing = jax.jit(composer.begin)(state, turns.weights)
    carry = (state, composing, turns, jnp.ones(count, bool), jnp.zeros(count, bool))
    advance = jax.jit(partial(_advance, config, composer))
    parts = []
    for first in range(0, env.max_episode_steps, _CHUNK):
        keys = jax.random.split(jax.random.fold_in(key, first), _CHUNK)
        carry, part = advance(carry, keys)
        parts.append(jax.tree.map(np.asarray, part))
        if progress is not None:
            progress(_CHUNK)
        if not bool(carry[3].any()):
            break
    seen = jax.tree.map(lambda *x: np.swapaxes(np.concatenate(x), 0, 1), *parts)
    returns = seen["reward"].sum(axis=1)
    successes = np.asarray(carry[4])
    best = np.lexsort((-returns, ~successes))[: config.keep]
    kept = {name: seen[name][best] for name in ("obs", "progress", "explained", "weights", "alive")}
    return Demonstrations(
        **kept, returns=returns[best], successes=successes[best], all_returns=returns
    )


Carry = tuple[EnvState, Composing, _Turn, jax.Array, jax.Array]


def _advance(
    config: DemoConfig, composer: Composer, carry: Carry, keys: jax.Array
) -> tuple[Carry, dict[str, jax.Array]]:
    env = composer.env

    def one(carry: Carry, key: jax.Array) -> tuple[Carry, dict[str, jax.Array]]:
        state, composing, turns, alive, success = carry
        seen = composer.sees(state, composing)
        sure = jnp.ones(alive.shape)
        acted, composing = composer.act(state, composing, turns.weights, sure)
        after = env.step(state, jnp.nan_to_num(acted.action))
        turns = jax.vmap(lambda t, k: take_turns(config, t, env.dt, k))(
            turns, jax.random.split(key, alive.shape[0])
        )
        out = {
            "obs": seen.obs,
            "progress": seen.progress,
            "explained": explained(acted.each, acted.action, config.width),
            "weights": acted.weights,
            "alive": alive,
            "reward": after.reward * alive,
        }
        success = success | (after.success & alive)
        return (after, composing, turns, alive & ~after.done, success), out

    return jax.lax.scan(one, carry, keys)
