"""The learner's protocol, which every algorithm follows: it knows no environment."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import jax

Params = Any
Carry = Any


@dataclass(frozen=True)
class RunSizes:
    """A run's sizes that a learner is made with.

    Attributes:
      horizon, batch: steps of a sampled sequence, and sequences in an update's batch.
      updates: of the whole run.
      episode_length: of the environment, control steps.
    """

    horizon: int
    batch: int
    updates: int
    episode_length: int


@dataclass(frozen=True)
class Replay:
    """An update takes `batch` sequences of `horizon` steps, drawn from all that was collected."""

    horizon: int
    batch: int


@dataclass(frozen=True)
class Rollout:
    """An update takes the steps that were just collected: `steps` of every environment."""

    steps: int


class Learner(Protocol):
    """A learning algorithm: pure functions that training compiles, scans and splits over devices.

    One from outside the package derives from this class, and has `Settings`, `init`, `act` and
    `update`; the rest is for a learner that feeds on the replay and carries nothing while it acts.

    Attributes:
      Settings: frozen dataclass of its settings.
      settings, sizes: those of the run (`TrainConfig.agent`), and what else it is told of it.
      feeds_on: sequences drawn from the replay, or the rollout just collected.
      ways: that it can act in evaluations; the first is the usual one.
    """

    Settings: type
    settings: Any
    sizes: RunSizes
    feeds_on: Replay | Rollout
    ways: tuple[str, ...] = ("policy",)

    def __init__(self, settings: Any, sizes: RunSizes):
        """For a run's settings; the widths of observations and actions come with `init`."""
        self.settings, self.sizes = settings, sizes
        self.feeds_on = Replay(sizes.horizon, sizes.batch)

    @classmethod
    def restored(cls, settings: Any, sizes: RunSizes, described: dict[str, Any]) -> Any:
        """The learner of a kept run, with what `describe` told of it."""
        del described
        return cls(settings, sizes)

    def init(self, key: jax.Array, obs_size: int, action_size: int) -> Any:
        """A fresh state: a pytree of all that training changes; its `params` are for acting."""
        ...

    def act(
        self,
        params: Params,
        obs: jax.Array,
        key: jax.Array,
        carry: Carry = None,
        way: str | None = None,
        deterministic: bool = False,
    ) -> tuple[jax.Array, Carry]:
        """Actions `[E, A]` in [-1, 1] for observations `[E, O]`, and what acting carries on.

        Args:
          way: one of `ways`; None acts as while training.
        """
        ...

    def update(self, state: Any, batch: Any, key: jax.Array) -> tuple[Any, dict[str, jax.Array]]:
        """One update, and its metrics (scalars; `skipped` is 1 where it was left out).

        Args:
          batch: as `feeds_on` says: `replay_buffer.Sequences` `[H, B]`, or `Transitions`
            `[T, E]` of a rollout; rewards are those to be maximised.
        """
        ...

    def begin(self, num_envs: int, action_size: int, way: str | None = None) -> Carry:
        """What acting carries at first, for so many environments; None where it carries nothing."""
        del num_envs, action_size, way

    def reset(self, carry: Carry, done: jax.Array) -> Carry:
        """What it carries on where episodes ended, `done` `[E]`."""
        del done
        return carry

    def with_params(self, state: Any, params: Params) -> Any:
        """A fresh state that begins with another's parameters."""
        return state.replace(params=params)

    def describe(self, obs_size: int, action_size: int) -> dict[str, Any]:
        """JSON data for the run's folder; has `obs_size` and `action_size`."""
        sizes = {"obs_size": obs_size, "action_size": action_size}
        return sizes | dataclasses.asdict(self.settings)
