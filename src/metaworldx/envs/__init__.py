"""Robots, tasks and the pure environment on top of them."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaworldx.envs.domain_randomization import DomainRandomization
    from metaworldx.envs.env import Env
    from metaworldx.envs.factory import make
    from metaworldx.envs.registry import EnvId, environment_ids
    from metaworldx.envs.robots import ROBOTS, RobotSpec
    from metaworldx.envs.state import EnvConfig, EnvState
    from metaworldx.envs.task import StepResult, Task, TaskState, progress, step_result

__all__ = [
    "ROBOTS",
    "DomainRandomization",
    "Env",
    "EnvConfig",
    "EnvId",
    "EnvState",
    "RobotSpec",
    "StepResult",
    "Task",
    "TaskState",
    "environment_ids",
    "make",
    "progress",
    "step_result",
]

_HOME = {
    "DomainRandomization": "domain_randomization",
    "Env": "env",
    "make": "factory",
    **dict.fromkeys(("EnvConfig", "EnvState"), "state"),
    **dict.fromkeys(("EnvId", "environment_ids"), "registry"),
    **dict.fromkeys(("ROBOTS", "RobotSpec"), "robots"),
    **dict.fromkeys(("StepResult", "Task", "TaskState", "progress", "step_result"), "task"),
}


def __getattr__(name: str):
    # Imported on first use: listing the environments needs neither JAX nor MuJoCo.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
