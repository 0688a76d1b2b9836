"""Demonstrations for a router: rollouts of the best of many random ways to switch weights."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
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
from metaworldx.router.choosers import always
from metaworldx.router.compose import Composer, Composing
from metaworldx.router.scenes import MILESTONES
from metaworldx.router.steady import SteadyConfig

_CHUNK = 50
_ANYBODY = 0.02


@dataclass(frozen=True)
class DemoConfig:
    """How demonstrations are made.

    Attributes:
      rollouts: tried, in two rounds of half as many. In the first, leaders and partners are drawn
        half evenly, half by the teacher's weights; in the second leaders by how much they led in
        the best of the first, partners half by how much they mixed in there.
      starts: from how many each way to switch is tried in the second round: what did well from
        one start alone may have been lucky there.
      keep: so many are kept, of the ways to switch that succeed and then score best.
      most: experts that take turns in one rollout, at most; n of them 1/n times as often as one.
      shortest_s, longest_s: how long one of them leads; drawn evenly in the logarithm.
      staged: share of the rollouts in which an expert leads until a milestone is reached rather
        than for a time: how long a way takes, no draw tells.
      mixed: share of the rollouts in which a partner, any expert, has 20 to 40% all along: what
        legs and arms do together is seen only where a mixture is held.
      elite: share of the first round that counts as its best.
      width: of the explanation: an expert whose action is off by this (root mean square over a
        part's actuators, actions in [-1, 1]) counts exp(-1/2).
    """

    rollouts: int = 256
    starts: int = 4
    keep: int = 12
    most: int = 3
    shortest_s: float = 0.5
    longest_s: float = 20.0
    staged: float = 0.25
    mixed: float = 0.5
    elite: float = 0.1
    width: float = 0.02

    def __post_init__(self):
        check_at_least(self, 2, "rollouts")
        check_at_least(self, 1, "starts", "keep", "most")
        check_at_least(self, 0.0, "staged", "mixed")
        if self.rollouts % (2 * self.starts):
            raise UserError(
                f"rollouts is {self.rollouts}; needs a multiple of {2 * self.starts}, for two "
                f"rounds and {self.starts} starts"
            )
        if self.keep > self.rollouts // 2:
            raise UserError(
                f"keep is {self.keep}; the second round has {self.rollouts // 2} rollouts"
            )
        if not 0.0 < self.elite <= 1.0:
            raise UserError(f"elite is {self.elite}; needs over 0, up to 1")
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
      scores: mean return of all rollouts that switched the same way, less its standard error
        `[D]`: a router has to do well by it from anywhere.
      all_returns: of every rollout that was tried `[N]`.
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


@struct.dataclass
class _Turn:
    """Whose turn it is in a rollout.

    Attributes:
      weights: of the experts `[K]`.
      left: seconds that they are still held.
      among: log of how likely each expert is to lead next `[K]`.
      mixed: what the rollout's partner has all along `[K]`; zeros without one.
      staged: whether leaders are held until a milestone is reached instead, bool.
      stages: who leads then, by how many have been `[MILESTONES + 1]`, int32.
    """

    weights: jax.Array
    left: jax.Array
    among: jax.Array
    mixed: jax.Array
    staged: jax.Array
    stages: jax.Array


def begin_turns(config: DemoConfig, leads: jax.Array, partners: jax.Array, key: jax.Array) -> _Turn:
    """Which experts take turns in a rollout, the first of them at once.

    Args:
      leads: how likely each expert is to be among them `[K]`, all above 0.
      partners: how likely each is to be the partner `[K]`.
    """
    among_key, count_key, partner_key, mixed_key, share_key, turn_key = jax.random.split(key, 6)
    experts = leads.shape[0]
    # The greatest of log p + Gumbel noise are draws without replacement.
    order = jnp.log(leads) + jax.random.gumbel(among_key, leads.shape)
    rank = jnp.argsort(jnp.argsort(-order))
    count = 1 + jax.random.categorical(
        count_key, -jnp.log(jnp.arange(1.0, min(config.most, experts) + 1.0))
    )
    among = jnp.where(rank < count, jnp.log(leads), -jnp.inf)
    partner = jax.random.categorical(partner_key, jnp.log(partners))
    mixes = jax.random.bernoulli(mixed_key, config.mixed)
    share = jnp.where(mixes, jax.random.uniform(share_key, (), minval=0.2, maxval=0.4), 0.0)
    staged_key, stages_key = jax.random.split(jax.random.fold_in(key, 0))
    turn = _Turn(
        weights=jnp.zeros(experts),
        left=jnp.zeros(()),
        among=among,
        mixed=share * jax.nn.one_hot(partner, experts),
        staged=jax.random.bernoulli(staged_key, config.staged),
        stages=jax.random.categorical(stages_key, jnp.log(leads), shape=(MILESTONES + 1,)),
    )
    return take_turns(config, turn, 0.0, turn_key)


def take_turns(
    config: DemoConfig, turn: _Turn, dt: float, key: jax.Array, reached: jax.Array | int = 0
) -> _Turn:
    """The weights a control step of `dt` seconds later.

    Args:
      reached: how many milestones have been.
    """
    leader_key, held_key = jax.random.split(key)
    low, high = np.log(config.shortest_s), np.log(config.longest_s)
    held = jnp.exp(jax.random.uniform(held_key, (), minval=low, maxval=high))
    drawn = jax.random.categorical(leader_key, turn.among)
    leader = jnp.where(turn.staged, turn.stages[reached], drawn)
    lead = jax.nn.one_hot(leader, turn.among.shape[0])
    left = turn.left - dt
    over = turn.staged | (left <= 0.0)
    weights = (1.0 - turn.mixed.sum()) * lead + turn.mixed
    return turn.replace(
        weights=jnp.where(over, weights, turn.weights), left=jnp.where(over, held, left)
    )


def leading(weights: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """How likely each expert is to lead, and to mix in, in the second round: `[K]` each.

    By their shares in the best of the first, and 2% more for everybody.

    Args:
      weights: of the best rollouts `[N, T, K]`.
      alive: whether their episodes ran `[N, T]`.
    """
    ran = weights[alive.astype(bool)]
    first = np.eye(weights.shape[-1])[ran.argmax(axis=-1)]
    mixed = (ran * (1.0 - first)).sum(axis=0)
    shares = (first.mean(axis=0) + _ANYBODY, mixed / max(mixed.sum(), 1e-6) + _ANYBODY)
    leads, partners = (share / share.sum() for share in shares)
    return leads, partners


def demonstrate(
    config: DemoConfig,
    pool: ExpertPool,
    env: Env,
    prior: jax.Array,
    key: jax.Array,
    progress: Callable[[int], Any] | None = None,
) -> Demonstrations:
    """Tries rollouts in a task and keeps the best.

    Args:
      env: without auto-reset.
      prior: the teacher's weights `[K]`, by which experts are drawn; what it says of when each
        is wanted is not followed, so that rollouts can find better.
      progress: called with the number of control steps just done.
    """
    composer = Composer(pool, env, SteadyConfig(seconds=0.1, margin=0.0, max_tilt=np.pi))
    advance = jax.jit(partial(_advance, config, composer))
    reset = jax.jit(env.reset)
    begin = jax.jit(lambda state, weights: composer.begin(state, always(weights)))
    half = config.rollouts // 2
    leads = partners = proposed = 0.5 / len(pool) + 0.5 * np.asarray(prior)
    rounds = []
    for starts, round_key in zip((1, config.starts), jax.random.split(key, 2), strict=True):
        reset_key, turn_key, act_key = jax.random.split(round_key, 3)
        # Rollouts of one way to switch draw with the same keys.
        way = jnp.arange(half) // starts
        state = reset(jax.random.split(reset_key, half))
        drawn = jnp.asarray(leads, jnp.float32), jnp.asarray(partners, jnp.float32)
        turns = jax.vmap(partial(begin_turns, config, *drawn))(
            jax.random.split(turn_key, half)[way]
        )
        composing = begin(state, turns.weights)
        carry = (state, composing, turns, jnp.ones(half, bool), jnp.zeros(half, bool))
        parts = []
        for first in range(0, env.max_episode_steps, _CHUNK):
            keys = jax.random.split(jax.random.fold_in(act_key, first), _CHUNK)
            carry, part = advance(carry, way, keys)
            parts.append(jax.tree.map(np.asarray, part))
            if progress is not None:
                progress(_CHUNK)
            if not bool(carry[3].any()):
                break
        seen = _padded(parts, env.max_episode_steps)
        seen |= _scored(seen["reward"].sum(axis=1), np.asarray(carry[4]), starts)
        rounds.append(seen)
        best = _best(seen, max(1, round(config.elite * half)))
        leads, mixed = leading(seen["weights"][best], seen["alive"][best])
        partners = 0.5 * mixed + 0.5 * proposed
    # The first round's were tried from one start each.
    seen = rounds[-1]
    best = _best(seen, config.keep)
    names = (f.name for f in fields(Demonstrations) if f.name != "all_returns")
    return Demonstrations(
        **{name: seen[name][best] for name in names},
        all_returns=np.concatenate([each["returns"] for each in rounds]),
    )


def _padded(parts: list[dict[str, np.ndarray]], steps: int) -> dict[str, np.ndarray]:
    """Rollouts `[N, steps, ...]` of chunks `[T, N, ...]`; zeros after the last of them."""
    out = {}
    for name in parts[0]:
        whole = np.swapaxes(np.concatenate([part[name] for part in parts]), 0, 1)[:, :steps]
        missing = [(0, 0)] * whole.ndim
        missing[1] = (0, steps - whole.shape[1])
        out[name] = np.pad(whole, missing)
    return out


def _scored(returns: np.ndarray, successes: np.ndarray, starts: int) -> dict[str, np.ndarray]:
    """Of rollouts `[N]`, every `starts` of which switch alike: theirs, and their way's."""
    ways = returns.reshape(-1, starts)
    spread = ways.std(axis=1, ddof=1) / np.sqrt(starts) if starts > 1 else 0.0
    return {
        "returns": returns,
        "successes": successes,
        "scores": np.repeat(ways.mean(axis=1) - spread, starts),
        "shares": np.repeat(successes.reshape(-1, starts).mean(axis=1), starts),
    }


def _best(seen: dict[str, np.ndarray], count: int) -> np.ndarray:
    """Numbers of rollouts of the best ways to switch, by success and then by score."""
    return np.lexsort((-seen["returns"], -seen["scores"], -seen["shares"]))[:count]


Carry = tuple[EnvState, Composing, _Turn, jax.Array, jax.Array]


def _advance(
    config: DemoConfig, composer: Composer, carry: Carry, way: jax.Array, keys: jax.Array
) -> tuple[Carry, dict[str, jax.Array]]:
    env = composer.env

    def one(carry: Carry, key: jax.Array) -> tuple[Carry, dict[str, jax.Array]]:
        state, composing, turns, alive, success = carry
        sure = jnp.ones(alive.shape)
        acted, composing = composer.act(state, composing, always(turns.weights), sure)
        after = env.step(state, jnp.nan_to_num(acted.action))
        reached = jnp.sum(composing.reached >= 1.0, axis=-1)
        turns = jax.vmap(lambda t, k, n: take_turns(config, t, env.dt, k, n))(
            turns, jax.random.split(key, alive.shape[0])[way], reached
        )
        out = {
            "obs": acted.seen.obs,
            "progress": acted.seen.progress,
            "explained": composer.parts.explained(
                acted.each, acted.action, acted.seen.scene.asked, config.width
            ),
            "weights": acted.weights,
            "alive": alive,
            "reward": after.reward * alive,
        }
        success = success | (after.success & alive)
        return (after, composing, turns, alive & ~after.done, success), out

    return jax.lax.scan(one, carry, keys)
