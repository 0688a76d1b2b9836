"""Registration of the environments with gymnasium, without heavy imports."""

from __future__ import annotations

import gymnasium

from metaworldx.envs.registry import EnvId, environment_ids

NAMESPACE = "metaworldx"


def register() -> None:
    """Registers every environment as `metaworldx/ROBOT-TASK-v0`; may be called repeatedly.

    The registered time limit is the task's. `gymnasium.make` applies it, or its own argument, by a
    `TimeLimit` wrapper; single environments from it have no time limit of their own.
    """
    for env_id in environment_ids():
        name = f"{NAMESPACE}/{env_id}"
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="metaworldx.interop.gym:UnlimitedGymEnv",
                vector_entry_point="metaworldx.interop.gym:GymVectorEnv",
                max_episode_steps=EnvId.parse(env_id).max_episode_steps,
                kwargs={"env_id": env_id},
            )
