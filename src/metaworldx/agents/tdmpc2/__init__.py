"""The agent: TD-MPC2's world model, its training step, and planners; it knows no environment."""

from metaworldx.agents.tdmpc2.config import AgentConfig, PlannerConfig, preset
from metaworldx.agents.tdmpc2.learner import AgentState, act, init, update
from metaworldx.agents.tdmpc2.losses import Batch
from metaworldx.agents.tdmpc2.planner import PlanState, clear_plan, init_plan, plan
from metaworldx.agents.tdmpc2.world_model import expected

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
