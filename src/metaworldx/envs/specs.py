"""Specifications of environments: sizes and constants, known before one is made."""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp

from metaworldx.envs.registry import EnvId, environment_ids
from metaworldx.sim.data import SimData
from metaworldx.sim.model import build_model
from metaworldx.sim.model_index import ModelIndex


@dataclass(frozen=True)
class EnvSpec:
    """An environment's sizes and constants.

    Attributes:
      env: its id.
      obs_size, action_size: sizes of observation and action.
      max_episode_steps: control steps (0.02 s) in an episode.
      success_bar: HumanoidBench's return from which it counts as solved.
      min_collisions: the least collision set that it takes.
    """

    env: str
    obs_size: int
    action_size: int
    max_episode_steps: int
    success_bar: float
    min_collisions: str


def env_spec(env_id: str | EnvId) -> EnvSpec:
    """An environment's specification, its sizes from the compiled model; nothing is simulated.

    Raises:
      UserError: no such environment.
    """
    parsed = EnvId.parse(env_id)
    spec, cls = parsed.robot_spec, parsed.task_class
    model = build_model(spec.model, cls.scene, cls.min_collisions)
    task = cls(spec, ModelIndex.of_model(model))

    def first_observation(key: jax.Array) -> jax.Array:
        sites = jnp.zeros((model.nsite, 3))
        begin = task.start(key, lambda qpos: sites)
        readings = SimData(
            qpos=begin.qpos,
            qvel=begin.qvel,
            xpos=jnp.zeros((model.nbody, 3)),
            xquat=jnp.zeros((model.nbody, 4)),
            site_xpos=sites,
            sensordata=jnp.zeros(model.nsensordata),
            actuator_force=jnp.zeros(model.nu),
            contact=jnp.zeros(len(cls.contact_rules), bool),
        )
        return task.observe(readings, task.on_reset(begin.memory, readings))

    return EnvSpec(
        env=env_id if isinstance(env_id, str) else env_id.text,
        obs_size=jax.eval_shape(first_observation, jax.random.key(0)).shape[0],
        action_size=model.nu,
        max_episode_steps=cls.max_episode_steps,
        success_bar=cls.success_bar,
        min_collisions=cls.min_collisions,
    )


def all_env_specs() -> list[EnvSpec]:
    """The specification of every built-in environment."""
    return [env_spec(env_id) for env_id in environment_ids()]
