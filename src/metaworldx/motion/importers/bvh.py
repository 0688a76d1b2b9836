"""BVH importer: a HIERARCHY of joints with channels, then MOTION in rows.

The root's position channels are absolute (its OFFSET is ignored), as in files of CMU, LAFAN1,
Mixamo and Blender. Position channels of other joints replace the OFFSET too, unless they stay near
zero while the OFFSET is not: then they are added to it. Scale channels that are uniform and
constant scale the joint's descendants.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.importers.files import (
    bad,
    check_size,
    frame_rate,
    number,
    numbers,
    quoted,
    read_text,
)
from metaworldx.motion.importers.skeleton import RawMotion

_MOST_JOINTS = 512
_NEAR_ZERO = 0.3
"""Mean of position channels, relative to the OFFSET, up to which they may be added to it."""
_SAME_SCALE = 1e-3
_CHANNEL = re.compile(r"([xyz])(position|rotation|scale)")
_MOTION = re.compile(r"^\s*MOTION\b", re.MULTILINE)
_FRAMES = re.compile(r"\s*Frames\s*:\s*(\S+)\s+Frame\s+Time\s*:\s*(\S+)", re.IGNORECASE)


@dataclass
class _Joint:
    name: str
    parent: int
    end: bool = False
    offset: list[float] | None = None
    channels: list[tuple[str, str]] = field(default_factory=list)

    def has(self, key: str) -> bool:
        """Whether its OFFSET or CHANNELS have been read."""
        return self.offset is not None if key == "OFFSET" else bool(self.channels)


def read_bvh(path: Path, fps: float | None, metres: float | None, up: str | None) -> RawMotion:
    """Reads a clip; `fps`, `metres` a unit and `up` override what file or data say."""
    text = read_text(path)
    if not re.match(r"\s*HIERARCHY\b", text):
        raise bad(path, "is not a BVH file: it must begin with HIERARCHY")
    begin = _MOTION.search(text)
    if not begin:
        raise bad(path, "no MOTION section; is the file whole?")
    joints = _hierarchy(path, text[: begin.start()])
    columns = sum(len(joint.channels) for joint in joints)
    rows, rate = _rows(path, text[begin.end() :], columns, len(joints), fps)
    offsets = np.array([joint.offset for joint in joints])
    local = np.empty((len(rows), len(joints), 3, 3))
    root = np.tile(offsets[0], (len(rows), 1))
    moved: dict[int, np.ndarray] = {}
    scales = np.ones(len(joints))
    column = 0
    for index, joint in enumerate(joints):
        values = rows[:, column : column + len(joint.channels)]
        column += len(joint.channels)
        local[:, index] = _rotation(joint, values)
        places = _of_axes(joint, values, "position")
        above = 1.0 if joint.parent < 0 else scales[joint.parent]
        scales[index] = above * _scale(path, joint, values)
        if index == 0:
            root = root if places is None else places
            continue
        if places is not None and np.abs(places).max() > 0:
            moved[index] = above * _absolute(places, offsets[index])
        offsets[index] *= above
    still = all("position" not in dict(joint.channels) for joint in joints)
    return RawMotion(
        path=path,
        fps=rate,
        names=tuple(joint.name for joint in joints),
        parents=tuple(joint.parent for joint in joints),
        ends=tuple(joint.end for joint in joints),
        offsets=offsets,
        root=root,
        local=local,
        places=moved,
        metres=metres,
        up=up,
        any_zero_pose=True,
        notices=("no joint has position channels: the body turns in one place",) if still else (),
    )


def _hierarchy(path: Path, text: str) -> list[_Joint]:
    """The joints in the file's order; End Sites are named after their joint."""
    joints: list[_Joint] = []
    stack: list[int] = []
    pending: _Joint | None = None
    for line in re.sub(r"([{}])", r"\n\1\n", text).splitlines()[1:]:
        words = line.split()
        key = words[0].upper() if words else ""
        if not words or key == "HIERARCHY":
            continue
        if key in ("ROOT", "JOINT", "END"):
            if (key == "ROOT") != (not joints) or (key != "ROOT" and not stack):
                raise bad(path, f"{quoted(line.strip())} stands where no joint can")
            parent = stack[-1] if stack else -1
            end = key == "END"
            name = f"{joints[parent].name}_end" if end else " ".join(words[1:])
            pending = _Joint(name, parent, end)
        elif key == "{" and pending:
            joints.append(pending)
            stack.append(len(joints) - 1)
            pending = None
            if len(joints) > _MOST_JOINTS:
                raise bad(path, f"more than {_MOST_JOINTS} joints: not a human skeleton")
        elif key == "}" and stack:
            stack.pop()
        elif key in ("OFFSET", "CHANNELS") and stack and joints[stack[-1]].has(key):
            raise bad(path, f"joint {quoted(joints[stack[-1]].name)} has more than one {key}")
        elif key == "OFFSET" and stack and len(words) == 4:
            joints[stack[-1]].offset = [number(path, word, "an OFFSET") for word in words[1:]]
        elif key == "CHANNELS" and stack and len(words) > 1:
            joints[stack[-1]].channels = _channels(path, joints[stack[-1]].name, words[1:])
        else:
            raise bad(path, f"cannot make sense of {quoted(line.strip())} in the HIERARCHY")
    if stack or not joints:
        raise bad(path, "the HIERARCHY breaks off; is the file whole?")
    bare = next((joint.name for joint in joints if joint.offset is None), None)
    if bare is not None:
        raise bad(path, f"joint {quoted(bare)} has no OFFSET")
    return joints


