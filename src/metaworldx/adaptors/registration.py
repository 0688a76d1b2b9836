"""Registers the environments with gymnasium; imports nothing heavy.

gymnasium calls `register` itself, through this package's `gymnasium.envs` entry point.
"""

from __future__ import annotations

import gymnasium
from gymnasium.envs import registration

from metaworldx.envs.registry import environment_ids

NAMESPACE = "metaworldx"


def register() -> None:
    """Registers every environment as `metaworldx/ROBOT-TASK-v0`; may be called again."""
    prefix = "" if registration.current_namespace == NAMESPACE else f"{NAMESPACE}/"
    for env_id in environment_ids():
        if f"{NAMESPACE}/{env_id}" not in registration.registry:
            gymnasium.register(
                id=f"{prefix}{env_id}",
                entry_point="metaworldx.adaptors.gym:GymEnv",
                vector_entry_point="metaworldx.adaptors.gym:GymVectorEnv",
                kwargs={"env_id": env_id},
            )
