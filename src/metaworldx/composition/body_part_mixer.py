"""Weights for parts of the body: legs cannot follow two gaits at once, arms and legs can differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.q_fusion import mix_actions
from metaworldx.core.errors import UserError, check_at_least
from metaworldx.vlm.schema import MIN_WEIGHT

_ARM_WORDS = ("shoulder", "elbow", "wrist", "hand", "lh_", "rh_")
_RIGHT = ("right_", "rh_")
_ARMS_SHARE = 0.3
FOR_ARMS = ("reach",)
"""Experts that are there for their arms, which are led where hands are wanted (`arms`)."""


@dataclass(frozen=True)
class MixerConfig:
    """How weights over experts become weights over each part's actuators.

    With both at 1 every actuator is mixed by the same weights, as Eq. 13 has it.

    Attributes:
      sharpen: weights are raised to this power: a mixture of gaits falls, its leader does not.
      for_arms: how many times more experts of `FOR_ARMS` weigh in arms whose hands have a place to
        go to.
    """

    sharpen: float = 4.0
    for_arms: float = 8.0

    def __post_init__(self):
        check_at_least(self, 0.0, "for_arms")
        if not self.sharpen > 0.0:
            raise UserError(f"sharpen is {self.sharpen}; needs over 0")


PLAIN = MixerConfig(sharpen=1.0, for_arms=1.0)
"""Eq. 13 as it stands."""


class BodyPartMixer:
    """The parts of one robot under one pool's experts."""

    def __init__(self, config: MixerConfig, names: Sequence[str], actuators: Sequence[str]):
        """For experts and actuators of these names."""
        self._sharpen = config.sharpen
        arms = np.array([any(word in name for word in _ARM_WORDS) for name in actuators])
        right = np.array([name.startswith(_RIGHT) for name in actuators])
        self._of_arm = np.stack([arms & ~right, arms & right])
        self._more = np.array(
            [config.for_arms if n in FOR_ARMS else 1.0 for n in names], np.float32
        )

    def weights(self, weights: jax.Array) -> tuple[jax.Array, jax.Array]:
        """Weights in legs and trunk, and in the arms, `[..., K]` each.

        Args:
          weights: `[..., K]`.
        """
        legs = jnp.power(weights, self._sharpen)
        arms = jnp.power(weights * self._more, self._sharpen)
        return legs / legs.sum(axis=-1, keepdims=True), arms / arms.sum(axis=-1, keepdims=True)

    def mix(self, weights: jax.Array, actions: jax.Array, has_target: jax.Array) -> jax.Array:
        """Mixed action per body part `[..., A]`, Eq. 13; arms without a hand target use the legs'.

        Args:
          weights: `[..., K]`.
          actions: every expert's `[..., K, A]`.
          asked: whether the left and the right hand have a place to go to `[..., 2]`, bool.
        """
        legs, arms = self.weights(weights)
        apart = jnp.any(has_target[..., None] & self._of_arm, axis=-2)
        return jnp.where(apart, mix_actions(arms, actions), mix_actions(legs, actions))

    def attribution(
        self, each: jax.Array, action: jax.Array, has_target: jax.Array, width: float
    ) -> jax.Array:
        """Which experts explain an action: `P_demo(w | s, a)` `[..., K]`, none under the floor.

        `softmax_i(-mean |a - pi_i(s)|^2 / (2 width^2))` over legs and trunk, and the same over the
        arms that are asked, which have 0.3 of it.

        Args:
          each: every expert's action `[..., K, A]`.
          action: `[..., A]`.
          asked: as in `mix_actions`.
        """
        apart = jnp.any(has_target[..., None] & self._of_arm, axis=-2)
        square = jnp.square(each - action[..., None, :])

        def by(part: jax.Array) -> jax.Array:
            mean = jnp.sum(square * part[..., None, :], axis=-1)
            mean = mean / jnp.maximum(part.sum(axis=-1), 1)[..., None]
            return jax.nn.softmax(-0.5 * mean / width**2, axis=-1)

        arms = jnp.where(apart.any(axis=-1), _ARMS_SHARE, 0.0)[..., None]
        share = (1.0 - arms) * by(~apart) + arms * by(apart)
        return MIN_WEIGHT + (1.0 - MIN_WEIGHT * share.shape[-1]) * share
