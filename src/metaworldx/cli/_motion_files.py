"""What the `motions` commands have in common: options of files, and finding clips."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import tyro

if TYPE_CHECKING:
    from metaworldx.motion.checks import MotionCheck
    from metaworldx.motion.clip import Clip
    from metaworldx.motion.human_skeleton import HumanMotion


@dataclass(frozen=True)
class FileOptions:
    """How to read a human motion file."""

    units: str | None = None
    """of BVH and ASF: m, cm, mm, inch, cmu (1/0.45 inch) or metres a unit; default judged by the
    body's size. Of AMASS: of trans; default m."""
    up: str | None = None
    """the file's axis that points up: y, z, x, or with a sign before it, as in --up=-y; default
    judged by the motion."""
    names: Annotated[tuple[tuple[str, ...], ...], tyro.conf.UseAppendAction] = ()
    """of BVH and AMC: what the file calls joints, as in left_hip=Bone.012 right_hip=Bone.013;
    default told by the file's names."""
    fps: float | None = None
    """the file's frames a second, in place of what it says."""
    body_model: Path | None = None
    """of AMASS: an SMPL body model as .npz."""
    asf: Path | None = None
    """of AMC: its skeleton; default the only .asf beside it."""
    skip_frames: int = 0
    """how many of the file's first frames to leave out, such as a rest pose in front."""


def load_human(path: Path, options: FileOptions) -> HumanMotion:
    """The human motion of a file; UserError for anything else."""
    from metaworldx.motion.importers import load_human_motion

    return load_human_motion(
        path,
        units=options.units,
        up=options.up,
        names=given_names(pair for pairs in options.names for pair in pairs),
        fps=options.fps,
        body_model=options.body_model,
        asf=options.asf,
        skip_frames=options.skip_frames,
    )


def given_names(pairs: Iterable[str]) -> dict[str, str]:
    """The file's names by canonical joints, of `joint=name` each.

    Raises:
      UserError: no such pair, or a joint twice.
    """
    from metaworldx.core.errors import UserError

    names: dict[str, str] = {}
    for pair in pairs:
        joint, equals, name = pair.partition("=")
        if not (equals and joint and name):
            raise UserError(f"--names has {pair!r}; joint=name such as left_hip=LeftUpLeg is right")
        if joint in names:
            raise UserError(f"--names has {joint} twice: {names[joint]!r} and {name!r}")
        names[joint] = name
    return names


def is_clip(path: Path) -> bool:
    """Whether a file is an .npz with a format, as clips are and AMASS files are not."""
    import zipfile

    if path.suffix.lower() != ".npz" or not zipfile.is_zipfile(path):
        return False
    with zipfile.ZipFile(path) as archive:
        return "format.npy" in archive.namelist()


def builtin_clip(name: str) -> Clip:
    """The built-in clip of this name.

    Raises:
      UserError: there is none; names the nearest.
    """
    from metaworldx.core.errors import UserError, nearest
    from metaworldx.motion.builtin import SKILLS, clips_for

    names = []
    for skill in sorted(SKILLS, key=lambda skill: not name.startswith(skill)):
        for clip in clips_for(skill):
            if clip.name == name:
                return clip
            names.append(clip.name)
    raise UserError(nearest("clip or file", name, names, "metaworldx motions list lists the clips"))


def checked_on_ground(clip: Clip, builtin: bool) -> MotionCheck:
    """The check of a clip: of a built-in one on what it stands and sits on, else on the floor."""
    from metaworldx.motion.builtin import ground_for
    from metaworldx.motion.checks import check_motion

    return check_motion(clip, ground_for(clip) if builtin else None)


def facts(clip: Clip, check: MotionCheck, file: Path | None) -> dict[str, Any]:
    """What `motions list` tells of a clip."""
    from metaworldx.motion.clip import COMMAND

    return {
        "name": clip.name,
        "skill": clip.skill,
        "seconds": round(clip.duration, 3),
        "frames": clip.frames,
        "loop": clip.loop,
        "speed_m_s": round(clip.command[COMMAND["speed"].start], 3),
        "source": clip.source,
        "licence": clip.licence,
        "file": None if file is None else str(file),
        "problems": list(check.problems),
    }
