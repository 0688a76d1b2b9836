"""The pipeline's agents: an expert trained in the run, and the guided agent of its first task."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.pipeline.config import PipelineConfig
from metaworldx.training.config import TrainConfig, checked, for_skill, preset
from metaworldx.training.folder import CONFIG, read_metrics
from metaworldx.training.run import INTERRUPTED, train

GUIDED, CHECKPOINTS = "agent", "checkpoints"


class Stopped(Exception):
    """A signal came; the run's checkpoint is written and the stage goes on next time."""


def train_live(config: PipelineConfig, folder: Path) -> dict[str, Any]:
    """Trains an expert for a while; its curve, and the means of its quarters."""
    base = for_skill(preset(config.train_preset), config.live_skill or "")
    _train(
        dataclasses.replace(
            base,
            seed=config.seed,
            steps=config.live_steps,
            eval_episodes=0,
            epoch_rounds=min(base.epoch_rounds, 50),
            seed_steps=min(base.seed_steps, max(1, config.live_steps // 10)),
            checkpoint_every=max(1, config.live_steps // 4),
        ),
        folder,
    )
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
    """Trains the task agent under its guide (or, without one, TD-MPC2 from scratch); its curve."""
    guide = {None: "router", "router": "teacher", "vlm": "rules", "guide": None}[config.without]
    base = preset(config.train_preset)
    settings: dict[str, Any] = {"folder": str(folder / "router"), "authority": config.authority}
    if config.pool is not None:
        settings["pool"] = config.pool
    _train(
        dataclasses.replace(
            base,
            task=config.tasks[0],
            guide=guide,
            guide_settings=settings if guide else {},
            steps=config.agent_steps,
            seed=config.seed,
            seed_steps=min(base.seed_steps, max(1, config.agent_steps // 5)),
            epoch_rounds=min(base.epoch_rounds, 50),
            eval_every=0,
            eval_episodes=0,
            checkpoint_every=max(1, config.agent_steps // 4),
        ),
        folder / GUIDED,
    )
    rows = read_metrics(folder / GUIDED)
    kept = [(row["env_steps"], row["collect/return"]) for row in rows]
    kept = [(steps, value) for steps, value in kept if value is not None]
    return {"guide": guide, "steps": [s for s, _ in kept], "returns": [v for _, v in kept]}


def _train(config: TrainConfig, folder: Path) -> None:
    begun = (folder / CONFIG).is_file()
    resume = begun and any((folder / CHECKPOINTS).glob("*"))
    if begun and not resume:
        # It was cut short before its first checkpoint.
        shutil.rmtree(folder)
    result = train(checked(config), folder, resume=resume)
    if result.why == INTERRUPTED:
        raise Stopped


def _mean(values: list[float]) -> list[float]:
    count = len(values)
    spread = float(np.std(values, ddof=1) / np.sqrt(count)) if count > 1 else 0.0
    return [float(np.mean(values)), spread]
