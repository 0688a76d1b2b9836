"""Reward function of a run: rewards of replayed steps are made anew as they are sampled."""

from __future__ import annotations

from typing import Any, Protocol

import jax

from metaworldx.training.replay_buffer import Sequences, Transitions

RewardState = Any
"""What a reward function learns on the way: a pytree, or None."""


class RewardFn(Protocol):
    """How rewards of replayed steps are made.

    Attributes:
      kept_terms: names of the environment's terms that the replay keeps with every step.
      logged_terms: names of its scalar terms whose means go into the metrics.
    """

    kept_terms: tuple[str, ...]
    logged_terms: tuple[str, ...]

    def init(self) -> RewardState:
        """What it knows before the first step."""
        ...

    def update(self, state: RewardState, steps: Transitions) -> RewardState:
        """What it has learned after a round of collection."""
        ...

    def reward(self, state: RewardState, drawn: Sequences) -> jax.Array:
        """Rewards `[H, B]` of sampled steps."""
        ...

    def metrics(self, state: RewardState) -> dict[str, jax.Array]:
        """Scalars for the log."""
        ...


class EnvRewardFn:
    """The environment's own reward."""

    kept_terms: tuple[str, ...] = ()
    logged_terms: tuple[str, ...] = ()

    def init(self) -> RewardState:
        """Nothing."""
        return None

    def update(self, state: RewardState, steps: Transitions) -> RewardState:
        """Nothing."""
        del steps
        return state

    def reward(self, state: RewardState, drawn: Sequences) -> jax.Array:
        """As it was collected."""
        del state
        return drawn.reward

    def metrics(self, state: RewardState) -> dict[str, jax.Array]:
        """Nothing."""
        del state
        return {}
