"""`metaworldx motions preview CLIP_OR_FILE`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import tyro

from metaworldx.cli._motion_files import FileOptions

if TYPE_CHECKING:
    from metaworldx.motion.clip import Clip
    from metaworldx.motion.human_skeleton import HumanMotion

_LEAST_S = 3.0
"""Minimum duration of a shown loop, s."""
_EVERY = 2
"""Every second frame is used: 25 per second."""


def main(
    source: Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="CLIP_OR_FILE")],
    /,
    out: Path | None = None,
    options: Annotated[FileOptions, tyro.conf.arg(name="")] = FileOptions(),
    width: int = 640,
    height: int = 480,
    seed: int = 0,
) -> int:
    """Write a video of a motion, and a plot of its joint angles with their limits.

    For a human motion file, the human's skeleton is drawn beside the retargeted robot.

    Args:
      source: name of a built-in clip (metaworldx motions list), a clip file, or a human motion
        file.
      out: file to write, .mp4 or .gif for a video, .png for a strip of stills; default
        out/NAME.mp4. The plot is written beside it, as NAME-joints.png.
      options: how to read a human motion file.
      width: of a frame, pixels.
      height: of a frame, pixels.
      seed: accepted as everywhere; nothing here is random.
    """
    del seed
    from metaworldx.core.errors import UserError
    from metaworldx.rendering.video import STILL_ENDINGS, check_output, still_places, write_frames

    for name, value in (("width", width), ("height", height)):
        if value < 1:
            raise UserError(f"{name} is {value}; needs at least 1")
    clip, human = _found(source, options)
    path = out or Path("out") / f"{clip.name}.mp4"
    joints = path.with_name(f"{path.stem}-joints.png")
    check_output(path)
    from metaworldx.rendering.motion_preview import MotionRenderer, plot_joints

    stills = path.suffix.lower() in STILL_ENDINGS
    shown, beside = (clip, human) if stills else _repeated(clip, human)
    # A loop's last frame equals its first.
    count = shown.frames - shown.loop
    frames = still_places(count) if stills else range(0, count, _EVERY)
    with MotionRenderer(shown, beside, width, height) as renderer:
        write_frames(path, [renderer.frame(t) for t in frames], clip.fps / _EVERY)
    plot_joints(clip, joints)
    print(f"{clip.name}: {clip.duration:.2f} s; wrote {path} and {joints}")
    return 0


def _found(source: str, options: FileOptions) -> tuple[Clip, HumanMotion | None]:
    """The clip of that name or file, and its human source motion."""
    from metaworldx.cli._motion_files import builtin_clip, is_clip, load_human
    from metaworldx.motion.clip_file import load_clip

    path = Path(source)
    if not path.exists():
        return builtin_clip(source), None
    if is_clip(path):
        return load_clip(path), None
    from metaworldx.motion.retarget import retarget

    made = retarget(load_human(path, options))
    return made.clip, made.human


def _repeated(clip: Clip, human: HumanMotion | None) -> tuple[Clip, HumanMotion | None]:
    """A short loop repeated up to the minimum duration."""
    import dataclasses
    import math

    import numpy as np

    from metaworldx.motion.clip_edits import sampled
    from metaworldx.motion.retarget import unrolled

    rounds = math.ceil(_LEAST_S / clip.duration) if clip.loop else 1
    if rounds == 1:
        return clip, human
    period = clip.frames - 1
    seconds = np.arange(rounds * period + 1) / clip.fps
    shown = dataclasses.replace(clip, qpos=sampled(clip, seconds))
    return shown, None if human is None else unrolled(human, 0, (rounds - 1) * period)
