"""Domain randomization between episodes and steps: friction, masses, pushes, sensor noise."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from metaworldx.core.errors import UserError
from metaworldx.sim.physics import Variation


@dataclass(frozen=True)
class DomainRandomization:
    """Settings of domain randomization; the default is HumanoidBench's (reset noise only).

    Attributes:
      friction: range of the factor on every sliding friction, drawn once an episode.
      mass: range of the factor on each body's mass and inertia, drawn once an episode.
      push_speed: a push adds up to this velocity to the pelvis along x and y, m/s.
      push_probability: chance of a push at each control step.
      observation_noise: half width of the uniform noise on every observation entry.
    """

    friction: tuple[float, float] = (1.0, 1.0)
    mass: tuple[float, float] = (1.0, 1.0)
    push_speed: float = 0.0
    push_probability: float = 0.005
    observation_noise: float = 0.0

    def __post_init__(self) -> None:
        for name in ("friction", "mass"):
            low, high = getattr(self, name)
            if not 0.0 < low <= high:
                raise UserError(f"{name} range {low} to {high}; needs 0 < low <= high")
        if not 0.0 <= self.push_probability <= 1.0:
            raise UserError(f"push_probability {self.push_probability}; needs 0 to 1")
        if self.push_speed < 0.0 or self.observation_noise < 0.0:
            raise UserError("push_speed and observation_noise must not be negative")

    @property
    def varies_model(self) -> bool:
        """Whether simulations differ in friction or mass."""
        return (self.friction, self.mass) != ((1.0, 1.0), (1.0, 1.0))

    @property
    def pushes(self) -> bool:
        """Whether robots are pushed."""
        return self.push_speed > 0.0

    def draw(self, key: jax.Array, bodies: int) -> Variation:
        """One episode's model parameters, for a model of that many bodies."""
        friction_key, mass_key = jax.random.split(key)
        low, high = self.friction
        friction = jax.random.uniform(friction_key, (), minval=low, maxval=high)
        low, high = self.mass
        mass = jax.random.uniform(mass_key, (bodies,), minval=low, maxval=high)
        return Variation(friction, mass)

    def push(self, key: jax.Array, qvel: jax.Array) -> jax.Array:
        """qvel `[nv]` after a push that may or may not come."""
        when_key, how_key = jax.random.split(key)
        happens = jax.random.bernoulli(when_key, self.push_probability)
        kick = jax.random.uniform(how_key, (2,), qvel.dtype, -self.push_speed, self.push_speed)
        return qvel.at[:2].add(jnp.where(happens, kick, 0.0))

    def add_noise(self, key: jax.Array, obs: jax.Array) -> jax.Array:
        """The observation with sensor noise."""
        if self.observation_noise == 0.0:
            return obs
        noise = self.observation_noise
        return obs + jax.random.uniform(key, obs.shape, obs.dtype, -noise, noise)


def no_variation(like: Variation) -> Variation:
    """The nominal model in the form of a Variation."""
    return jax.tree.map(jnp.ones_like, like)
