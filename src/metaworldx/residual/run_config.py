"""Settings of any run: of a task's own training, an expert's, or a residual agent's."""

from __future__ import annotations

from pathlib import Path

from metaworldx.experts.train import ExpertConfig
from metaworldx.residual.train import ResidualConfig
from metaworldx.training.config import TrainConfig
from metaworldx.training.run_dir import read_config


def read_run_config(folder: Path) -> TrainConfig | ExpertConfig | ResidualConfig:
    """The settings of the run in a folder, of any training method.

    Raises:
      UserError: no run, or one that this version cannot read.
    """
    for method in (ExpertConfig, ResidualConfig):
        if method.kept_in(folder):
            return method.read(folder)
    return read_config(folder)
