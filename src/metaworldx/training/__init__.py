"""Training: replay on device, epochs of collection and updates, runs and their folders."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaworldx.training.config import TrainConfig, checked, preset
    from metaworldx.training.epoch_runner import EpochRunner, TrainState
    from metaworldx.training.learner import Learner
    from metaworldx.training.trainer import Trainer, TrainResult, runner_for, train

__all__ = [
    "EpochRunner",
    "Learner",
    "TrainConfig",
    "TrainResult",
    "TrainState",
    "Trainer",
    "checked",
    "preset",
    "runner_for",
    "train",
]

_HOME = {
    **dict.fromkeys(("TrainConfig", "checked", "preset"), "config"),
    **dict.fromkeys(("EpochRunner", "TrainState"), "epoch_runner"),
    **dict.fromkeys(("Learner",), "learner"),
    **dict.fromkeys(("TrainResult", "Trainer", "runner_for", "train"), "trainer"),
}


def __getattr__(name: str):
    # Imported on first use: reading a run's settings needs no JAX.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