def _channels(path: Path, joint: str, words: list[str]) -> list[tuple[str, str]]:
    matches = [_CHANNEL.fullmatch(word.lower()) for word in words[1:]]
    channels = [(m.group(2), m.group(1)) for m in matches if m]
    whole = words[0] == str(len(words) - 1) and len(channels) == len(matches)
    if not whole or len(set(channels)) != len(channels):
        raise bad(
            path, f"CHANNELS of {quoted(joint)} are {quoted(' '.join(words))}, which is wrong"
        )
    for kind in ("position", "scale"):
        if sum(each == kind for each, _ in channels) not in (0, 3):
            raise bad(path, f"CHANNELS of {quoted(joint)} have some {kind} channels, not all three")
    return channels


def _rows(
    path: Path, text: str, columns: int, joints: int, fps: float | None
) -> tuple[np.ndarray, float]:
    """[T, columns] of the MOTION section, and the frame rate."""
    head = _FRAMES.match(text)
    if not head:
        raise bad(path, "MOTION must begin with 'Frames: N' and 'Frame Time: SECONDS'")
    if not (head.group(1).isascii() and head.group(1).isdigit()):
        raise bad(path, f"Frames is {quoted(head.group(1))}, not a whole number")
    words = text[head.end() :].split()
    claimed = head.group(1).lstrip("0") or "0"
    if columns == 0 or claimed != str(len(words) // columns) or len(words) % columns:
        raise bad(
            path,
            f"{claimed[:20]} frames of {columns} numbers are announced, but {len(words)} numbers "
            "follow; is the file whole?",
        )
    frames = len(words) // columns
    check_size(path, frames, joints)
    if fps is None:
        seconds = number(path, head.group(2), "Frame Time")
        rate = 1 / seconds if seconds > 1e-9 else 0.0
        fps = frame_rate(path, rate, f"Frame Time {seconds:g} s")
    return numbers(path, words, "MOTION").reshape(frames, columns), fps


def _rotation(joint: _Joint, values: np.ndarray) -> np.ndarray:
    """[T, 3, 3]: the rotation channels from left to right, each about the rotated axes."""
    which = [i for i, (kind, _) in enumerate(joint.channels) if kind == "rotation"]
    if not which:
        return np.eye(3)[None]
    order = "".join(joint.channels[i][1] for i in which).upper()
    return Rotation.from_euler(order, values[:, which], degrees=True).as_matrix()


def _of_axes(joint: _Joint, values: np.ndarray, wanted: str) -> np.ndarray | None:
    """[T, 3] of the position or scale channels, if the joint has them."""
    which = {axis: i for i, (kind, axis) in enumerate(joint.channels) if kind == wanted}
    return values[:, [which[axis] for axis in "xyz"]] if which else None


def _absolute(places: np.ndarray, offset: np.ndarray) -> np.ndarray:
    """[T, 3] positions relative to the parent, from position channels."""
    from_zero = float(np.linalg.norm(places, axis=1).mean())
    from_offset = float(np.linalg.norm(places - offset, axis=1).mean())
    small = from_zero < min(from_offset, _NEAR_ZERO * float(np.linalg.norm(offset)))
    return places + offset if small else places


def _scale(path: Path, joint: _Joint, values: np.ndarray) -> float:
    """Scale factor of a joint's descendants."""
    scales = _of_axes(joint, values, "scale")
    if scales is None:
        return 1.0
    scale = float(scales[0, 0])
    if not 1e-6 < scale < 1e6 or np.abs(scales / scale - 1.0).max() > _SAME_SCALE:
        raise bad(
            path,
            f"joint {quoted(joint.name)} has scale channels that change or differ; bones of "
            "constant length are needed",
        )
    return scale
