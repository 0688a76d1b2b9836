"""Recordings of HumanoidBench: reading a file and checking that it is one."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.sim.layout import Layout

_NEEDED = (
    *("episode", "step", "kind", "action", "qpos_before", "qvel_before", "qpos", "qvel"),
    *("obs", "reward", "terminated", "xpos", "xquat", "site_xpos", "sensordata"),
    *("actuator_force", "contacts", "task_state", "reset/qpos", "reset/qvel", "reset/obs"),
    *("reset/task_state", "names"),
)


class RecordingError(ValueError):
    """A file that is not a readable recording; the message names it and why."""


@dataclass(frozen=True)
class Recording:
    """One environment's recorded transitions (`reference` format).

    Attributes:
      path: where it was read from.
      arrays: every array of the file by its key, without `names` and the JSON columns.
      names: names of bodies, sites, geoms, sensors, joints and actuators.
      task_state: the task's memory after each row.
      reset_state: the task's memory after each reset.
    """

    path: Path
    arrays: Mapping[str, np.ndarray]
    names: Mapping[str, Any]
    task_state: tuple[Mapping[str, Any], ...]
    reset_state: tuple[Mapping[str, Any], ...]

    @property
    def env_id(self) -> str:
        """HumanoidBench's id, from the file's `names`."""
        return self.names["env"]

    @property
    def layout(self) -> Layout:
        """The recorded model's names."""
        return Layout.of_recording(
            self.names, self.arrays["qpos"].shape[1], self.arrays["qvel"].shape[1]
        )

    def __len__(self) -> int:
        return len(self.arrays["reward"])


def load_arrays(path: Path, needed: tuple[str, ...]) -> dict[str, np.ndarray]:
    """All arrays of an `.npz`, none of them pickled.

    Raises:
      RecordingError: unreadable, truncated, pickled, or without a needed key.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (OSError, ValueError, EOFError, KeyError, zipfile.BadZipFile) as error:
        raise RecordingError(f"{path}: not a readable .npz recording ({error})") from None
    missing = [key for key in needed if key not in arrays]
    if missing:
        raise RecordingError(f"{path}: not a recording, it lacks {', '.join(missing)}")
    return arrays


def load_recording(path: Path) -> Recording:
    """Reads a recording of an environment.

    Raises:
      RecordingError: the file is not a recording of this format.
    """
    arrays = load_arrays(path, _NEEDED)
    try:
        names = json.loads(str(arrays.pop("names")))
        task_state = tuple(json.loads(str(s)) for s in arrays.pop("task_state"))
        reset_state = tuple(json.loads(str(s)) for s in arrays.pop("reset/task_state"))
    except json.JSONDecodeError as error:
        raise RecordingError(f"{path}: its JSON entries are damaged ({error})") from None
    if "env" not in names:
        raise RecordingError(f"{path}: its names do not say which environment it is of")
    rows = len(arrays["reward"])
    uneven = [k for k in _NEEDED[:16] if k != "contacts" and len(arrays[k]) != rows]
    if uneven or len(task_state) != rows:
        raise RecordingError(f"{path}: {', '.join(uneven) or 'task_state'} not of {rows} rows")
    return Recording(path, arrays, names, task_state, reset_state)
