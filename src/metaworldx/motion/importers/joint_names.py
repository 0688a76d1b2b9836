"""Canonical joint names, from the naming conventions of programs or a user's mapping.

Names are split into words: `Bip01 L Thigh`, `CC_Base_L_Thigh`, `lThigh` and `thigh.L` end in a
known body part with a side before or after it. Words that most names of a file start with are its
prefix; further words before a part are ignored only if no joint has the part's bare name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from metaworldx.core.errors import UserError, nearest
from metaworldx.motion.human_skeleton import OPTIONAL_JOINTS, REQUIRED_JOINTS
from metaworldx.motion.importers.files import bad, quoted
from metaworldx.motion.importers.skeleton import RawMotion

# Canonical joint: names in files, most specific first. A name is given once, in this order, so
# that LeftShoulder is the clavicle where LeftArm is the shoulder, and the shoulder where the arm
# begins with it.
_SIDED = {
    "hip": ("upleg", "upperleg", "legupper", "uleg", "thigh", "thighbend", "femur", "hip", "leg"),
    "knee": (
        *("lowleg", "lowerleg", "leglower", "lleg", "shin", "calf", "tibia", "shank", "knee"),
        "leg",
    ),
    "ankle": ("ankle", "foot"),
    "toe": ("toebase", "toe", "toes", "ball", "foot"),
    "shoulder": (
        *("uparm", "upperarm", "armupper", "uarm", "shldr", "shldrbend", "humerus", "arm"),
        "shoulder",
    ),
    "elbow": (
        *("lowarm", "lowerarm", "armlower", "farm", "forearm", "forearmbend", "radius", "elbow"),
        "larm",
    ),
    "wrist": ("wrist", "hand"),
    "hand": ("fingerbase", "hand"),
    "collar": ("collar", "clavicle", "clav", "scapula", "shoulder"),
}
_SINGLE = {"neck": ("neck", "lowerneck", "necklower"), "head": ("head",)}
_PARTS = "|".join(sorted({part for parts in _SIDED.values() for part in parts}))
_SIDE_FIRST = re.compile(rf"(left|right|l|r)({_PARTS})")
_SIDE_LAST = re.compile(rf"({_PARTS})(left|right|l|r)")
_SIDES = {"l": "left", "r": "right", "left": "left", "right": "right"}
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+|[^\W\dA-Za-z_]+")
# Words without meaning beyond 'joint'.
_IDLE = {"jnt", "joint", "bone", "bn", "jt", "def", "org", "bind", "skin"}
# Words of things attached to a body part that are not that part.
_BESIDE = {
    *("ik", "fk", "twist", "roll", "ctrl", "control", "pole", "target", "goal", "helper", "share"),
    *("prop", "weapon", "socket", "attach", "marker", "mch", "cloth", "skirt", "sleeve", "muscle"),
}


class _Candidate(NamedTuple):
    """A joint with a part's name: ignored words before it, its number, the joint."""

    passed: int
    number: int
    joint: int


_Known = dict[tuple[str | None, str], list[_Candidate]]


def by_name(raw: RawMotion, given: Mapping[str, str]) -> dict[str, int]:
    """Joints by canonical name, from `given` or inferred from their names.

    Raises:
      UserError: an unknown given name, or an ambiguous required joint.
    """
    found = _given(raw, given)
    known = _known(raw)
    for side in ("left", "right"):
        for part, names in _SIDED.items():
            _claim(raw, found, f"{side}_{part}", [known.get((side, name), []) for name in names])
        for part, above in (("toe", "ankle"), ("wrist", "elbow")):
            end = _end_of(raw, found.get(f"{side}_{above}"))
            if end is not None and end not in found.values():
                found.setdefault(f"{side}_{part}", end)
    for part, names in _SINGLE.items():
        _claim(raw, found, part, [known.get((None, name), []) for name in names])
    return found


