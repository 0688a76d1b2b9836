"""Controllers that an evaluation steps environments with: an agent's policy or planner, a script.

Those of experts are in `experts.controller`, of mixed experts in `composition.controllers`.
"""

from __future__ import annotations

from typing import Any, Protocol

import jax

from metaworldx.core.errors import UserError, check_known
from metaworldx.envs.env import Env
from metaworldx.envs.scripted_policies import scripted_policy
from metaworldx.envs.state import EnvState
from metaworldx.motion.clip import Clip

Carry = Any


class Controller(Protocol):
    """Acts deterministically in a batch of environments.

    Attributes:
      name: who acts, for the record.
      clips: the motions that it follows, if any.
      experts: names of those that it mixes, if any.
    """

    name: str
    clips: tuple[Clip, ...]
    experts: tuple[str, ...]

    def check(self, env: Env) -> None:
        """Raises UserError if it cannot act in that environment."""
        ...

    def begin(self, state: EnvState) -> Carry:
        """What it carries, at the start of the episodes."""
        ...

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """Actions `[E, A]`, and what it carries on."""
        ...

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """What it carries on after a chunk of steps; called outside of compiled code.

        Args:
          seconds: since the start.
        """
        ...

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """The hinges it is to have in that state `[E, J]`, rad; None where it follows nothing."""
        ...

    def weights(self, carry: Carry) -> jax.Array | None:
        """Of the experts in the last step `[E, K]`; None where none are mixed."""
        ...


class BaseController:
    """Who follows no motion, mixes no experts and asks nobody."""

    clips: tuple[Clip, ...] = ()
    experts: tuple[str, ...] = ()

    def check(self, env: Env) -> None:
        """Acts anywhere, or was checked when it was made."""

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """As it was."""
        del state, seconds
        return carry

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """It follows nothing, or several motions at once."""
        del carry, state

    def weights(self, carry: Carry) -> jax.Array | None:
        """It mixes none."""
        del carry


class AgentController(BaseController):
    """A trained agent, by one of the ways that its algorithm can act: its policy, say, or MPPI."""

    def __init__(self, learner: Any, way: str, env: Env, sizes: tuple[int, int] | None = None):
        """For an environment; `MotionTrackingEnv`s know their references.

        Args:
          learner: `training.learner.Learner`.
          sizes: of observations and actions that the agent was trained with, to be checked.

        Raises:
          UserError: a way that the learner does not have.
        """
        check_known("act_with", way, learner.ways)
        self.name, self._learner, self._env, self._sizes = way, learner, env, sizes

    def check(self, env: Env) -> None:
        """Raises UserError if the environment has other sizes than the agent was trained with."""
        if self._sizes is not None:
            check_sizes(self._sizes, env)

    def begin(self, state: EnvState) -> Carry:
        """What the learner carries at first: empty plans, say."""
        return self._learner.begin(state.reward.shape[0], self._env.action_size, self.name)

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The most likely action, or the plan's first."""
        return self._learner.act(params, state.obs, key, carry, self.name, deterministic=True)

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """Of a tracking environment, what it tracks."""
        del carry
        return self._env.reference_joints(state)


def check_sizes(known: tuple[int, int], env: Env) -> None:
    """Raises UserError if an agent was trained with other sizes than the environment's."""
    sizes = (env.obs_size, env.action_size)
    if sizes != known:
        raise UserError(
            f"{env.id} has {sizes[0]} observations and {sizes[1]} actions; the agent was "
            f"trained with {known[0]} and {known[1]}"
        )


class ScriptedController(BaseController):
    """A floor to compare with: holds the keyframe's pose, or acts at random."""

    def __init__(self, name: str, env: Env):
        """For an environment.

        Raises:
          UserError: neither hold nor random.
        """
        self.name, self._act = name, scripted_policy(name, env)

    def begin(self, state: EnvState) -> Carry:
        """Nothing."""
        del state

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The script's action."""
        del params
        return self._act(state, key), carry
