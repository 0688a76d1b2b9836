"""TD-MPC2 (Hansen et al., 2024): world model, losses, planner and learner."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaworldx.agents.tdmpc2.config import AgentConfig, AgentSettings, PlannerConfig, preset
    from metaworldx.agents.tdmpc2.learner import AgentState, TDMPC2Learner, act, init, update
    from metaworldx.agents.tdmpc2.losses import Batch
    from metaworldx.agents.tdmpc2.planner import PlanState, clear_plan, init_plan, plan
    from metaworldx.agents.tdmpc2.world_model import ensemble_q

_HOME = {
    **dict.fromkeys(("AgentConfig", "AgentSettings", "PlannerConfig", "preset"), "config"),
    **dict.fromkeys(("AgentState", "TDMPC2Learner", "act", "init", "update"), "learner"),
    "Batch": "losses",
    **dict.fromkeys(("PlanState", "clear_plan", "init_plan", "plan"), "planner"),
    "ensemble_q": "world_model",
}
__all__ = [
    "AgentConfig",
    "AgentSettings",
    "AgentState",
    "Batch",
    "PlanState",
    "PlannerConfig",
    "TDMPC2Learner",
    "act",
    "clear_plan",
    "ensemble_q",
    "init",
    "init_plan",
    "plan",
    "preset",
    "update",
]


def __getattr__(name: str):
    # Imported on first use: reading a run's settings needs no JAX.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
