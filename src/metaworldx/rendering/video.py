"""Videos and strips of stills: frames written to mp4, gif or png."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.core.files import check_writable

VIDEO_ENDINGS, STILL_ENDINGS = (".mp4", ".gif"), (".png",)


def check_output(path: Path) -> None:
    """Raises UserError unless `path` names a writable video or image."""
    endings = VIDEO_ENDINGS + STILL_ENDINGS
    if path.suffix.lower() not in endings:
        raise UserError(f"cannot write {path}: its ending must be one of {', '.join(endings)}")
    check_writable(path)


def write_frames(path: Path, frames: Sequence[np.ndarray], fps: float) -> None:
    """Writes frames atomically as a video, or as a strip of eight stills for `.png`."""
    check_output(path)
    partial = path.with_name(f".{path.stem}.partial{path.suffix}")
    try:
        if path.suffix.lower() in STILL_ENDINGS:
            import mediapy

            mediapy.write_image(partial, strip(frames))
        else:
            _write_video(partial, frames, fps)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def still_places(length: int, count: int = 8) -> list[int]:
    """At most `count` indices evenly spaced over `length`, first and last included."""
    return np.unique(np.linspace(0, length - 1, count).round().astype(int)).tolist()


def strip(frames: Sequence[np.ndarray], count: int = 8, columns: int = 4) -> np.ndarray:
    """Frames evenly spaced in time, in rows of `columns`: `[H, W, 3]` uint8."""
    chosen = [np.asarray(frames[i]) for i in still_places(len(frames), count)]
    while len(chosen) % columns and len(chosen) > columns:
        chosen.append(np.full_like(chosen[0], 255))
    rows = [np.concatenate(chosen[i : i + columns], 1) for i in range(0, len(chosen), columns)]
    return np.concatenate(rows, 0)


def _write_video(path: Path, frames: Sequence[np.ndarray], fps: float) -> None:
    import imageio_ffmpeg
    import mediapy

    mediapy.set_ffmpeg(imageio_ffmpeg.get_ffmpeg_exe())
    codec: dict[str, Any] = {"codec": "gif"} if path.suffix.lower() == ".gif" else {}
    mediapy.write_video(path, list(frames), fps=fps, **codec)
