"""Training: replay on device, the loop over environments and updates, runs, evaluation."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from metaworldx.training.config import TrainConfig, checked, preset
    from metaworldx.training.epoch_runner import EpochRunner, TrainState
    from metaworldx.training.trainer import TrainResult, train

__all__ = [
    "EpochRunner",
    "TrainConfig",
    "TrainResult",
    "TrainState",
    "checked",
    "preset",
    "train",
]

_HOME = {
    "EpochRunner": "epoch_runner",
    "TrainState": "epoch_runner",
    "TrainResult": "trainer",
    "TrainConfig": "config",
    "checked": "config",
    "preset": "config",
    "train": "trainer",
}


def __getattr__(name: str):
    # Imported on first use: reading a run's settings needs no JAX.
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
