"""Recordings of HumanoidBench: reading and validation."""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.sim.model_index import ModelIndex
from metaworldx.sim.physics import SUBSTEPS

# Required shape of every array of a recording, by the sizes that its names give. `*` is any size;
# `nq`, `nv` and `obs` are taken from the file and must be consistent.
_ROWS = {
    **{key: () for key in ("episode", "step", "kind", "reward", "terminated")},
    **{"qpos_before": ("nq",), "qpos": ("nq",), "qvel_before": ("nv",), "qvel": ("nv",)},
    **{"action": ("nu",), "actuator_force": ("nu",), "obs": ("obs",)},
    **{"xpos": ("nbody", 3), "xquat": ("nbody", 4), "site_xpos": ("nsite", 3)},
    "sensordata": ("nsensordata",),
}
_RESETS = {"reset/qpos": ("nq",), "reset/qvel": ("nv",), "reset/obs": ("obs",)}
_FLIGHT_ROWS = {
    **{"qpos_before": ("nq",), "qpos": ("nq",), "qvel_before": ("nv",), "qvel": ("nv",)},
    "ctrl": ("nu",),
}
_LISTS = ("bodies", "sites", "geoms", "geom_bodies", "sensors", "actuators", "joints")


class RecordingError(UserError):
    """A file that is not a readable recording; the message has its name and the reason."""


@dataclass(frozen=True)
class Recording:
    """One environment's recorded transitions (`reference` format).

    Attributes:
      path: where it was read from.
      arrays: every array of the file by its key, without `names` and the JSON columns.
      names: names of bodies, sites, geoms, sensors, joints and actuators.
      task_state: the task's state after each row.
      reset_state: the task's state after each reset.
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
    def layout(self) -> ModelIndex:
        """The recorded model's index of names."""
        return ModelIndex.of_recording(
            self.names, self.arrays["qpos"].shape[1], self.arrays["qvel"].shape[1]
        )

    def rows_of(self, episode: int) -> np.ndarray:
        """Indices of an episode's rows, in the order of their steps."""
        rows = np.flatnonzero(self.arrays["episode"] == episode)
        return rows[np.argsort(self.arrays["step"][rows], kind="stable")]

    def __len__(self) -> int:
        return len(self.arrays["reward"])


@dataclass(frozen=True)
class Flight:
    """Contact-free transitions of a robot alone in the air.

    Attributes:
      path: where it was read from.
      robot: the robot's name.
      arrays: `qpos_before`, `qvel_before`, `ctrl` (actuator units), `qpos`, `qvel`, by row.
      names: names of bodies, joints and actuators.
    """

    path: Path
    robot: str
    arrays: Mapping[str, np.ndarray]
    names: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.arrays["qpos"])


def load(path: Path) -> Recording | Flight:
    """Reads a recording of an environment or of a flight, as determined by its names.

    Raises:
      RecordingError: the file is not a recording of this format.
    """
    arrays = _load_arrays(path)
    names = _json(path, "names", arrays.pop("names"))
    if not isinstance(names, Mapping):
        raise RecordingError(f"{path}: its names are not a table")
    if isinstance(names.get("env"), str):
        return _recording(path, arrays, names)
    if isinstance(names.get("robot"), str):
        return _flight(path, arrays, names)
    raise RecordingError(f"{path}: its names do not say which environment or robot it is of")


def load_recording(path: Path) -> Recording:
    """Reads a recording of an environment.

    Raises:
      RecordingError: the file is not a recording of an environment.
    """
    recording = load(path)
    if isinstance(recording, Flight):
        raise RecordingError(f"{path}: a flight of {recording.robot}, not of an environment")
    return recording


def _load_arrays(path: Path) -> dict[str, np.ndarray]:
    """All arrays of an `.npz`, none of them pickled, among them `names`."""
    try:
        with zipfile.ZipFile(path):  # so that numpy accepts nothing but an archive
            pass
        with np.load(path, allow_pickle=False) as file:
            arrays = {key: file[key] for key in file.files}
    except (
        *(OSError, ValueError, EOFError, KeyError, MemoryError),
        *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
    ) as error:
        raise RecordingError(f"{path}: not a readable .npz recording ({error})") from None
    if "names" not in arrays:
        raise RecordingError(f"{path}: not a recording, it lacks names")
    return arrays


def _json(path: Path, key: str, value: Any) -> Any:
    try:
        return json.loads(str(value))
    except (json.JSONDecodeError, RecursionError) as error:
        raise RecordingError(f"{path}: {key} is not JSON ({error})") from None


