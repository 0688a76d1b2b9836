"""Acclaim's .amc motion on its .asf skeleton, as the CMU database has them.

A bone of the .asf turns about its start, so its joint lies there: lfemur's is the hip, ltibia's
the knee. Its local rotation is C M C^T, with C the bone's `axis` and M the frame's angles.
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

CMU_FPS = 120.0
_INCH_M = 0.0254
_MOST_BONES = 512
_AXES = re.compile(r"[xyz]{3}")
# What the sections of an .asf hold that is not needed here; all else that is not read is told.
_IDLE = {
    "": ("version", "name", "documentation", "units", "root", "bonedata", "hierarchy", "skin"),
    "units": ("mass",),
    "root": (),
    "bonedata": ("id", "limits", "bodymass", "cofmass"),
}


@dataclass
class _Bone:
    name: str = ""
    direction: np.ndarray = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.eye(3))
    dof: list[str] = field(default_factory=list)


@dataclass
class _Skeleton:
    metres: float = _INCH_M
    degrees: bool = True
    position: np.ndarray = field(default_factory=lambda: np.zeros(3))
    bones: dict[str, _Bone] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    fps: float | None = None
    notices: dict[str, None] = field(default_factory=dict)

    def passed_over(self, what: str) -> None:
        """Notes what a file says and nothing here reads; the same once."""
        self.notices[f"{what} is not known here and passed over"] = None


def read_amc(
    path: Path, asf: Path | None, fps: float | None, metres: float | None, up: str | None
) -> RawMotion:
    """Reads a clip on `asf`, or on the only .asf beside it.

    Without `fps` it has the rate of its header (:SAMPLES-PER-SECOND), else CMU's.
    """
    text = read_text(path)
    skeleton = _read_asf(asf or _beside(path))
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


def _rotation(skeleton: _Skeleton, bone: _Bone, values: np.ndarray) -> np.ndarray:
    """[T, 3, 3]: C M C^T, M's angles about fixed axes in the order of the bone's `dof`."""
    which = [i for i, dof in enumerate(bone.dof) if dof[0] == "r"]
    if not which:
        return np.eye(3)[None]
    order = "".join(bone.dof[i][1] for i in which)
    turns = Rotation.from_euler(order, values[:, which], degrees=skeleton.degrees).as_matrix()
    return bone.axis @ turns @ bone.axis.T


def _read_asf(path: Path) -> _Skeleton:
    """The skeleton; sections it needs: units, root, bonedata, hierarchy."""
    sections: dict[str, list[list[str]]] = {}
    skeleton = _Skeleton()
    name = ""
    for line in read_text(path).splitlines():
        words = line.split("#")[0].split()
        if words and words[0].startswith(":"):
            name = words[0][1:].lower()
            sections.setdefault(name, [])
            if name not in _IDLE[""]:
                skeleton.passed_over(f"{path.name}: the section {quoted(words[0])}")
        elif words and not name:
            skeleton.passed_over(f"{path.name}: {quoted(words[0])} before the first section")
        elif words:
            sections[name].append(words)
    for needed in ("root", "bonedata", "hierarchy"):
        if not sections.get(needed):
            raise bad(path, f"no :{needed} section; is this a whole .asf skeleton?")
    for words in sections.get("units", []):
        if words[0].lower() == "length":
            length = _vector(path, words, 1)[0]
            if not 1e-6 < length < 1e6:
                raise bad(path, f"units: length {length:g} is not a scale")
            skeleton.metres = _INCH_M / length
        elif words[0].lower() == "angle":
            skeleton.degrees = _is_degrees(path, " ".join(words[1:]))
        else:
            _pass_over(path, skeleton, "units", words)
    _read_root(path, sections["root"], skeleton)
    _read_bones(path, sections["bonedata"], skeleton)
    _read_hierarchy(path, sections["hierarchy"], skeleton)
    return skeleton


def _pass_over(path: Path, skeleton: _Skeleton, section: str, words: list[str]) -> None:
    """Notes a line of a section that is not read, unless that is harmless or one of limits."""
    if words[0].lower() not in _IDLE[section] and not words[0].startswith("("):
        skeleton.passed_over(f"{path.name}: {quoted(words[0])} in :{section}")


def _read_root(path: Path, lines: list[list[str]], skeleton: _Skeleton) -> None:
    root = _Bone("root")
    orientation, order = np.zeros(3), "xyz"
    for words in lines:
        key = words[0].lower()
        if key == "order":
            root.dof = _dof(path, "root", words[1:], "rt")
        elif key == "axis":
            order = _axis_order(path, words[1:])
        elif key == "position":
            skeleton.position = _vector(path, words, 3)
        elif key == "orientation":
            orientation = _vector(path, words, 3)
        else:
            _pass_over(path, skeleton, "root", words)
    if not root.dof:
        raise bad(path, ":root has no order, such as TX TY TZ RX RY RZ")
    root.axis = Rotation.from_euler(order, orientation, degrees=skeleton.degrees).as_matrix()
    skeleton.bones["root"] = root


def _read_bones(path: Path, lines: list[list[str]], skeleton: _Skeleton) -> None:
    bone: _Bone | None = None
    for words in lines:
        key = words[0].lower()
        if key == "begin":
            bone = _Bone()
        elif bone is None:
            raise bad(path, f"{quoted(' '.join(words))} in :bonedata stands outside begin and end")
        elif key == "end":
            if not bone.name or bone.name in skeleton.bones:
                raise bad(path, f"a bone's name is {quoted(bone.name)}; each has one of its own")
            skeleton.bones[bone.name] = bone
            bone = None
        elif key == "name":
            bone.name = " ".join(words[1:])
        elif key == "direction":
            vector = _vector(path, words, 3)
            bone.direction = vector / max(float(np.linalg.norm(vector)), 1e-9)
        elif key == "length":
            bone.length = float(_vector(path, words, 1)[0])
        elif key == "axis":
            order = _axis_order(path, words[4:] or ["xyz"])
            angles = _vector(path, words[:4], 3)
            bone.axis = Rotation.from_euler(order, angles, skeleton.degrees).as_matrix()
        elif key == "dof":
            bone.dof = _dof(path, bone.name, words[1:], "r")
        else:
            _pass_over(path, skeleton, "bonedata", words)
    if bone is not None:
        raise bad(path, f"bone {quoted(bone.name)} has no end; is the file whole?")
    if len(skeleton.bones) > _MOST_BONES:
        raise bad(path, f"more than {_MOST_BONES} bones: not a human skeleton")


def _read_hierarchy(path: Path, lines: list[list[str]], skeleton: _Skeleton) -> None:
    """Parents, each before its children; every bone hangs on one that is there."""
    waiting: dict[str, list[str]] = {}
    given: set[str] = set()
    for parent, *children in lines:
        if parent.lower() in ("begin", "end") and not children:
            continue
        for name in (parent, *children):
            if name not in skeleton.bones:
                raise bad(path, f":hierarchy names the bone {quoted(name)}, which :bonedata lacks")
        for child in children:
            if child in given or child == "root":
                raise bad(path, f":hierarchy gives {quoted(child)} more than one parent")
            given.add(child)
        waiting.setdefault(parent, []).extend(children)
    open_bones = ["root"]
    while open_bones:
        parent = open_bones.pop(0)
        for child in waiting.get(parent, []):
            skeleton.parents[child] = parent
            open_bones.append(child)
    loose = set(skeleton.bones) - set(skeleton.parents) - {"root"}
    if loose:
        raise bad(path, f":hierarchy does not join {quoted(min(loose))} to the root")


def _read_frames(path: Path, text: str, skeleton: _Skeleton) -> dict[str, np.ndarray]:
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
                rows[name] = [[]] * (count - 1)  # found lacking when this frame ends
            rows[name].append(words[1:])
    _check_whole(path, rows, frame, count)
    if "root" not in rows:
        raise bad(path, "no frame moves the root; is this an .amc file?")
    return {
        name: numbers(path, [word for row in values for word in row], name).reshape(count, -1)
        for name, values in rows.items()
    }


def _read_keyword(path: Path, words: list[str], skeleton: _Skeleton) -> None:
    """A line of the .amc's header."""
    key = words[0].lower()
    if key in (":degrees", ":radians"):
        skeleton.degrees = key == ":degrees"
    elif key == ":samples-per-second":
        rate = _vector(path, words, 1)[0]
        skeleton.fps = frame_rate(path, float(rate), f"{words[0]} {rate:g}")
    elif key != ":fully-specified":
        skeleton.passed_over(quoted(words[0]))


