"""Controllers of a pool's experts mixed by a gating policy (Eq. 9, 13)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.composer import Composer, GatingPolicy
from metaworldx.composition.guidance_arrays import GuidanceArrays
from metaworldx.composition.replanning import Replanner
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.evaluation.controllers import Carry, Controller
from metaworldx.experts.pool import ExpertPool


class ComposedController(Controller):
    """A pool's experts mixed by a gating policy."""

    def __init__(
        self,
        pool: ExpertPool,
        gating: GatingPolicy,
        confidence: jax.Array | float,
        name: str,
        env: Env,
    ):
        """For an environment of the pool's robot.

        Args:
          gating: policy for the weights, at every step.
          confidence: its teacher's confidence, 0 to 1.
          name: of the gating policy, for the record.

        Raises:
          UserError: a robot that is not the pool's.
        """
        self.name, self.experts = f"experts by {name}", pool.names
        self._composer, self._gating = Composer(pool, env), gating
        self._confidence = jnp.asarray(confidence)

    def begin(self, state: EnvState) -> Carry:
        """Initial state of the composer."""
        return self._composer.begin(state, self._gating)

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The mixed action."""
        del params, key
        confidence = jnp.broadcast_to(self._confidence, state.reward.shape)
        acted, carry = self._composer.act(state, carry, self._gating, confidence)
        return acted.action, carry

    def weights(self, carry: Carry) -> jax.Array | None:
        """Weights after smoothing."""
        return carry.steady.weights


class ReplanningController(Controller):
    """A pool's experts mixed under guidance that is updated during an episode."""

    def __init__(
        self,
        pool: ExpertPool,
        gating_of: Callable[[GuidanceArrays], GatingPolicy],
        replanner: Replanner,
        name: str,
        env: Env,
        look: Callable[[Env, EnvState], bytes | None] | None = None,
    ):
        """For an environment of the pool's robot.

        Args:
          gating_of: makes the gating policy from the guidance of each environment.
          name: of the gating policy, for the record.
          look: draws one environment's state (PNG) for the teacher, or None if it cannot;
            None shows nothing.

        Raises:
          UserError: a robot that is not the pool's.
        """
        self.name, self.experts = f"experts by {name}, asked again", pool.names
        self._composer, self._gating_of = Composer(pool, env), gating_of
        self._replanner, self._env, self._look = replanner, env, look
        self._asked_s = 0.0

    def begin(self, state: EnvState) -> Carry:
        """Initial state of the composer, under the first answer."""
        guidance = self._replanner.first(state.reward.shape[0])
        return self._composer.begin(state, self._gating_of(guidance)), guidance

    def act(
        self, params: Any, carry: Carry, state: EnvState, key: jax.Array
    ) -> tuple[jax.Array, Carry]:
        """The mixed action."""
        del params, key
        composer_state, guidance = carry
        acted, composer_state = self._composer.act(
            state, composer_state, self._gating_of(guidance), guidance.confidence
        )
        return acted.action, (composer_state, guidance)

    def on_chunk_end(self, carry: Carry, state: EnvState, seconds: float) -> Carry:
        """State with new guidance where a stage has ended or the interval has passed."""
        composer_state, guidance = carry
        look = None if self._look is None else partial(_seen, self._look, self._env, state)
        reached = np.asarray(composer_state.reached) >= 1.0
        before = self._asked_s if seconds > self._asked_s else 0.0
        guidance = self._replanner.again(guidance, reached, seconds, before, look)
        self._asked_s = seconds
        return composer_state, guidance

    def weights(self, carry: Carry) -> jax.Array | None:
        """Weights after smoothing."""
        return carry[0].steady.weights


def _seen(
    look: Callable[[Env, EnvState], bytes | None], env: Env, states: EnvState, number: int
) -> bytes | None:
    return look(env, jax.tree.map(lambda x: x[number], states))
