"""Run folder: settings and metrics of a run, written and read."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from metaworldx.core.config import flat, from_data, to_data
from metaworldx.core.errors import UserError
from metaworldx.core.files import read_json, write_text
from metaworldx.training.config import TrainConfig, from_format_1

T = TypeVar("T")
CONFIG, METRICS, BOARD = "config.json", "metrics.jsonl", "tensorboard"
FORMAT = 2
"""Of `config.json`; format 1 (version 0.1) has no entry `format`, and is read too."""

# Settings that may differ when a run is resumed: its end, and its evaluations and logs.
_MAY_CHANGE = (
    *("steps", "eval_every", "eval_episodes", "eval_with", "checkpoint_every", "checkpoint_keep"),
    *("checkpoint_replay", "stop_at", "max_minutes", "max_bad_epochs"),
)


def check_new(folder: Path) -> None:
    """Raises UserError if a run cannot begin in `folder`: it holds one, or is not a folder.

    Nothing is written yet, so that a run refused for another reason leaves no files.
    """
    if any(path.is_file() for path in (folder, *folder.parents)):
        raise UserError(f"cannot write {folder}: a file is in the way")
    if (folder / CONFIG).exists():
        raise UserError(f"{folder} holds a run already; give --resume or another --out")


def check_same(folder: Path, begun: Any, config: Any) -> None:
    """Raises UserError if a run is to resume with other settings than it began with.

    Args:
      folder: of the run.
      begun, config: settings, of the trainer alone or of a method around them.
    """
    had, wanted = flat(to_data(begun)), flat(to_data(config))
    for name, value in wanted.items():
        short = name.removeprefix("train.")
        if short not in _MAY_CHANGE and had.get(name) != value:
            raise UserError(
                f"the run in {folder} has {short} {had.get(name)!r}, not {value!r}; "
                "resume it without that setting, or begin another run"
            )


def write_config(
    folder: Path, config: TrainConfig, agent: Mapping[str, Any], method: Mapping[str, Any] = {}
) -> None:
    """Writes the settings, the agent's in full, and the host's description.

    Args:
      agent: the learner's `describe`.
      method: settings of the run's method, under its name.
    """
    from metaworldx.core.host_info import machine

    data = {
        "format": FORMAT,
        "train": to_data(config),
        **to_data(method),
        "agent": to_data(agent),
        "machine": machine(),
    }
    write_text(folder / CONFIG, json.dumps(data, indent=1) + "\n")


def read_run(folder: Path) -> dict[str, Any]:
    """All entries of a run's settings file, checked for a known format.

    Raises:
      UserError: no such folder, no run in it, a broken file, or one of a later version.
    """
    if not folder.is_dir():
        raise UserError(f"no run folder {str(folder)!r}")
    path = folder / CONFIG
    if not path.is_file():
        raise UserError(f"no run in {folder}: it has no {CONFIG}")
    data = read_json(path, "file of a run's settings")
    if not isinstance(data.get("train"), dict):
        raise UserError(f"{path} cannot be read: no settings under 'train'")
    if data.get("format", 1) not in (1, FORMAT):
        raise UserError(
            f"{path} has the format {data['format']!r:.60}, written by metaworldx "
            f"{_version_of(data)}; this version reads 1 and {FORMAT}: install that one"
        )
    return data


def read_part(folder: Path, name: str, cls: type[T], former: Callable[[dict[str, Any]], T]) -> T:
    """A part of a run's settings.

    Args:
      folder: of the run.
      name: of the part in `config.json`, e.g. `train`, or `expert.skill`.
      cls: its dataclass.
      former: makes it from what format 1 has under `train`.

    Raises:
      UserError: as `read_run`; no such part, or settings that this version does not know: the
        message has the version that wrote them.
    """
    data = read_run(folder)
    try:
        if data.get("format", 1) == 1:
            return former(data["train"])
        part: Any = data
        for each in name.split("."):
            part = part.get(each) if isinstance(part, dict) else None
        if part is None:
            raise UserError(f"no settings under {name!r}")
        return from_data(cls, part, "setting")
    except UserError as error:
        raise UserError(
            f"{folder / CONFIG}, written by metaworldx {_version_of(data)}, cannot be read: "
            f"{error}; train anew, or install that version"
        ) from None


def read_config(folder: Path) -> TrainConfig:
    """The trainer's settings of the run in `folder`.

    Raises:
      UserError: as `read_run` and `read_part`.
    """
    return read_part(folder, "train", TrainConfig, from_format_1)


def read_same(folder: Path, config: Any) -> Any:
    """The settings of the run in `folder`, of the same kind as `config`.

    Raises:
      UserError: as `read_config`, or a run of another method.
    """
    reader = getattr(type(config), "read", None)
    return read_config(folder) if reader is None else reader(folder)


def read_machine(folder: Path) -> dict[str, Any]:
    """Host and versions of the run in `folder`."""
    return read_run(folder).get("machine", {})


def _version_of(data: Mapping[str, Any]) -> str:
    machine = data.get("machine")
    version = machine.get("metaworld-x") if isinstance(machine, dict) else None
    return version if isinstance(version, str) else "of an unknown version"


class MetricsWriter:
    """Writer of `metrics.jsonl` and TensorBoard, one row per epoch."""

    def __init__(self, folder: Path, after_epoch: int, after_steps: int):
        """Opens both; rows after the resumed epoch are dropped.

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