def _check(
    path: Path, arrays: Mapping[str, np.ndarray], wanted: Mapping[str, tuple], sizes: dict
) -> None:
    """Rejects arrays that are missing, not numeric, or of another shape than `wanted`.

    A size that `sizes` lacks is taken from the first array that has it.
    """
    missing = [key for key in wanted if key not in arrays]
    if missing:
        raise RecordingError(f"{path}: not a recording, it lacks {', '.join(missing)}")
    for key, shape in wanted.items():
        array = arrays[key]
        if array.dtype.kind not in "biuf":
            raise RecordingError(f"{path}: {key} holds {array.dtype}, not numbers")
        if array.ndim == len(shape):
            for name, size in zip(shape, array.shape, strict=True):
                if isinstance(name, str):
                    sizes.setdefault(name, size)
        right = tuple(sizes.get(name, name) for name in shape)
        if array.shape != right:
            raise RecordingError(f"{path}: {key} is of shape {array.shape}, not {right}")


def _recording(path: Path, arrays: dict[str, np.ndarray], names: Mapping) -> Recording:
    lacking = [key for key in (*_LISTS, "robot_qpos") if key not in names]
    if lacking:
        raise RecordingError(f"{path}: its names lack {', '.join(lacking)}")
    try:
        sizes = {
            "nbody": len(names["bodies"]),
            "nsite": len(names["sites"]),
            "nu": len(names["actuators"]),
            "nsensordata": sum(int(dim) for _, _, dim in names["sensors"]),
        }
        inside = all(0 <= int(b) < sizes["nbody"] for b in names["geom_bodies"])
        joints = _joints(names)
        robot_qpos, geoms = int(names["robot_qpos"]), len(names["geoms"])
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{path}: its names are damaged ({error})") from None
    if not inside or len(names["geom_bodies"]) != geoms:
        raise RecordingError(f"{path}: its names are damaged (geom_bodies)")
    for key in ("task_state", "reset/task_state"):
        if key not in arrays or arrays[key].ndim != 1:
            raise RecordingError(f"{path}: not a recording, it lacks {key}")
    task_state = tuple(_json(path, "task_state", s) for s in arrays.pop("task_state"))
    reset_state = tuple(_json(path, "reset/task_state", s) for s in arrays.pop("reset/task_state"))

    if not all(isinstance(state, Mapping) for state in (*task_state, *reset_state)):
        raise RecordingError(f"{path}: task_state is not a table")

    rows = len(task_state)
    if not rows:
        raise RecordingError(f"{path}: holds no transitions")
    sizes |= {"rows": rows, "resets": len(reset_state)}
    _check(path, arrays, {key: ("rows", *shape) for key, shape in _ROWS.items()}, sizes)
    _check(path, arrays, {key: ("resets", *shape) for key, shape in _RESETS.items()}, sizes)
    _check(path, arrays, {"contacts": ("contacts", 3)}, sizes)
    info = {key: ("rows",) for key in arrays if key.startswith("info/")}
    _check(path, arrays, info, sizes)
    if any(joint[2] >= sizes["nq"] or joint[3] >= sizes["nv"] for joint in joints) or not (
        7 <= robot_qpos <= sizes["nq"]
    ):
        raise RecordingError(f"{path}: its names are damaged (joints or robot_qpos)")
    episode, contacts = arrays["episode"], arrays["contacts"]
    if episode.min() < 0 or episode.max() >= len(reset_state):
        raise RecordingError(f"{path}: rows of an episode without a reset")
    if contacts.size and (contacts.min() < 0 or (contacts.max(0) >= (rows, geoms, geoms)).any()):
        raise RecordingError(f"{path}: contacts of rows or geoms that it does not have")
    return Recording(path, arrays, names, task_state, reset_state)


def _joints(names: Mapping) -> list[tuple[str, int, int, int]]:
    """Name, type, qpos address and qvel address of every joint."""
    return [(str(n), int(kind), int(q), int(v)) for n, kind, q, v in names["joints"]]


def _flight(path: Path, arrays: dict[str, np.ndarray], names: Mapping) -> Flight:
    try:
        sizes = {"nu": len(names["actuators"])}
        substeps = int(names["substeps"])
        _joints(names)
    except (KeyError, TypeError, ValueError) as error:
        raise RecordingError(f"{path}: its names are damaged ({error})") from None
    _check(path, arrays, {key: ("rows", *shape) for key, shape in _FLIGHT_ROWS.items()}, sizes)
    if not sizes["rows"]:
        raise RecordingError(f"{path}: holds no transitions")
    if substeps != SUBSTEPS:
        raise RecordingError(f"{path}: {substeps} substeps between its states, not {SUBSTEPS}")
    return Flight(path, names["robot"], arrays, names)
