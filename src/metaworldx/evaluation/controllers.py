"""Controllers of an evaluation: an agent's policy or planner, or a scripted policy.

Those of single experts are in `experts.controller`, of mixtures in `composition.controllers`.
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

    A subclass has `name`, `begin` and `act`; the other methods default to those of a controller
    without reference motion, experts or teacher.

    Attributes:
      name: of the controller, for the record.
      clips: reference motions, if any.
      experts: names of the mixed experts, if any.
    """

    name: str
    clips: tuple[Clip, ...] = ()
    experts: tuple[str, ...] = ()

    def check(self, env: Env) -> None:
        """Raises UserError if it cannot act in that environment."""

    def begin(self, state: EnvState) -> Carry:
        """Initial carry, at the start of the episodes."""
        ...

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """Actions `[E, A]`, and the next carry."""
        ...

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """Carry after a chunk of steps; called outside of compiled code.

        Args:
          seconds: since the start.
        """
        del state, seconds
        return carry

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """Joint positions of the reference `[E, J]`, rad; None without a reference."""
        del carry, state

    def weights(self, carry: Carry) -> jax.Array | None:
        """Expert weights of the last step `[E, K]`; None without experts."""
        del carry


class AgentController(Controller):
    """A trained agent under one of its algorithm's acting modes, such as policy or MPPI."""

    def __init__(self, learner: Any, mode: str, env: Env, sizes: tuple[int, int] | None = None):
        """For an environment; `MotionTrackingEnv`s know their references.

        Args:
          learner: `training.learner.Learner`.
          sizes: of observations and actions that the agent was trained with, to be checked.

        Raises:
          UserError: an acting mode that the learner does not have.
        """
        check_known("act_with", mode, learner.act_modes)
        self.name, self._learner, self._env, self._sizes = mode, learner, env, sizes

    def check(self, env: Env) -> None:
        """Raises UserError if the environment has other sizes than the agent was trained with."""
        if self._sizes is not None:
            check_sizes(self._sizes, env)

    def begin(self, state: EnvState) -> Carry:
        """The learner's initial carry, such as empty plans."""
        return self._learner.begin(state.reward.shape[0], self._env.action_size, self.name)

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The deterministic action of the policy, or the plan's first action."""
        return self._learner.act(params, state.obs, key, carry, self.name, deterministic=True)

    def reference(self, carry: Carry, state: EnvState) -> jax.Array | None:
        """Reference of a tracking environment."""
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


class ScriptedController(Controller):
    """A scripted baseline: holds the keyframe's pose, or acts at random."""

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
