"""DeepMimic importer: JSON text files with `Loop` and `Frames` of 44 numbers.

A frame is duration (s), root position, root quaternion, then one joint after another: quaternions
w x y z, single angles about z for knees and elbows. Axes: x forward, y up, z right; metres.

Quaternions may have any nonzero norm: DeepMimic's own kick, backflip and roll, blended from others
component by component, have norms of 0.58 to 1.12, and are smooth once normalized.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from metaworldx.core.assets import asset_text
from metaworldx.core.errors import UserError
from metaworldx.motion.importers.files import bad, check_size, frame_rate, quoted, read_text
from metaworldx.motion.importers.leading_frames import without_first
from metaworldx.motion.importers.notices import left_out
from metaworldx.motion.importers.skeleton import RawMotion

# Joint, parent, offset (m), how many numbers a frame holds for it.
_JOINTS = json.loads(asset_text("skeletons.json"))["deepmimic"]
_COLUMNS = 44
_LOOPS = {"wrap": True, "none": False}
_LONGEST_S = 10.0
_LARGEST_RAD = 100.0
_SHORTEST_QUATERNION = 0.1
# Further entries of these files: mirrored joints, for training, no motion.
_KEYS = ("Loop", "Frames", "RightJoints", "LeftJoints")
# Frames of unequal length are resampled; this many times as many frames may come of it.
_MOST_RESAMPLED = 100


def read_deepmimic(path: Path, fps: float | None, skip_frames: int = 0) -> RawMotion:
    """Reads a clip without its first `skip_frames`; `fps` overrides the durations of frames."""
    data = _parsed(path)
    if not isinstance(data, dict) or not isinstance(data.get("Frames"), list):
        raise bad(path, "is not a DeepMimic motion: a JSON object with a list `Frames` is needed")
    loop = data.get("Loop")
    if loop is not None and (not isinstance(loop, str) or loop not in _LOOPS):
        raise bad(path, f"Loop is {quoted(loop)}; 'wrap' or 'none' is right")
    frames = without_first(path, _frames(path, data["Frames"]), skip_frames)
    rotations = _rotations(path, frames)
    root = frames[:, 1:4]
    if fps is None:
        fps, times, even = _rate(path, frames[:, 0])
        if not even:
            at = np.arange(int(times[-1] * fps + 1e-6) + 1) / fps
            check_size(path, len(at), len(_JOINTS))
            at = np.minimum(at, times[-1])
            root = np.stack([np.interp(at, times, root[:, axis]) for axis in range(3)], axis=-1)
            rotations = [Slerp(times, joint)(at) for joint in rotations]
    return RawMotion(
        path=path,
        fps=fps,
        names=tuple(name for name, *_ in _JOINTS),
        parents=tuple(parent for _, parent, *_ in _JOINTS),
        ends=(False,) * len(_JOINTS),
        offsets=np.array([offset for _, _, offset, _ in _JOINTS]),
        root=root,
        local=np.stack([joint.as_matrix() for joint in rotations], axis=1),
        metres=1.0,
        up="y",
        # Without its first frames a motion is no loop.
        loop=None if loop is None else _LOOPS[loop] and not skip_frames,
        notices=left_out(data, _KEYS),
    )


def _parsed(path: Path) -> object:
    try:
        return json.loads(read_text(path))
    except UserError:
        raise
    except json.JSONDecodeError as error:
        problem = f"is not JSON (line {error.lineno}: {error.msg}); is the file whole?"
    except (ValueError, RecursionError):
        problem = "is not JSON that can be read"
    raise bad(path, problem)


def _frames(path: Path, rows: list) -> np.ndarray:
    """[T, 44], every number checked."""
    check_size(path, len(rows), len(_JOINTS))
    for index, row in enumerate(rows):
        if not isinstance(row, list) or len(row) != _COLUMNS:
            has = f"{len(row)} numbers" if isinstance(row, list) else quoted(row)
            raise bad(path, f"frame {index} has {has}; {_COLUMNS} numbers are right")
        odd = next((value for value in row if type(value) not in (int, float)), None)
        if odd is not None or None in row:
            raise bad(path, f"frame {index} holds {quoted(odd)}, not a number")
    try:
        frames = np.array(rows, dtype=np.float64)
    except OverflowError:
        raise bad(path, "a frame holds a number too large to be one of a motion") from None
    if not np.isfinite(frames).all():
        frame = int(np.argmin(np.isfinite(frames).all(axis=1)))
        raise bad(path, f"frame {frame} holds NaN or infinity; all numbers must be finite")
    return frames


def _rotations(path: Path, frames: np.ndarray) -> list[Rotation]:
    """Local rotations of every joint, each over all frames."""
    rotations, column = [], 4
    for name, _, _, width in _JOINTS:
        values = frames[:, column : column + width]
        column += width
        if width == 4:
            length = np.linalg.norm(values, axis=-1)
            if length.min() < _SHORTEST_QUATERNION:
                frame = int(length.argmin())
                raise bad(
                    path,
                    f"frame {frame}: {name}'s quaternion has length {length[frame]:.3g}, which "
                    "tells no rotation; 1 is right",
                )
            rotations.append(Rotation.from_quat(values[:, [1, 2, 3, 0]]))
        else:
            angle = values[:, 0] if width else np.zeros(len(frames))
            if np.abs(angle).max() > _LARGEST_RAD:
                raise bad(path, f"{name} turns by more than {_LARGEST_RAD:g} rad")
            rotations.append(Rotation.from_rotvec(angle[:, None] * np.array([0.0, 0.0, 1.0])))
    return rotations


def _rate(path: Path, durations: np.ndarray) -> tuple[float, np.ndarray, bool]:
    """Frame rate, each frame's time, and whether the frames are even as they are.

    The last frame's duration is unused: no frame follows.
    """
    steps = durations[:-1]
    wrong = (steps <= 0) | (steps > _LONGEST_S)
    if wrong.any():
        frame = int(wrong.argmax())
        raise bad(
            path, f"frame {frame} lasts {steps[frame]:g} s; above 0 and at most {_LONGEST_S:g} s"
        )
    step = float(np.median(steps))
    fps = frame_rate(path, 1 / step, f"a frame duration of {step:g} s")
    times = np.concatenate([[0.0], np.cumsum(steps)])
    even = bool(np.abs(steps - step).max() < 1e-3 * step)
    if not even and times[-1] * fps > _MOST_RESAMPLED * len(durations):
        raise bad(path, "durations of frames differ too much for one frame rate")
    return fps, times, even
