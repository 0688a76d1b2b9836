"""Composition: a pool's experts act together in a task, mixed by weights (Eq. 9 and 13)."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from flax import struct

from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState
from metaworldx.errors import UserError
from metaworldx.experts.follow import Follow
from metaworldx.experts.observation import (
    ROBOT,
    height_over,
    soles_in_heading,
    up_in_pelvis,
)
from metaworldx.experts.pool import ExpertPool
from metaworldx.motion.clip import COMMAND
from metaworldx.motion.kinematics import to_heading
from metaworldx.router.aims import Aim, aiming
from metaworldx.router.fusion import composed
from metaworldx.router.steady import Steady, SteadyConfig, begin_steady, stabilised, steadied

STABILISER = "stand"
_AT_REST = 0.05
"""An expert that weighs less begins anew from where the robot is, until it is wanted."""


@struct.dataclass
class Composing:
    """What composing remembers: what each expert follows `[B, K]`, and the last weights."""

    follow: Follow
    steady: Steady


class Composer:
    """Mixes a pool's experts in one task's environments."""

    def __init__(self, pool: ExpertPool, env: Env, config: SteadyConfig | None = None):
        """For a batch of environments.

        Args:
          config: how weights are steadied; None takes the defaults.

        Raises:
          UserError: the environment's robot is not the pool's.
        """
        if env.action_size != pool.body.action_size:
            raise UserError(
                f"{env.id} has {env.action_size} actions; the pool is for a robot with "
                f"{pool.body.action_size}"
            )
        self.pool, self.env, self.config = pool, env, config or SteadyConfig()
        names = pool.names
        self.stabiliser = names.index(STABILISER) if STABILISER in names else 0
        self._reaching = names.index("reach") if "reach" in names else None
        self._aim = aiming(env)
        self._nq = env.task.robot.spec.nq

    def own(self, state: EnvState) -> tuple[jax.Array, jax.Array]:
        """The robots' own qpos `[B, nq]` and qvel `[B, nv]`."""
        own = jnp.asarray(self.env.robot_observation(state))
        return own[:, : self._nq], own[:, self._nq :]

    def begin(self, state: EnvState, wanted: jax.Array) -> Composing:
        """Every expert begins where its robot is.

        Args:
          wanted: weights to begin with `[B, K]`.
        """
        return Composing(self._begun(state), begin_steady(wanted))

    def act(
        self, state: EnvState, composing: Composing, wanted: jax.Array, confidence: jax.Array
    ) -> tuple[jax.Array, jax.Array, Composing]:
        """Actions `[B, A]`, the weights that made them `[B, K]`, and what is remembered.

        Args:
          wanted: the router's (or the teacher's) weights `[B, K]`.
          confidence: of the teacher `[B]`.
        """
        qpos, qvel = self.own(state)
        steady = steadied(self.config, composing.steady, wanted, self.env.dt)
        body = self.pool.body.own_qpos(qpos)
        weights = stabilised(
            self.config,
            steady.weights,
            self.stabiliser,
            confidence,
            tilt=jnp.arccos(jnp.clip(up_in_pelvis(body)[..., 2], -1.0, 1.0)),
            height=height_over(soles_in_heading(ROBOT, body)),
        )
        follow = self._aimed(state, composing.follow)
        action = composed(weights, self.pool.act(follow, qpos, qvel))
        on = self.pool.moved_on(follow, qpos)
        rests, anew = weights < _AT_REST, self._begun(state)
        follow = jax.tree.map(
            lambda new, old: jnp.where(
                rests.reshape(rests.shape + (1,) * (old.ndim - 2)), new, old
            ),
            anew,
            on,
        )
        return action, weights, Composing(follow, steady)

    def _begun(self, state: EnvState) -> Follow:
        follow = self.pool.begin(self.own(state)[0])
        if self._reaching is None or self._aim is None:
            return follow
        expert = self._reaching
        commands = self._commands(state, follow)
        return jax.vmap(lambda f, c: self.pool.asked(f, expert, c))(follow, commands)

    def _aimed(self, state: EnvState, follow: Follow) -> Follow:
        """With the hands' places as they are now."""
        if self._reaching is None or self._aim is None:
            return follow
        commands = self._commands(state, follow)
        return follow.replace(command=follow.command.at[:, self._reaching].set(commands))

    def _commands(self, state: EnvState, follow: Follow) -> jax.Array:
        """What the expert that reaches is asked `[B, 11]`: places count from its anchor."""
        assert self._aim is not None
        anchors = follow.anchor[:, self._reaching]
        return jax.vmap(_command)(jax.vmap(self._aim)(state), anchors)


def _command(aim: Aim, anchor: jax.Array) -> jax.Array:
    floor = jnp.append(anchor[:2], 0.0)
    places = jax.vmap(lambda place: to_heading(place - floor, anchor[2]))(aim.places)
    places = jnp.where(aim.asked[:, None], places, 0.0)
    hands = slice(COMMAND["left_hand"].start, COMMAND["right_hand"].stop)
    return jnp.zeros(COMMAND["seat"].stop).at[hands].set(places.reshape(-1))
