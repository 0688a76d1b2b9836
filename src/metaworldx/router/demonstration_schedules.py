"""Random expert-switching schedules for demonstration rollouts, and their settings."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np
from flax import struct

from metaworldx.composition.affordances import MILESTONES
from metaworldx.core.errors import UserError, check_at_least

_MIN_SHARE = 0.02


@dataclass(frozen=True)
class DemoConfig:
    """Settings of the search for demonstrations.

    A schedule decides which expert leads at which time. A lead expert has the full weight, or 60
    to 80% of it next to a constant partner expert.

    Attributes:
      rollouts: number of rollouts, in two rounds of half each. The first samples lead and partner
        experts half uniformly, half by the teacher's weights. The second samples lead experts by
        their shares in the first round's elite, and partners half by theirs. If a schedule then
        succeeds from at least half of its initial states, a third round of half the size tests
        the best quarter of the schedules, each from four times as many initial states.
      starts: initial states per schedule in the second round, since success from a single one
        may be luck.
      keep: demonstrations kept, ranked by success and then by score. After a third round all are
        of one schedule, and at most as many as its initial states: successful schedules that
        differ may not be compatible within a state.
      most: largest number of lead experts in one rollout; n are 1/n times as likely as one.
      shortest_s, longest_s: bounds of the log-uniform time for which one expert leads.
      staged: share of the rollouts in which an expert leads until the next milestone instead of
        for a sampled time, since the time to a milestone is unknown.
      mixed: share of the rollouts with a partner expert of 20 to 40% throughout: only a constant
        mixture shows what legs and arms do together.
      elite: share of the first round's rollouts that make up its elite.
      width: of the Gaussian that explains actions: an expert whose action differs by this (root
        mean square over a body part's actuators, actions in [-1, 1]) counts exp(-1/2).
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
    """State of a rollout's switching schedule.

    Attributes:
      weights: current expert weights `[K]`.
      left: seconds until the next switch.
      among: log-probability of each expert to lead next `[K]`.
      mixed: constant weights of the rollout's partner expert `[K]`; zeros without one.
      staged: whether switches are at milestones instead of timed, bool.
      stages: lead expert by number of milestones reached `[MILESTONES + 1]`, int32; if staged.
      key: PRNG key of the next switch, so that a schedule can be repeated.
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
    """Samples a schedule and its first lead expert.

    Args:
      leads: probability of each expert to be a lead expert `[K]`, all above 0.
      partners: probability of each expert to be the partner `[K]`.
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
    state = SwitchState(
        weights=jnp.zeros(experts),
        left=jnp.zeros(()),
        among=among,
        mixed=share * jax.nn.one_hot(partner, experts),
        staged=jax.random.bernoulli(staged_key, config.staged),
        stages=jax.random.categorical(stages_key, jnp.log(leads), shape=(MILESTONES + 1,)),
        key=turn_key,
    )
    return switch_experts(config, state, 0.0)


def switch_experts(
    config: DemoConfig, state: SwitchState, dt: float, reached: jax.Array | int = 0
) -> SwitchState:
    """The schedule's state a control step of `dt` seconds later.

    Args:
      reached: number of milestones reached.
    """
    key, leader_key, duration_key = jax.random.split(state.key, 3)
    low, high = np.log(config.shortest_s), np.log(config.longest_s)
    duration = jnp.exp(jax.random.uniform(duration_key, (), minval=low, maxval=high))
    sampled = jax.random.categorical(leader_key, state.among)
    leader = jnp.where(state.staged, state.stages[reached], sampled)
    lead = jax.nn.one_hot(leader, state.among.shape[0])
    left = state.left - dt
    switches = state.staged | (left <= 0.0)
    weights = (1.0 - state.mixed.sum()) * lead + state.mixed
    return state.replace(
        weights=jnp.where(switches, weights, state.weights),
        left=jnp.where(switches, duration, left),
        key=key,
    )


def active_experts(weights: np.ndarray, alive: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities of each expert to lead, and to be the partner, in the second round: `[K]` each.

    Proportional to its share in the elite of the first round plus 2%.

    Args:
      weights: of the elite rollouts `[N, T, K]`.
      alive: steps before the episode's end `[N, T]`.
    """
    ran = weights[alive.astype(bool)]
    first = np.eye(weights.shape[-1])[ran.argmax(axis=-1)]
    mixed = (ran * (1.0 - first)).sum(axis=0)
    shares = (first.mean(axis=0) + _MIN_SHARE, mixed / max(mixed.sum(), 1e-6) + _MIN_SHARE)
    leads, partners = (share / share.sum() for share in shares)
    return leads, partners
