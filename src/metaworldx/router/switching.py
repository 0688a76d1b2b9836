"""Whose turn it is in a rollout under random weights, and how demonstrations are made of them."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.composition.affordances import MILESTONES
from metaworldx.core.errors import UserError, check_at_least

_ANYBODY = 0.02


@dataclass(frozen=True)
class DemoConfig:
    """How demonstrations are made.

    Attributes:
      rollouts: tried, in two rounds of half as many. In the first, leaders and partners are drawn
        half evenly, half by the teacher's weights; in the second leaders by how much they led in
        the best of the first, partners half by how much they mixed in there. Where a way to
        switch then succeeds from at least half of its starts, half as many again are tried: the
        best quarter of the ways, each from four times as many starts.
      starts: from how many each way is tried in the second round: what did well from one start
        alone may have been lucky there.
      keep: so many are kept, of the ways that succeed and then score best. After a third round
        they are of one way, and no more than it was tried from: where ways succeed by different
        means, what several do in a state may not go together.
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


@struct.dataclass
class SwitchState:
    """Whose turn it is in a rollout.

    Attributes:
      weights: of the experts `[K]`.
      left: seconds that they are still held.
      among: log of how likely each expert is to lead next `[K]`.
      mixed: what the rollout's partner has all along `[K]`; zeros without one.
      staged: whether leaders are held until a milestone is reached instead, bool.
      stages: who leads then, by how many have been `[MILESTONES + 1]`, int32.
      key: of what is drawn next, so that the same turn goes on the same way again.
    """

    weights: jax.Array
    left: jax.Array
    among: jax.Array
    mixed: jax.Array
    staged: jax.Array
    stages: jax.Array
    key: jax.Array


def init_switching(
    config: DemoConfig, leads: jax.Array, partners: jax.Array, key: jax.Array
) -> SwitchState:
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
    turn = SwitchState(
        weights=jnp.zeros(experts),
        left=jnp.zeros(()),
        among=among,
        mixed=share * jax.nn.one_hot(partner, experts),
        staged=jax.random.bernoulli(staged_key, config.staged),
        stages=jax.random.categorical(stages_key, jnp.log(leads), shape=(MILESTONES + 1,)),
        key=turn_key,
    )
    return switch_experts(config, turn, 0.0)


def switch_experts(
    config: DemoConfig, turn: SwitchState, dt: float, reached: jax.Array | int = 0
) -> SwitchState:
    """The weights a control step of `dt` seconds later.

    Args:
      reached: how many milestones have been.
    """
    key, leader_key, held_key = jax.random.split(turn.key, 3)
    low, high = np.log(config.shortest_s), np.log(config.longest_s)
    held = jnp.exp(jax.random.uniform(held_key, (), minval=low, maxval=high))
    drawn = jax.random.categorical(leader_key, turn.among)
    leader = jnp.where(turn.staged, turn.stages[reached], drawn)
    lead = jax.nn.one_hot(leader, turn.among.shape[0])
    left = turn.left - dt
    over = turn.staged | (left <= 0.0)
    weights = (1.0 - turn.mixed.sum()) * lead + turn.mixed
    return turn.replace(
        weights=jnp.where(over, weights, turn.weights),
        left=jnp.where(over, held, left),
        key=key,
    )


def active_experts(weights: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
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