def _given(raw: RawMotion, given: Mapping[str, str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for canonical, name in given.items():
        if canonical not in (*REQUIRED_JOINTS, *OPTIONAL_JOINTS):
            known = (*REQUIRED_JOINTS, *OPTIONAL_JOINTS)
            raise UserError(f"names: {nearest('joint', canonical, known)}")
        if name not in raw.names:
            raise bad(raw.path, f"names: {canonical}: {nearest('joint', name, raw.names)}")
        if raw.names.count(name) > 1:
            raise bad(raw.path, f"names: {raw.names.count(name)} joints are called {quoted(name)}")
        joint = raw.names.index(name)
        if joint in found.values():
            other = next(key for key, value in found.items() if value == joint)
            raise bad(raw.path, f"names: {quoted(name)} is given to {other} and to {canonical}")
        found[canonical] = joint
    return found


def _known(raw: RawMotion) -> _Known:
    """Joints by side and part."""
    words = [() if end else words_of(name) for name, end in zip(raw.names, raw.ends, strict=True)]
    prefix = _prefix([each for each in words if each])
    known: _Known = {}
    for joint, each in enumerate(words):
        if each[: len(prefix)] == prefix:
            each = each[len(prefix) :]
        rest = [word for word in each if word not in _IDLE]
        numbers = [int(word[:9]) for word in rest if word.isdecimal()]
        number = numbers[-1] if numbers else -1
        rest = [word for word in rest if not word.isdecimal()]
        for passed in range(len(rest)):
            key = _side_and_part("".join(rest[passed:]))
            if key is not None and not _BESIDE.intersection(rest[:passed]):
                known.setdefault(key, []).append(_Candidate(passed, number, joint))
                break
    return known


def words_of(name: str) -> tuple[str, ...]:
    """`mixamorig:LeftUpLeg` -> left, up, leg; `Bip01 L Thigh` -> bip, 01, l, thigh."""
    own = re.split(r"[:|]", name)[-1]
    return tuple(word.lower() for word in _WORD.findall(own))


def _prefix(names: list[tuple[str, ...]]) -> tuple[str, ...]:
    """The longest proper prefix of more than half of the names."""
    prefix: tuple[str, ...] = ()
    while True:
        longer = Counter(
            name[: len(prefix) + 1]
            for name in names
            if name[: len(prefix)] == prefix and len(name) > len(prefix)
        )
        if not longer:
            return prefix
        most, count = longer.most_common(1)[0]
        if 2 * count <= len(names):
            return prefix
        prefix = most


def _side_and_part(text: str) -> tuple[str | None, str] | None:
    """`leftupleg`, `lthigh`, `thighl` -> (`left`, `upleg` or `thigh`)."""
    if match := _SIDE_FIRST.fullmatch(text):
        return _SIDES[match.group(1)], match.group(2)
    if match := _SIDE_LAST.fullmatch(text):
        return _SIDES[match.group(2)], match.group(1)
    return (None, text) if any(text in names for names in _SINGLE.values()) else None


def _claim(
    raw: RawMotion, found: dict[str, int], canonical: str, choices: list[list[_Candidate]]
) -> None:
    """Assigns the name to the best unnamed joint of the first choice that has one."""
    if canonical in found:
        return
    for candidates in choices:
        free = sorted(one for one in candidates if one.joint not in found.values())
        # Of Toe0 and Toe1 the first is the toe; of leg1 and leg2 either could be the knee.
        alike = 1 if canonical in REQUIRED_JOINTS and free and free[0].number >= 0 else 2
        best = [one.joint for one in free if one[:alike] == free[0][:alike]]
        if len(best) == 1:
            found[canonical] = best[0]
            return
        if best and canonical in REQUIRED_JOINTS:
            one, two = (quoted(raw.names[joint]) for joint in best[:2])
            raise bad(
                raw.path,
                f"{canonical} could be {one} or {two}; tell which with names= "
                f"(--names {canonical}=...)",
            )


def _end_of(raw: RawMotion, joint: int | None) -> int | None:
    if joint is None:
        return None
    children = (c for c, parent in enumerate(raw.parents) if parent == joint and raw.ends[c])
    return next(children, None)
