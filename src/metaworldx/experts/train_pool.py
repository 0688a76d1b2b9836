"""Training of a pool's experts one after another, with or without human motion priors."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from metaworldx.core.errors import UserError, check_seed
from metaworldx.experts.balance_controller import GAINS
from metaworldx.experts.expert import Expert
from metaworldx.experts.expert_from_run import expert_from_run
from metaworldx.experts.pool import add_expert
from metaworldx.experts.train import ExpertConfig, for_skill, with_expert_settings
from metaworldx.training.config import TrainConfig, preset
from metaworldx.training.trainer import train_on

_STILL = "stand_quiet"
_REACH_SHARE = 0.05
"""The reaching task's reward counts up to 20 a step, the others' up to 1."""


def without_priors(config: ExpertConfig) -> ExpertConfig:
    """An expert's settings with its task's reward alone: no reference clips, no balance controller.

    Actions are then offsets from a standing pose, up to the motors' full force. Only the reach
    expert keeps its clips, which encode its hand targets.
    """
    reaches = config.skill.name == "reach"
    settings: dict[str, Any] = {
        "w_track": 0.0,
        "w_task": _REACH_SHARE if reaches else 1.0,
        "on_reference": 0.0,
        "authority": 1.0,
        "feedback": [0.0] * GAINS,
        "clock_gain": 0.0,
        "hand_gain": 0.0,
        "evaluated": 0,
        "then": None,
    }
    if not reaches:
        settings["clips"] = [_STILL]
    own = {f"skill.{name}": value for name, value in settings.items()}
    return with_expert_settings(config, own)


def short_run(config: TrainConfig, steps: int) -> TrainConfig:
    """The settings for a short run without intermediate evaluations."""
    return dataclasses.replace(
        config,
        steps=steps,
        seed_steps=min(config.seed_steps, max(1, steps // 10)),
        epoch_rounds=min(config.epoch_rounds, 50),
        eval_every=0,
        eval_episodes=0,
        checkpoint_every=max(1, steps // 4),
    )


def train_experts(
    skills: Sequence[str],
    folder: Path,
    *,
    base: str,
    steps: int,
    seed: int,
    priors: bool,
    tell: Callable[[str], Any] = lambda text: None,
) -> list[Expert]:
    """Trains a pool's experts, each on its own term of Eq. 1; existing runs are resumed.

    Args:
      skills: of the experts.
      folder: of the pool; the runs lie in its `runs`.
      base: preset of the agents, cpu or gpu.
      steps: control steps for each.
      priors: whether they imitate human motion; else only the task's reward is used.

    Raises:
      UserError: no skills or an unknown one, no seed, or a run of other settings in the way.
      Stopped: a signal came; the next call resumes.
    """
    if not skills:
        raise UserError("no skills given; --skills takes some, e.g. stand,walk,reach")
    check_seed(seed)
    settings = [for_skill(preset(base), skill) for skill in skills]
    experts = []
    for skill, config in zip(skills, settings, strict=True):
        run = folder / "runs" / skill
        config = config if priors else without_priors(config)
        own = short_run(dataclasses.replace(config.train, seed=seed), steps)
        tell(f"{skill}: {steps:,} control steps {'with' if priors else 'without'} motion priors")
        train_on(dataclasses.replace(config, train=own), run)
        experts.append(expert_from_run(run, "latest"))
        add_expert(experts[-1], folder)
    return experts
