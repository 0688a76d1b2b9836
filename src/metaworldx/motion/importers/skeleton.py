"""Raw motion: a clip in the file's own axes, units and names, as read by an importer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np


@dataclass(frozen=True)
class RawMotion:
    """A clip in the file's own axes, units and names; joints come parents before children.

    Attributes:
      ends: which joints are mere ends of bones, without a rotation of their own.
      offsets: [J, 3] in the parent's frame, of the pose in which all local rotations are nil.
      root: [T, 3], world position of joint 0.
      local: [T, J, 3, 3], rotations relative to the parent.
      places: [T, 3] in the parent's frame, in place of the offset, of joints that the file moves
        on their parents; joint 0 is not among them.
      metres: metres a unit, or None: to be judged by the body's size.
      up: one of `up.UP_AXES`, or None: to be judged by the motion.
      likely_up: what `up` nearly always is in such files, `y` or `z`.
      likely_metres: what `metres` is if the body's size bears it out.
      any_zero_pose: the pose in which all local rotations are nil may be any, as the format says
        nothing of it; else it is a body that stands, as the format has it.
      notices: what a person should be told of the file, a line each.
    """

    path: Path
    fps: float
    names: tuple[str, ...]
    parents: tuple[int, ...]
    ends: tuple[bool, ...]
    offsets: np.ndarray
    root: np.ndarray
    local: np.ndarray
    places: Mapping[int, np.ndarray] = field(default_factory=dict)
    metres: float | None = None
    up: str | None = None
    likely_up: str | None = None
    likely_metres: float | None = None
    loop: bool | None = None
    any_zero_pose: bool = False
    notices: tuple[str, ...] = ()
