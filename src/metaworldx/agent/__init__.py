"""The agent: TD-MPC2's world model, its training step, and planners; it knows no environment."""

from metaworldx.agent.config import AgentConfig, PlannerConfig, preset
from metaworldx.agent.losses import Batch
from metaworldx.agent.planner import PlanState, clear_plan, init_plan, plan
from metaworldx.agent.update import AgentState, act, init, update
from metaworldx.agent.world_model import expected

__all__ = [
    "AgentConfig",
    "AgentState",
    "Batch",
    "PlanState",
    "PlannerConfig",
    "act",
    "clear_plan",
    "expected",
    "init",
    "init_plan",
    "plan",
    "preset",
    "update",
]
