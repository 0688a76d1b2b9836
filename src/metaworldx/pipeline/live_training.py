"""Trainings within a pipeline run: an expert, a small pool, and the residual agent."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.core.stats import standard_error
from metaworldx.experts.train import for_skill
from metaworldx.experts.train_pool import short_run, train_experts
from metaworldx.pipeline.config import PipelineConfig
from metaworldx.residual.train import ResidualConfig
from metaworldx.training.config import preset
from metaworldx.training.run_dir import read_metrics
from metaworldx.training.trainer import train_on

GUIDED, WITHOUT_PRIORS = "agent", ("stand", "walk", "reach")


def train_pool(config: PipelineConfig, folder: Path, tell: Callable[[str], Any]) -> dict[str, Any]:
    """Trains the small pool without motion priors; returns its name."""
    train_experts(
        WITHOUT_PRIORS,
        folder,
        base=config.train_preset,
        steps=config.pool_steps,
        seed=config.seed,
        priors=False,
        tell=tell,
    )
    names = ", ".join(WITHOUT_PRIORS)
    return {"pool": f"{names}, trained in this run without motion priors"}


def train_live(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    """Trains an expert for a short time; returns its curve, and the means of its quarters."""
    base = for_skill(preset(config.train_preset), config.live_skill or "")
    own = short_run(dataclasses.replace(base.train, seed=config.seed), config.live_steps)
    train_on(dataclasses.replace(base, train=own), folder)
    rows = [row for row in read_metrics(folder) if row.get("collect/return") is not None]
    steps = [row["env_steps"] for row in rows]
    returns = [row["collect/return"] for row in rows]
    quarter = max(1, len(returns) // 4)
    return {
        "title": f"{config.live_skill} expert trained in this run: mean training return",
        "steps": steps,
        "returns": returns,
        "first_quarter": _mean(returns[:quarter]),
        "last_quarter": _mean(returns[-quarter:]),
    }


def train_guided(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    """Trains the residual agent of a task (without a guide: plain TD-MPC2); returns its curve."""
    guide = {"router": "teacher", "vlm": "rules", "guide": None}.get(config.without or "", "router")
    own = dataclasses.replace(preset(config.train_preset), task=config.tasks[0], seed=config.seed)
    agent = short_run(own, config.agent_steps)
    if guide is not None:
        scheduled = config.schedule != "none"
        agent = ResidualConfig(
            guide=guide,
            folder=str(folder / "router"),
            pool=config.pool,
            authority=config.authority,
            schedule=(config.schedule,) if scheduled else (),
            until=(config.agent_steps,) if scheduled else (),
            train=agent,
        )
    train_on(agent, folder / GUIDED)
    rows = read_metrics(folder / GUIDED)
    return {
        "guide": guide,
        "steps": [row["env_steps"] for row in rows],
        "rewards": [row["collect/reward"] for row in rows],
        "stderrs": [row.get("collect/reward_stderr") or 0.0 for row in rows],
    }


def _mean(values: list[float]) -> list[float]:
    return [float(np.mean(values)), standard_error(np.array(values))]
