"""Body part mixer: separate expert weights for the legs with the trunk, and for the arms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.composition.q_fusion import mix_actions
from metaworldx.core.errors import UserError, check_at_least

_ARM_WORDS = ("shoulder", "elbow", "wrist", "hand", "lh_", "rh_")
_RIGHT = ("right_", "rh_")
FOR_ARMS = ("reach",)
"""Experts for the arms, with inverse kinematics for hand targets (`arm_ik`)."""


@dataclass(frozen=True)
class MixerConfig:
    """Settings of the weights per body part.

    With both at 1 every actuator is mixed by the same weights, as in Eq. 13.

    Attributes:
      sharpen: exponent on the weights: a mixture of gaits falls, its leading expert does not.
      for_arms: factor on the weights of `FOR_ARMS` experts in arms with a hand target.
    """

    sharpen: float = 4.0
    for_arms: float = 8.0

    def __post_init__(self):
        check_at_least(self, 0.0, "for_arms")
        if not self.sharpen > 0.0:
            raise UserError(f"sharpen is {self.sharpen}; needs over 0")


PLAIN = MixerConfig(sharpen=1.0, for_arms=1.0)
"""Eq. 13 without changes."""


class BodyPartMixer:
    """Mixing of one pool's experts per body part of one robot."""

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

    def apart(self, has_target: jax.Array) -> jax.Array:
        """Actuators of the arms whose hands have a target `[..., A]`, bool, of `[..., 2]`."""
        return jnp.any(has_target[..., None] & self._of_arm, axis=-2)

    def mix(self, weights: jax.Array, actions: jax.Array, has_target: jax.Array) -> jax.Array:
        """Mixed action per body part `[..., A]`, Eq. 13; arms without a hand target use the legs'.

        Args:
          weights: `[..., K]`.
          actions: every expert's `[..., K, A]`.
          has_target: whether the left and the right hand have a target `[..., 2]`, bool.
        """
        legs, arms = self.weights(weights)
        apart = self.apart(has_target)
        return jnp.where(apart, mix_actions(arms, actions), mix_actions(legs, actions))
