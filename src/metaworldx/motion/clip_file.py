"""Clip files: reading and writing motion clips.

A clip file is one `.npz` (no pickled objects) with

| key | shape | |
|---|---|---|
| `format` | () | `metaworldx-clip-1` |
| `name`, `skill`, `source`, `licence` | () str | skill is empty if the clip belongs to none |
| `joints` | J str | the hinges' names |
| `qpos` | T, 7 + J | pelvis (m), orientation w x y z, hinges (rad), as MuJoCo has them |
| `qvel` | T, 6 + J | linear velocity in the world, angular in the pelvis, hinges (rad/s) |
| `contacts` | T, 2 bool | contact of left and right sole with the ground |
| `fps` | () float | frames per second |
| `loop` | () bool | cyclic: the last frame is the first after a displacement |
| `command` | 11 float | command that the clip performs; see COMMAND |

The frames are x forward, z up. Frame k is at time k / fps, so T frames last (T - 1) / fps.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.motion.clip import NO_COMMAND, Clip, checked

FORMAT = "metaworldx-clip-1"
_KEYS = ("name", "skill", "source", "licence", "joints", "qpos", "qvel", "contacts", "fps", "loop")


def save_clip(clip: Clip, path: Path) -> None:
    """Writes a clip file atomically."""
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        format=np.array(FORMAT),
        name=np.array(clip.name),
        skill=np.array(clip.skill),
        source=np.array(clip.source),
        licence=np.array(clip.licence),
        joints=np.array(clip.joints),
        qpos=clip.qpos.astype(np.float32),
        qvel=clip.qvel.astype(np.float32),
        contacts=clip.contacts.astype(bool),
        fps=np.array(float(clip.fps)),
        loop=np.array(bool(clip.loop)),
        command=np.array(clip.command, np.float32),
    )
    partial = path.with_name(path.name + ".partial")
    try:
        partial.write_bytes(buffer.getvalue())
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UserError(f"cannot write {path}: {error.strerror or error}") from error


def load_clip(path: Path) -> Clip:
    """Reads and checks a clip file.

    Raises:
      UserError: missing file, not a clip, pickled entries, or a clip that `checked` rejects.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            data = {key: file[key] for key in file.files}
    except FileNotFoundError:
        raise UserError(f"no clip file {path}") from None
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, MemoryError) as error:
        why = "it holds pickled objects" if "pickle" in str(error) else "it is damaged or no .npz"
        raise UserError(f"{path} is not a clip: {why}; needs the format {FORMAT}") from None
    if str(data.get("format", "")) != FORMAT:
        raise UserError(f"{path} is not a clip: no format {FORMAT}")
    missing = [key for key in _KEYS if key not in data]
    if missing:
        raise UserError(f"{path} is not a whole clip: {missing[0]} is missing")
    try:
        clip = Clip(
            name=str(data["name"]),
            joints=tuple(str(x) for x in np.atleast_1d(data["joints"])),
            qpos=np.asarray(data["qpos"], float),
            qvel=np.asarray(data["qvel"], float),
            contacts=np.asarray(data["contacts"], bool),
            fps=float(data["fps"]),
            loop=bool(data["loop"]),
            skill=str(data["skill"]),
            source=str(data["source"]),
            licence=str(data["licence"]),
            command=tuple(float(x) for x in np.ravel(data.get("command", NO_COMMAND))),
        )
        return checked(clip)
    except (TypeError, ValueError) as error:
        raise UserError(f"{path}: {error}") from None
