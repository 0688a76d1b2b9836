"""Learner protocol of every algorithm, independent of environments."""

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
    """Sizes of a run, for constructing a learner.

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
class ReplayFeed:
    """An update takes `batch` sequences of `horizon` steps, sampled from the replay buffer."""

    horizon: int
    batch: int


@dataclass(frozen=True)
class RolloutFeed:
    """An update takes the latest rollout: `steps` of every environment."""

    steps: int


class Learner(Protocol):
    """A learning algorithm: pure functions that training compiles, scans and splits over devices.

    One from outside the package derives from this class, and has `Settings`, `init`, `act` and
    `update`; the defaults of the rest are for an off-policy learner without a carry.

    Attributes:
      Settings: frozen dataclass of its settings.
      settings, sizes: of the run (`TrainConfig.agent`, `RunSizes`).
      feeds_on: sequences drawn from the replay, or the rollout just collected.
      act_modes: for evaluations; the first is the usual one.
    """

    Settings: type
    settings: Any
    sizes: RunSizes
    feeds_on: ReplayFeed | RolloutFeed
    act_modes: tuple[str, ...] = ("policy",)

    def __init__(self, settings: Any, sizes: RunSizes):
        """For a run's settings; the widths of observations and actions come with `init`."""
        self.settings, self.sizes = settings, sizes
        self.feeds_on = ReplayFeed(sizes.horizon, sizes.batch)

    @classmethod
    def restored(cls, settings: Any, sizes: RunSizes, described: dict[str, Any]) -> Any:
        """The learner of an existing run, from the data of its `describe`."""
        del described
        return cls(settings, sizes)

    def init(self, key: jax.Array, obs_size: int, action_size: int) -> Any:
        """Initial state: a pytree of all that training changes; its `params` are for acting."""
        ...

    def act(
        self,
        params: Params,
        obs: jax.Array,
        key: jax.Array,
        carry: Carry = None,
        mode: str | None = None,
        deterministic: bool = False,
    ) -> tuple[jax.Array, Carry]:
        """Actions `[E, A]` in [-1, 1] for observations `[E, O]`, and the next carry.

        Args:
          mode: one of `act_modes`; None acts as in training.
        """
        ...

    def update(self, state: Any, batch: Any, key: jax.Array) -> tuple[Any, dict[str, jax.Array]]:
        """One update, and its metrics (scalars; `skipped` is 1 for a skipped update).

        Args:
          batch: as `feeds_on` says: `replay_buffer.Sequences` `[H, B]`, or `Transitions`
            `[T, E]` of a rollout; rewards are those to be maximised.
        """
        ...

    def begin(self, num_envs: int, action_size: int, mode: str | None = None) -> Carry:
        """Initial carry for a number of environments; None without a carry."""
        del num_envs, action_size, mode

    def reset(self, carry: Carry, done: jax.Array) -> Carry:
        """Carry after episodes ended, `done` `[E]`."""
        del done
        return carry

    def with_params(self, state: Any, params: Params) -> Any:
        """Initial state with another agent's parameters."""
        return state.replace(params=params)

    def describe(self, obs_size: int, action_size: int) -> dict[str, Any]:
        """JSON data for the run's folder; has `obs_size` and `action_size`."""
        sizes = {"obs_size": obs_size, "action_size": action_size}
        return sizes | dataclasses.asdict(self.settings)
