"""Body joints of a file's skeleton."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from metaworldx.motion.human_skeleton import REQUIRED_JOINTS
from metaworldx.motion.importers.files import bad, quoted
from metaworldx.motion.importers.joint_names import by_name
from metaworldx.motion.importers.skeleton import RawMotion

_LIMBS = (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist"))
_LISTED = 350


@dataclass(frozen=True)
class Body:
    """Body joints of a file's skeleton, from the pelvis on, with canonical names."""

    keep: tuple[int, ...]
    names: tuple[str, ...]
    parents: tuple[int, ...]


def find_body(raw: RawMotion, given: Mapping[str, str]) -> Body:
    """Assigns canonical names; UserError for a skeleton without two legs and two arms.

    Hips, knees and so on are found by name; pelvis, spine and chest by the hierarchy: the pelvis is
    the common ancestor of legs and arms, the chest that of the arms, the spine the pelvis' child
    towards the chest. Ancestors of the pelvis move it and are no joints of the body.

    Args:
      given: the file's names of canonical joints, which override inferred ones.
    """
    found = by_name(raw, given)
    limbs = [joint for joint in REQUIRED_JOINTS if joint != "pelvis"]
    missing = [joint for joint in limbs if joint not in found]
    if missing:
        have = ", ".join(raw.names[:40])
        have = have if len(have) <= _LISTED else f"{have[:_LISTED]}..."
        raise bad(
            raw.path,
            f"no joint for {', '.join(missing)}; the skeleton has {have}; tell which with names= "
            f"(--names {missing[0]}=...)",
        )
    above = [_ancestors(raw.parents, joint) for joint in range(len(raw.names))]
    for side in ("left", "right"):
        for limb in _LIMBS:
            for upper, lower in pairwise(limb):
                if found[f"{side}_{upper}"] not in above[found[f"{side}_{lower}"]]:
                    upper, lower = f"{side}_{upper}", f"{side}_{lower}"
                    raise bad(raw.path, f"{lower} does not hang on {upper}: not a human skeleton")
    _trunk(raw, found, above)
    keep = [j for j in range(len(raw.names)) if found["pelvis"] in above[j]]
    for name in given:
        if found[name] not in keep:
            raise bad(raw.path, f"names: {name} is {quoted(given[name])}, not below the pelvis")
    canonical = {joint: name for name, joint in found.items()}
    names: list[str] = []
    for joint in keep:
        own = raw.names[joint].rsplit(":", 1)[-1].lower() or "joint"
        names.append(canonical.get(joint) or _unused(own, {*names, *canonical.values()}))
    place = {joint: index for index, joint in enumerate(keep)}
    parents = tuple(-1 if i == 0 else place[raw.parents[j]] for i, j in enumerate(keep))
    return Body(tuple(keep), tuple(names), parents)


def _trunk(raw: RawMotion, found: dict[str, int], above: list[list[int]]) -> None:
    """Finds pelvis, chest and spine, which must not have other names already."""

    def meet(*names: str) -> list[int]:
        """Common ancestors of these joints, nearest first."""
        first, *others = (above[found[name]] for name in names)
        return [j for j in first if all(j in chain for chain in others)]

    def settle(name: str, meets: list[int]) -> int | None:
        if name in found and found[name] not in meets:
            file_name = quoted(raw.names[found[name]])
            raise bad(raw.path, f"names: {name} is {file_name}, on which legs and arms do not hang")
        return found.get(name, meets[0] if meets else None)

    pelvis = settle("pelvis", meet("left_hip", "right_hip", "left_shoulder", "right_shoulder"))
    if pelvis is None or ("pelvis" not in found and pelvis in found.values()):
        raise bad(raw.path, "legs and arms do not meet in a pelvis: not a human skeleton")
    found["pelvis"] = pelvis
    chest = settle("chest", meet("left_shoulder", "right_shoulder"))
    assert chest is not None
    if "chest" in found or chest in found.values():
        return
    found["chest"] = chest
    chain = above[chest]
    spine = chain[chain.index(pelvis) - 1]
    if spine not in found.values():
        found.setdefault("spine", spine)


def _ancestors(parents: tuple[int, ...], joint: int) -> list[int]:
    """A joint and its ancestors."""
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
