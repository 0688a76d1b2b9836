"""What a reader hands on, and the canonical names of a file's joints."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise, takewhile
from pathlib import Path

import numpy as np

from metaworldx.motion.human import REQUIRED_JOINTS
from metaworldx.motion.importers.files import bad

# Canonical joint: what files call it, most telling first. A name is given once, in this order, so
# that LeftShoulder is the clavicle where LeftArm is the shoulder, and the shoulder where the arm
# begins with it.
_SIDED = {
    "hip": ("upleg", "upperleg", "thigh", "femur", "hip"),
    "knee": ("lowleg", "lowerleg", "shin", "calf", "tibia", "knee", "leg"),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toe", "toes", "ball", "foot"),
    "shoulder": ("uparm", "upperarm", "shldr", "humerus", "arm", "shoulder"),
    "elbow": ("lowarm", "lowerarm", "forearm", "radius", "elbow"),
    "wrist": ("wrist", "hand"),
    "hand": ("fingerbase", "hand"),
    "collar": ("collar", "clavicle", "shoulder"),
}
_SINGLE = {"neck": ("neck", "lowerneck", "neck1"), "head": ("head",)}
_BASES = sorted({base for bases in _SIDED.values() for base in bases})
_LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
_SIDE_WORD = re.compile(r"(left|right)[_ .-]?(.+)")
_SIDE_START = re.compile(rf"(l|r)[_ .-]?({'|'.join(_BASES)})")
_SIDE_END = re.compile(r"(.+?)[_ .-](l|r|left|right)")
_SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}


@dataclass(frozen=True)
class RawMotion:
    """A clip in the file's own axes, units and names; joints come parents before children.

    Attributes:
      ends: which joints are mere ends of bones, without a rotation of their own.
      offsets: [J, 3] in the parent's frame, of the pose in which all local rotations are nil.
      root: [T, 3], world position of joint 0.
      local: [T, J, 3, 3], rotations relative to the parent.
      metres: metres a unit, or None: to be judged by the body's size.
      up: `y` or `z`, or None: to be judged by the motion.
      likely_up: what `up` nearly always is in such files.
      likely_metres: what `metres` is if the body's size bears it out.
      notices: what a person should be told of the file, a line each.
    """

    path: Path
    fps: float
    names: tuple[str, ...]
    parents: tuple[int, ...]
    ends: tuple[bool, ...]
    offsets: np.ndarray
    root: np.ndarray
    local: np.ndarray
    metres: float | None = None
    up: str | None = None
    likely_up: str | None = None
    likely_metres: float | None = None
    loop: bool | None = None
    notices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Body:
    """Which joints of a file make up the body: from the pelvis on, with their new names."""

    keep: tuple[int, ...]
    names: tuple[str, ...]
    parents: tuple[int, ...]


def find_body(raw: RawMotion) -> Body:
    """Names joints canonically; UserError if it is no skeleton with two legs and two arms.

    Hips, knees and so on go by name; pelvis, spine and chest by where they stand: the pelvis is
    where legs and arms meet, the chest where the arms meet, the spine the pelvis' child towards
    the chest. What lies above the pelvis moves it and is no joint of the body.
    """
    found = _by_name(raw)
    limbs = [joint for joint in REQUIRED_JOINTS if joint != "pelvis"]
    missing = [joint for joint in limbs if joint not in found]
    if missing:
        have = ", ".join(raw.names[:40])
        raise bad(raw.path, f"no joint for {', '.join(missing)}; the skeleton has {have}")
    above = [_ancestors(raw.parents, joint) for joint in range(len(raw.names))]
    for side in ("left", "right"):
        for limb in _LIMBS:
            for upper, lower in pairwise(limb):
                if found[f"{side}_{upper}"] not in above[found[f"{side}_{lower}"]]:
                    upper, lower = f"{side}_{upper}", f"{side}_{lower}"
                    raise bad(raw.path, f"{lower} does not hang on {upper}: not a human skeleton")
    _trunk(raw, found, above)
    keep = [j for j in range(len(raw.names)) if found["pelvis"] in above[j]]
    canonical = {joint: name for name, joint in found.items()}
    names: list[str] = []
    for joint in keep:
        own = raw.names[joint].rsplit(":", 1)[-1].lower() or "joint"
        names.append(canonical.get(joint) or _unused(own, {*names, *canonical.values()}))
    place = {joint: index for index, joint in enumerate(keep)}
    parents = tuple(-1 if i == 0 else place[raw.parents[j]] for i, j in enumerate(keep))
    return Body(tuple(keep), tuple(names), parents)


def _by_name(raw: RawMotion) -> dict[str, int]:
    """The joints that their names tell."""
    cut = len(_shared_prefix([n for n, end in zip(raw.names, raw.ends, strict=True) if not end]))
    known: dict[tuple[str | None, str], int] = {}
    for joint, name in enumerate(raw.names):
        if not raw.ends[joint]:
            known.setdefault(_split_side(name[cut:]), joint)
    found: dict[str, int] = {}
    for side in ("left", "right"):
        for part, bases in _SIDED.items():
            _claim(found, f"{side}_{part}", [known.get((side, base)) for base in bases])
        for part, above in (("toe", "ankle"), ("wrist", "elbow")):
            end = _end_of(raw, found.get(f"{side}_{above}"))
            _claim(found, f"{side}_{part}", [end])
    for part, bases in _SINGLE.items():
        _claim(found, part, [known.get((None, base)) for base in bases])
    return found


def _shared_prefix(names: list[str]) -> str:
    """What all names begin with, up to a colon or underscore: `Bip01_`."""
    same = takewhile(lambda letters: len(set(letters)) == 1, zip(*names, strict=False))
    prefix = "".join(letters[0] for letters in same) if len(names) > 1 else ""
    return prefix[: max(prefix.rfind(":"), prefix.rfind("_")) + 1]


def _claim(found: dict[str, int], name: str, joints: list[int | None]) -> None:
    for joint in joints:
        if joint is not None and joint not in found.values() and name not in found:
            found[name] = joint


def _end_of(raw: RawMotion, joint: int | None) -> int | None:
    if joint is None:
        return None
    children = (c for c, parent in enumerate(raw.parents) if parent == joint and raw.ends[c])
    return next(children, None)


def _split_side(name: str) -> tuple[str | None, str]:
    """`LeftUpLeg`, `lThigh`, `thigh_L` -> (`left`, `upleg` or `thigh`)."""
    text = re.sub(r"^.*:", "", name).lower().strip()
    text = re.sub(r"^mixamorig\d*[_ ]?", "", text)
    side = None
    if (match := _SIDE_WORD.fullmatch(text)) or (
        match := _SIDE_START.fullmatch(re.sub(r"(?<=.)[_ .-]", "", text))
    ):
        side, text = match.groups()
    elif match := _SIDE_END.fullmatch(text):
        text, side = match.groups()
    return _SIDES.get(side or ""), re.sub(r"[_ .-]", "", text)


def _trunk(raw: RawMotion, found: dict[str, int], above: list[list[int]]) -> None:
    """Finds pelvis, chest and spine, which must not have other names already."""

    def meet(*names: str) -> int | None:
        chains = [above[found[name]] for name in names]
        return next((j for j in chains[0] if all(j in chain for chain in chains)), None)

    pelvis = meet("left_hip", "right_hip", "left_shoulder", "right_shoulder")
    chest = meet("left_shoulder", "right_shoulder")
    if pelvis is None or pelvis in found.values():
        raise bad(raw.path, "legs and arms do not meet in a pelvis: not a human skeleton")
    assert chest is not None
    found["pelvis"] = pelvis
    if chest in found.values():
        return
    found["chest"] = chest
    chain = above[chest]
    spine = chain[chain.index(pelvis) - 1]
    if spine not in found.values():
        found["spine"] = spine


def _ancestors(parents: tuple[int, ...], joint: int) -> list[int]:
    """A joint and all above it."""
    chain = []
    while joint >= 0:
        chain.append(joint)
        joint = parents[joint]
    return chain


def _unused(name: str, taken: set[str]) -> str:
    """`name`, or `name_2`, `name_3`, ... if another joint has it."""
    free, count = name, 1
    while free in taken:
        count += 1
        free = f"{name}_{count}"
    return free
