"""A run's folder: its settings, its metrics, and what reads them back."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

from metaworldx.core.errors import UserError
from metaworldx.core.files import read_json, write_text
from metaworldx.training.config import TrainConfig, as_data, from_data

CONFIG, METRICS, BOARD = "config.json", "metrics.jsonl", "tensorboard"

# What may differ when a run is resumed: how long it goes on, and what it tells meanwhile.
_MAY_CHANGE = (
    *("steps", "eval_every", "eval_episodes", "eval_with", "checkpoint_every", "checkpoint_keep"),
    *("checkpoint_replay", "stop_at", "max_minutes", "max_bad_epochs"),
)


def check_new(folder: Path) -> None:
    """Raises UserError if a run cannot begin in `folder`: it holds one, or is not a folder.

    Nothing is made yet, so that a run refused for another reason leaves nothing behind.
    """
    if any(path.is_file() for path in (folder, *folder.parents)):
        raise UserError(f"cannot write {folder}: a file is in the way")
    if (folder / CONFIG).exists():
        raise UserError(f"{folder} holds a run already; give --resume or another --out")


def check_same(folder: Path, config: TrainConfig) -> None:
    """Raises UserError if `config` is not the one that the run in `folder` was begun with."""
    begun = as_data(read_config(folder))
    for name, value in as_data(config).items():
        if name not in _MAY_CHANGE and begun[name] != value:
            raise UserError(
                f"the run in {folder} has {name} {begun[name]!r}, not {value!r}; "
                "resume it without that setting, or begin another run"
            )


def write_config(folder: Path, config: TrainConfig, agent_config: Any) -> None:
    """Writes the settings, the agent's in full, and what they ran on."""
    from metaworldx.core.host_info import machine

    data = {
        "train": as_data(config),
        "agent": dataclasses.asdict(agent_config),
        "machine": machine(),
    }
    write_text(folder / CONFIG, json.dumps(data, indent=1) + "\n")


def read_config(folder: Path) -> TrainConfig:
    """The settings of the run in `folder`.

    Raises:
      UserError: no such folder, no run in it, or a broken file.
    """
    if not folder.is_dir():
        raise UserError(f"no run folder {str(folder)!r}")
    path = folder / CONFIG
    if not path.is_file():
        raise UserError(f"no run in {folder}: it has no {CONFIG}")
    data = read_json(path, "file of a run's settings").get("train")
    if not isinstance(data, dict):
        raise UserError(f"{path} cannot be read: no settings under 'train'")
    return from_data(data)


def read_machine(folder: Path) -> dict[str, Any]:
    """What the run in `folder` ran on and with which versions."""
    return json.loads((folder / CONFIG).read_text()).get("machine", {})


class MetricsWriter:
    """`metrics.jsonl` and TensorBoard, one row an epoch."""

    def __init__(self, folder: Path, after_epoch: int, after_steps: int):
        """Opens both; what came later is dropped (a resumed run).

        Args:
          folder: of the run.
          after_epoch, after_steps: epochs done and the control steps of them.
        """
        from metaworldx.training.tensorboard import TensorBoardWriter

        self._path = folder / METRICS
        rows = [row for row in read_metrics(folder) if row["epoch"] <= after_epoch]
        write_text(self._path, "".join(_line(row) for row in rows))
        self._file = self._path.open("a")
        self._board = TensorBoardWriter(folder / BOARD, after_steps)

    def write(self, row: dict[str, Any]) -> None:
        """Adds an epoch's row; numbers go to TensorBoard under their names, at their env step."""
        self._file.write(_line(row))
        self._file.flush()
        numbers = {
            name: float(value)
            for name, value in _flat(row).items()
            if isinstance(value, (int, float)) and math.isfinite(value)
        }
        self._board.write(numbers, row["env_steps"])

    def close(self) -> None:
        """Closes both."""
        self._file.close()
        self._board.close()


def read_metrics(folder: Path) -> list[dict[str, Any]]:
    """The rows of `metrics.jsonl`; none if it is missing. A last line cut short is left out."""
    path = folder / METRICS
    if not path.is_file():
        return []
    rows = []
    for line in path.read_text().splitlines():
        try:
            rows.append(json.loads(line))
        except ValueError:
            break
    return rows


def _line(row: dict[str, Any]) -> str:
    return json.dumps(_finite(row), allow_nan=False) + "\n"


def _finite(value: Any) -> Any:
    """The same data with null for numbers that JSON does not know."""
    if isinstance(value, dict):
        return {key: _finite(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_finite(entry) for entry in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= {f"{name}/{key}": entry for key, entry in value.items()}
        else:
            flat[name] = value
    return flat
