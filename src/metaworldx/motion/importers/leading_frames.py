"""Leading frames of a file: skipping them, and detecting a rest pose before the motion.

Many files start with the rest pose, from which programs read the skeleton (cgspeed's BVH of CMU's
motions do), and jump from it to the motion.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.motion.importers.files import bad
from metaworldx.motion.importers.skeleton import RawMotion

# A step that is a jump: rad of all joints together, or lengths of the longest bone; how much more
# than the steps just after it, and than nearly all later ones.
_LEAST, _LEAST_PER_S = 0.5, 12.0
_OVER_NEXT, _OVER_ALL, _NEXT = 2.5, 4.0, 5
_LEAST_UNTURNED, _LEAST_UNTURNED_PER_S, _OVER_UNTURNED = 0.3, 6.0, 1.3
_STILL = 0.01
_LONGEST_S, _LEAST_LATER = 1.0, 2


def check_skip(skip_frames: int) -> None:
    """UserError unless `skip_frames` is a whole number from 0 on."""
    if isinstance(skip_frames, bool) or not isinstance(skip_frames, int) or skip_frames < 0:
        raise UserError(f"skip_frames is {skip_frames!r}; a whole number from 0 on is right")


def without_first(path: Path, frames: np.ndarray, count: int) -> np.ndarray:
    """Frames `[T, ...]` without the first `count`; UserError if fewer than 2 are left."""
    if count and len(frames) - count < 2:
        raise bad(
            path,
            f"skip_frames is {count} of {len(frames)} frames; at least 2 must be left "
            f"({max(len(frames) - 2, 0)} at most)",
        )
    return frames[count:]


def skipped(raw: RawMotion, count: int) -> RawMotion:
    """The clip without its first `count` frames, not a loop; UserError as above."""
    if not count:
        return raw
    return replace(
        raw,
        root=without_first(raw.path, raw.root, count),
        local=without_first(raw.path, raw.local, count),
        places={j: without_first(raw.path, way, count) for j, way in raw.places.items()},
        loop=raw.loop and None,
    )


def jump_notices(raw: RawMotion) -> tuple[str, ...]:
    """A notice if the motion jumps away from its first frames."""
    bone = float(np.linalg.norm(raw.offsets, axis=1).max())
    # The path may lie below the root.
    paths = np.stack([raw.root, *raw.places.values()])
    moves = np.linalg.norm(np.diff(paths, axis=1), axis=-1).max(axis=0) / max(bone, 1e-9)
    turns = _turns(raw.local)
    count = (
        _unturned(raw.local, turns, raw.fps)
        or jumps_after(turns, raw.fps)
        or jumps_after(moves, raw.fps)
    )
    if not count:
        return ()
    first, them = ("the first frame is", "it") if count == 1 else (f"the first {count} are", "them")
    return (
        f"{first} a jump away from the frames that follow, as a rest pose put in front is; "
        f"--skip-frames {count} leaves {them} out",
    )


def jumps_after(steps: np.ndarray, fps: float) -> int:
    """Number of frames before a motion jumps out of an initial pose; 0 for none.

    A motion that starts fast continues fast; a pose put in front gives a single large step.

    Args:
      steps: rotation, or translation, of the body from frame to frame, `[T - 1]`; see _LEAST.
      fps: frames per second.
    """
    moving = np.flatnonzero(steps > _STILL)
    if not len(moving):
        return 0
    at = int(moving[0])
    later = steps[at + 1 :]
    if at >= max(1.0, _LONGEST_S * fps) or len(later) < _LEAST_LATER:
        return 0
    least = max(
        _LEAST,
        _LEAST_PER_S / fps,
        _OVER_NEXT * later[:_NEXT].max(),
        _OVER_ALL * float(np.percentile(later, 95.0)),
    )
    return at + 1 if steps[at] > least else 0


def _unturned(local: np.ndarray, turns: np.ndarray, fps: float) -> int:
    """Number of first frames with only the root rotated, if the rest jumps from them.

    These are surely a zero pose, so a smaller jump suffices.
    """
    trace = np.einsum("tjaa->tj", local[:, 1:])
    turned = (trace < 1.0 + 2.0 * np.cos(_STILL)).any(axis=1)
    count = int(turned.argmax())
    later = turns[count : count + _NEXT]
    if not count or count > max(1.0, _LONGEST_S * fps) or len(later) < _LEAST_LATER:
        return 0
    least = max(_LEAST_UNTURNED, _LEAST_UNTURNED_PER_S / fps, _OVER_UNTURNED * later.max())
    return count if turns[count - 1] > least else 0


def _turns(local: np.ndarray) -> np.ndarray:
    """Norm over the joints of `[T, J, 3, 3]` of their rotation between frames, `[T - 1]` rad."""
    same = np.einsum("tjab,tjab->tj", local[1:], local[:-1])
    angles = np.arccos(np.clip((same - 1.0) / 2.0, -1.0, 1.0))
    return np.sqrt(np.sum(angles**2, axis=1))
