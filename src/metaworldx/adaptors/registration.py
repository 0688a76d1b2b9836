"""Registers the environments with gymnasium; imports nothing heavy."""

from __future__ import annotations

import gymnasium

from metaworldx.envs.registry import environment_ids

NAMESPACE = "metaworldx"


def register() -> None:
    """Registers every environment as `metaworldx/ROBOT-TASK-v0`; may be called again."""
    for env_id in environment_ids():
        name = f"{NAMESPACE}/{env_id}"
        if name not in gymnasium.registry:
            gymnasium.register(
                id=name,
                entry_point="metaworldx.adaptors.gym:GymEnv",
                vector_entry_point="metaworldx.adaptors.gym:GymVectorEnv",
                kwargs={"env_id": env_id},
            )