def _check_whole(path: Path, rows: dict[str, list], frame: int | None, count: int) -> None:
    """UserError if a bone is missing from the frame just read, or stands there twice."""
    for name, values in rows.items():
        if len(values) != count or not values[0]:
            raise bad(path, f"frame {frame} lacks {quoted(name)} or has it twice; is it whole?")


def _vector(path: Path, words: list[str], size: int) -> np.ndarray:
    if len(words) != size + 1:
        raise bad(path, f"{quoted(' '.join(words))} should hold {size} number(s)")
    return np.array([number(path, word, words[0]) for word in words[1:]])


def _axis_order(path: Path, words: list[str]) -> str:
    order = "".join(words).lower()
    if not _AXES.fullmatch(order) or len(set(order)) != 3:
        raise bad(path, f"axis order is {quoted(' '.join(words))}; one such as XYZ is right")
    return order


def _dof(path: Path, bone: str, words: list[str], kinds: str) -> list[str]:
    dof = [word.lower() for word in words]
    known = all(len(d) == 2 and d[0] in kinds and d[1] in "xyz" for d in dof)
    if not known or len(set(dof)) != len(dof):
        right = "tx ty tz rx ry rz" if "t" in kinds else "rx ry rz"
        raise bad(path, f"dof of {quoted(bone)} is {quoted(' '.join(words))}; of {right}")
    return dof


def _is_degrees(path: Path, unit: str) -> bool:
    if unit.lower() not in ("deg", "rad"):
        raise bad(path, f"units: angle is {quoted(unit)}; deg or rad is right")
    return unit.lower() == "deg"
