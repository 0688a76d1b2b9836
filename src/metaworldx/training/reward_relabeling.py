"""Reward relabeling: a run's reward function recomputes rewards of sampled steps."""

from __future__ import annotations

from typing import Any, Protocol

import jax

from metaworldx.training.replay_buffer import Sequences, Transitions

RewardState = Any
"""State of a reward function: a pytree, or None."""


class RewardFn(Protocol):
    """Reward function of stored steps.

    Attributes:
      kept_terms: names of the environment's terms to store with every step.
      logged_terms: names of its scalar terms whose means go into the metrics.
    """

    kept_terms: tuple[str, ...]
    logged_terms: tuple[str, ...]

    def init(self) -> RewardState:
        """Initial state."""
        ...

    def update(self, state: RewardState, steps: Transitions) -> RewardState:
        """State after a round of collection."""
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
        """The collected reward."""
        del state
        return drawn.reward

    def metrics(self, state: RewardState) -> dict[str, jax.Array]:
        """Nothing."""
        del state
        return {}
