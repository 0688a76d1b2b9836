"""Scripted policies: hold a pose, or act at random."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.core.errors import check_known
from metaworldx.envs.env import Env
from metaworldx.envs.state import EnvState

Policy = Callable[[EnvState, jax.Array], jax.Array]
"""Action `[..., action_size]` from a state (batched or not) and one key."""


def hold_ctrl(env: Env) -> np.ndarray:
    """The constant ctrl `[nu]` that commands the keyframe's joint positions.

    A position actuator's target is its own length at the keyframe; a task that names a ctrl of
    its own (highbar's grip) gets that.
    """
    name = env.task.robot.spec.name
    if name in env.task.hold:
        return np.asarray(env.task.hold[name], float)
    # Not at the top, where it would come before the physics, which lets it do without OpenGL.
    import mujoco

    model = env.physics.model
    data = mujoco.MjData(model)
    data.qpos[:] = env.task.keyframe()
    mujoco.mj_fwdPosition(model, data)
    low, high = model.actuator_ctrlrange.T
    return np.clip(data.actuator_length, low, high)


def hold_policy(env: Env) -> Policy:
    """Policy that holds the keyframe's pose."""
    action = env.normalize_action(jnp.asarray(hold_ctrl(env), jnp.float32))

    def act(state: EnvState, key: jax.Array) -> jax.Array:
        del key
        return jnp.broadcast_to(action, (*state.reward.shape, env.action_size))

    return act


def random_policy(env: Env) -> Policy:
    """Uniform random actions."""

    def act(state: EnvState, key: jax.Array) -> jax.Array:
        return jax.random.uniform(key, (*state.reward.shape, env.action_size), minval=-1.0)

    return act


SCRIPTED = {"hold": hold_policy, "random": random_policy}


def scripted_policy(name: str, env: Env) -> Policy:
    """A scripted policy by name.

    Raises:
      UserError: no such policy.
    """
    check_known("policy", name, SCRIPTED)
    return SCRIPTED[name](env)
