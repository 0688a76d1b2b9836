"""Importers of human motion: DeepMimic text, BVH, ASF/AMC, and AMASS/SMPL .npz."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from metaworldx.core.errors import UserError, check_known, nearest
from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.importers.amass import read_amass
from metaworldx.motion.importers.asf_amc import read_amc
from metaworldx.motion.importers.bvh import read_bvh
from metaworldx.motion.importers.deepmimic import read_deepmimic
from metaworldx.motion.importers.files import bad, frame_rate, read_start
from metaworldx.motion.importers.leading_frames import check_skip, jump_notices, skipped
from metaworldx.motion.importers.rest_pose import UNITS, human_motion
from metaworldx.motion.importers.up_axis import check_up
from metaworldx.motion.pacing import ground_problem, slide_problem, speed_problem

__all__ = ["FORMATS", "load_human_motion"]
log = logging.getLogger(__name__)

# Format: its file extensions, and its options besides fps.
FORMATS = {
    "deepmimic": ((".txt", ".json"), ()),
    "bvh": ((".bvh",), ("units", "up", "names")),
    "amc": ((".amc",), ("units", "up", "names", "asf")),
    "amass": ((".npz",), ("units", "up", "body_model")),
}


def load_human_motion(
    path: str | Path,
    *,
    format: str | None = None,
    units: str | float | None = None,
    up: str | None = None,
    names: Mapping[str, str] | None = None,
    fps: float | None = None,
    body_model: str | Path | None = None,
    asf: str | Path | None = None,
    skip_frames: int = 0,
    licence: str = "not stated",
) -> HumanMotion:
    """Reads one clip; UserError, in one line, for anything but a complete motion of a person.

    Args:
      format: one of `FORMATS`; default by extension, then content.
      units: of BVH and ASF: m, cm, mm, inch, cmu (1/0.45 inch) or metres per unit; default the
        .asf's, or the unit that gives the body a person's size. Of AMASS: of `trans`, default
        metres.
      up: the file's world axis that points up, `y`, `z`, `x`, `-y`, `-z` or `-x`; default inferred
        from the data.
      names: of BVH and AMC: the file's names of canonical joints, such as
        `{"left_hip": "Bone.012"}`; default inferred.
      fps: frame rate, overrides the file's.
      body_model: of AMASS: an .npz with `J`, or `J_regressor`, `v_template` and `shapedirs`.
      asf: the skeleton of an .amc; default the only .asf beside it.
      skip_frames: number of leading frames to skip, such as a rest pose.
      licence: stored with the motion.
    """
    path = Path(path)
    options = {"units": units, "up": up, "names": names or None}
    options |= {"body_model": body_model, "asf": asf}
    kind = _format(path, format)
    for name, value in options.items():
        if value is not None and name not in FORMATS[kind][1]:
            takes = [other for other, (_, names) in FORMATS.items() if name in names]
            raise bad(path, f"{name}= is for {' and '.join(takes)}, not for {kind} files")
    if up is not None:
        check_up(up)
    check_skip(skip_frames)
    if fps is not None:
        fps = frame_rate(path, float(fps), "fps=")
    metres = None if units is None else _metres(units)
    with np.errstate(all="ignore"):
        if kind == "deepmimic":
            raw = read_deepmimic(path, fps, skip_frames)
        elif kind == "bvh":
            raw = read_bvh(path, fps, metres, up)
        elif kind == "amc":
            raw = read_amc(path, Path(asf) if asf else None, fps, metres, up)
        else:
            raw = read_amass(path, fps, up, Path(body_model) if body_model else None, metres)
        if kind != "deepmimic":
            raw = skipped(raw, skip_frames)
        for notice in (*raw.notices, *jump_notices(raw)):
            log.warning("%s", bad(path, notice))
        motion = human_motion(raw, f"{path.name} ({kind})", licence, names)
        _check_pace(path, kind, motion, metres)
    return motion


def _check_pace(path: Path, kind: str, motion: HumanMotion, metres: float | None) -> None:
    """UserError if the root's path seems to have another unit than the bones.

    Of AMASS files the unit is that of `trans` alone, and trusted if given. DeepMimic has metres;
    the other formats have one unit for path and bones, inferred from the body's size.
    """
    checks = [speed_problem]
    if kind == "deepmimic" or (kind == "amass" and metres is None):
        checks.append(ground_problem)
    if kind == "amass" and metres is None:
        checks.append(slide_problem)
    problem = next(filter(None, (check(motion) for check in checks)), None)
    if problem is None:
        return
    given_options = {
        "deepmimic": "DeepMimic's positions are in metres",
        "amass": f"is trans in another unit? give units= ({', '.join(UNITS)} or metres a unit)",
    }
    raise bad(path, f"{problem}; {given_options.get(kind, 'are units and frame rate right?')}")


def _format(path: Path, given: str | None) -> str:
    if given is not None:
        if given not in FORMATS:
            raise UserError(nearest("motion format", given, FORMATS))
        return given
    start = read_start(path)
    suffix = path.suffix.lower()
    if suffix in (".pkl", ".pickle") or start[:1] == b"\x80":
        raise bad(path, "is a pickle, which can run code and is refused; save arrays as .npz")
    if suffix == ".asf":
        raise bad(path, "is a skeleton; give the .amc motion, and this with asf=")
    for name, (extensions, _) in FORMATS.items():
        if suffix in extensions:
            return name
    for name, pattern in (
        ("amass", rb"PK"),
        ("bvh", rb"(\xef\xbb\xbf)?\s*HIERARCHY\b"),
        ("amc", rb"(\s*#.*\n)*\s*:(FULLY-SPECIFIED|DEGREES|RADIANS)"),
        ("deepmimic", rb"\s*\{"),
    ):
        if re.match(pattern, start):
            return name
    known = ", ".join(f"{name} ({' '.join(ends)})" for name, (ends, _) in FORMATS.items())
    raise bad(path, f"unknown motion format; known are {known}")


def _metres(units: str | float) -> float:
    if isinstance(units, str):
        try:
            units = float(units)
        except ValueError:
            check_known("unit", units, UNITS)
            return UNITS[units]
    if not (np.isfinite(units) and 1e-6 < units < 1e6):
        raise UserError(f"units are {units!r} metres; a positive number is right")
    return float(units)
