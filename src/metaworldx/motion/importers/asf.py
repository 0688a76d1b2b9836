"""Acclaim .asf skeletons: units, root, bones and hierarchy."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.importers.files import bad, number, quoted, read_text

_INCH_M = 0.0254
_MOST_BONES = 512
_AXES = re.compile(r"[xyz]{3}")
# Content of .asf files that is ignored silently; other unread content gives a notice.
_IDLE = {
    "": ("version", "name", "documentation", "units", "root", "bonedata", "hierarchy", "skin"),
    "units": ("mass",),
    "root": (),
    "bonedata": ("id", "limits", "bodymass", "cofmass"),
}


@dataclass
class Bone:
    """A bone as :bonedata has it; `axis` as a matrix `[3, 3]`, `dof` as frames give them."""

    name: str = ""
    direction: np.ndarray = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.eye(3))
    dof: list[str] = field(default_factory=list)


@dataclass
class Skeleton:
    """Bones by name, the first `root`; parents before their children. Filled while files are read.

    Attributes:
      metres: metres per unit.
      degrees: whether angles are in degrees.
      position: of the root, in units.
      fps: from the .amc's header.
      notices: ignored content, in order.
    """

    metres: float = _INCH_M
    degrees: bool = True
    position: np.ndarray = field(default_factory=lambda: np.zeros(3))
    bones: dict[str, Bone] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    fps: float | None = None
    notices: dict[str, None] = field(default_factory=dict)

    def passed_over(self, what: str) -> None:
        """Records ignored content of a file, without duplicates."""
        self.notices[f"{what} is not known here and passed over"] = None


def read_asf(path: Path) -> Skeleton:
    """The skeleton; sections it needs: units, root, bonedata, hierarchy."""
    sections: dict[str, list[list[str]]] = {}
    skeleton = Skeleton()
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
            length = values_of(path, words, 1)[0]
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


def _pass_over(path: Path, skeleton: Skeleton, section: str, words: list[str]) -> None:
    """Records an unread line of a section, unless it is harmless or a joint limit."""
    if words[0].lower() not in _IDLE[section] and not words[0].startswith("("):
        skeleton.passed_over(f"{path.name}: {quoted(words[0])} in :{section}")


def _read_root(path: Path, lines: list[list[str]], skeleton: Skeleton) -> None:
    root = Bone("root")
    orientation, order = np.zeros(3), "xyz"
    for words in lines:
        key = words[0].lower()
        if key == "order":
            root.dof = _dof(path, "root", words[1:], "rt")
        elif key == "axis":
            order = _axis_order(path, words[1:])
        elif key == "position":
            skeleton.position = values_of(path, words, 3)
        elif key == "orientation":
            orientation = values_of(path, words, 3)
        else:
            _pass_over(path, skeleton, "root", words)
    if not root.dof:
        raise bad(path, ":root has no order, such as TX TY TZ RX RY RZ")
    root.axis = Rotation.from_euler(order, orientation, degrees=skeleton.degrees).as_matrix()
    skeleton.bones["root"] = root


def _read_bones(path: Path, lines: list[list[str]], skeleton: Skeleton) -> None:
    bone: Bone | None = None
    for words in lines:
        key = words[0].lower()
        if key == "begin":
            bone = Bone()
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
            along = values_of(path, words, 3)
            bone.direction = along / max(float(np.linalg.norm(along)), 1e-9)
        elif key == "length":
            bone.length = float(values_of(path, words, 1)[0])
        elif key == "axis":
            order = _axis_order(path, words[4:] or ["xyz"])
            angles = values_of(path, words[:4], 3)
            bone.axis = Rotation.from_euler(order, angles, skeleton.degrees).as_matrix()
        elif key == "dof":
            bone.dof = _dof(path, bone.name, words[1:], "r")
        else:
            _pass_over(path, skeleton, "bonedata", words)
    if bone is not None:
        raise bad(path, f"bone {quoted(bone.name)} has no end; is the file whole?")
    if len(skeleton.bones) > _MOST_BONES:
        raise bad(path, f"more than {_MOST_BONES} bones: not a human skeleton")


def _read_hierarchy(path: Path, lines: list[list[str]], skeleton: Skeleton) -> None:
    """Reads the hierarchy: parents before children, every bone with an existing parent."""
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


def values_of(path: Path, words: list[str], size: int) -> np.ndarray:
    """The numbers `[size]` of a line after its keyword; UserError for more or fewer."""
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
