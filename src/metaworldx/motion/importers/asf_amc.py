"""Acclaim .amc motions on their .asf skeleton, as in the CMU database.

A bone of the .asf rotates about its start, where its joint is: lfemur's is the hip, ltibia's the
knee. Its local rotation is C M C^T, with C the bone's `axis` and M the frame's angles.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.importers.asf import Bone, Skeleton, read_asf, values_of
from metaworldx.motion.importers.files import (
    bad,
    check_size,
    frame_rate,
    numbers,
    quoted,
    read_text,
)
from metaworldx.motion.importers.skeleton import RawMotion

CMU_FPS = 120.0


def read_amc(
    path: Path, asf: Path | None, fps: float | None, metres: float | None, up: str | None
) -> RawMotion:
    """Reads a clip on `asf`, or on the only .asf beside it.

    The default of `fps` is the header's rate (:SAMPLES-PER-SECOND), else CMU's.
    """
    text = read_text(path)
    skeleton = read_asf(asf or _beside(path))
    motion = _read_frames(path, text, skeleton)
    rate = fps or skeleton.fps or CMU_FPS
    names, parents, ends = ["root"], [-1], [False]
    offsets = [np.zeros(3)]
    for name, parent in skeleton.parents.items():
        names.append(name)
        parents.append(names.index(parent))
        ends.append(False)
        offsets.append(skeleton.bones[parent].direction * skeleton.bones[parent].length)
    for name in [n for n in names if n not in skeleton.parents.values()]:
        names.append(f"{name}_end")
        parents.append(names.index(name))
        ends.append(True)
        offsets.append(skeleton.bones[name].direction * skeleton.bones[name].length)
    frames = len(motion["root"])
    check_size(path, frames, len(names))
    local = np.tile(np.eye(3), (frames, len(names), 1, 1))
    for index, name in enumerate(names):
        if name in motion:
            local[:, index] = _rotation(skeleton, skeleton.bones[name], motion[name])
    root = np.tile(skeleton.position, (frames, 1))
    for column, dof in enumerate(skeleton.bones["root"].dof):
        if dof[0] == "t":
            root[:, "xyz".index(dof[1])] += motion["root"][:, column]
    return RawMotion(
        path=path,
        fps=rate,
        names=tuple(names),
        parents=tuple(parents),
        ends=tuple(ends),
        offsets=np.array(offsets),
        root=root,
        local=local,
        metres=metres,
        likely_metres=skeleton.metres,
        up=up,
        any_zero_pose=True,
        notices=tuple(skeleton.notices),
    )


def _beside(path: Path) -> Path:
    try:
        found = sorted(p for p in path.parent.iterdir() if p.suffix.lower() == ".asf")
    except OSError:
        found = []
    if len(found) != 1:
        have = f"{len(found)} .asf files lie" if found else "no .asf file lies"
        raise bad(path, f"{have} beside it; give the skeleton with asf=")
    return found[0]


def _rotation(skeleton: Skeleton, bone: Bone, values: np.ndarray) -> np.ndarray:
    """[T, 3, 3]: C M C^T, M's angles about fixed axes in the order of the bone's `dof`."""
    which = [i for i, dof in enumerate(bone.dof) if dof[0] == "r"]
    if not which:
        return np.eye(3)[None]
    order = "".join(bone.dof[i][1] for i in which)
    turns = Rotation.from_euler(order, values[:, which], degrees=skeleton.degrees).as_matrix()
    return bone.axis @ turns @ bone.axis.T


def _read_frames(path: Path, text: str, skeleton: Skeleton) -> dict[str, np.ndarray]:
    """Each bone's values, [T, dof]; every frame must hold the same bones."""
    rows: dict[str, list[list[str]]] = {}
    frame, count = None, 0
    for line in text.splitlines():
        words = line.split("#")[0].split()
        if not words:
            continue
        if words[0].startswith(":"):
            _read_keyword(path, words, skeleton)
            continue
        if len(words) == 1 and words[0].isascii() and words[0].isdigit():
            number_here = int(words[0][:12])
            if frame is not None and number_here != frame + 1:
                raise bad(path, f"frame {number_here} follows frame {frame}; frames are missing")
            _check_whole(path, rows, frame, count)
            frame, count = number_here, count + 1
            continue
        name = words[0]
        bone = skeleton.bones.get(name)
        if frame is None or bone is None:
            what = "a bone that the .asf lacks" if frame is not None else "no frame number"
            raise bad(path, f"{quoted(line.strip())}: {what}; is this an .amc of that .asf?")
        if len(words) - 1 != len(bone.dof):
            raise bad(
                path,
                f"frame {frame}: {quoted(name)} has {len(words) - 1} numbers; its .asf says "
                f"{len(bone.dof)}",
            )
        if bone.dof:
            if name not in rows:
                rows[name] = [[]] * (count - 1)  # checked at the end of this frame
            rows[name].append(words[1:])
    _check_whole(path, rows, frame, count)
    if "root" not in rows:
        raise bad(path, "no frame moves the root; is this an .amc file?")
    return {
        name: numbers(path, [word for row in values for word in row], name).reshape(count, -1)
        for name, values in rows.items()
    }


def _read_keyword(path: Path, words: list[str], skeleton: Skeleton) -> None:
    """A line of the .amc's header."""
    key = words[0].lower()
    if key in (":degrees", ":radians"):
        skeleton.degrees = key == ":degrees"
    elif key == ":samples-per-second":
        rate = values_of(path, words, 1)[0]
        skeleton.fps = frame_rate(path, float(rate), f"{words[0]} {rate:g}")
    elif key != ":fully-specified":
        skeleton.passed_over(quoted(words[0]))


def _check_whole(path: Path, rows: dict[str, list], frame: int | None, count: int) -> None:
    """UserError if the last frame lacks a bone or has one twice."""
    for name, values in rows.items():
        if len(values) != count or not values[0]:
            raise bad(path, f"frame {frame} lacks {quoted(name)} or has it twice; is it whole?")
