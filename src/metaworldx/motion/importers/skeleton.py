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
      ends: joints that are ends of bones, without rotations.
      offsets: [J, 3] in the parent's frame, in the zero pose.
      root: [T, 3], world position of joint 0.
      local: [T, J, 3, 3], rotations relative to the parent.
      places: positions [T, 3] in the parent's frame, instead of the offset, of joints with
        translations; without joint 0.
      metres: metres per unit; None to infer from the body's size.
      up: one of `up_axis.UP_AXES`; None to infer from the motion.
      likely_up: usual `up` of such files, `y` or `z`.
      likely_metres: usual `metres`, if consistent with the body's size.
      any_zero_pose: the format does not define the zero pose; else it is a standing body.
      notices: notices for the user, a line each.
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
