"""Primitives that stand in for shapes that MJX cannot collide, and ours for meshes.

MJX has no contact between a cylinder and a box. A cylinder that could meet a box and is part of
the world or hangs on a joint becomes a capsule as long as itself; a flat disc becomes a box of
equal area. Cylinders of loose bodies stay: how they lie and roll depends on which of their
points touch. `metaworldx.sim.mesh_stand_ins` replaces those where MJX steps them.
"""

from __future__ import annotations

import math

SLIDE_HEIGHT = 1.75
_SLIDE_THICKNESS = 0.25

POSTS = ("pole", "highbar_simple", "highbar_hard", "basketball")
"""Scenes whose cylinders are static posts, their ends out of reach: capsules of full length."""

_SAME_AREA = math.sqrt(math.pi) / 2


def of(scene: str, geom: dict, loose: bool) -> list[dict]:
    """The geoms to write in place of one of the facts, in order; most stay as they are.

    Args:
      scene: the scene's name.
      geom: its facts.
      loose: whether its body, or one that it is fixed to, is free to move.
    """
    if geom["type"] == "mesh":
        return _slide(geom)
    seen = geom["contype"] == 0 and geom["conaffinity"] == 0
    if geom["type"] != "cylinder" or seen or loose:
        return [geom]
    radius, half = geom["size"][:2]
    if scene in POSTS:
        return [geom | {"type": "capsule"}]
    if half < 0.6 * radius:
        side = radius * _SAME_AREA
        return [geom | {"type": "box", "size": [side, side, half]}]
    return [geom | {"type": "capsule", "size": [radius, max(half - radius, 0.3 * half)]}]


def _slide(geom: dict) -> list[dict]:
    """A tent with its ridge at mid-length, from two tilted slabs, once to touch and once to see."""
    low, high = geom["extent_in_body_frame"]["min"], geom["extent_in_body_frame"]["max"]
    x0, x1, width = round(low[0], 4), round(high[0], 4), round((high[1] - low[1]) / 2, 4)
    run = (x1 - x0) / 2
    angle = math.atan2(SLIDE_HEIGHT, run)
    made = []
    for start, sign in ((x0, 1.0), (x1, -1.0)):
        # The middle of the slab's upper face, then half the thickness straight into it.
        x = start + sign * run / 2 + sign * _SLIDE_THICKNESS * math.sin(angle)
        z = SLIDE_HEIGHT / 2 - _SLIDE_THICKNESS * math.cos(angle)
        slab = geom | {
            "type": "box",
            "size": [math.hypot(run, SLIDE_HEIGHT) / 2, width, _SLIDE_THICKNESS],
            "pos": [x, 0.0, z],
            "quat": [math.cos(angle / 2), 0.0, -sign * math.sin(angle / 2), 0.0],
        }
        made += [slab | {"contype": 0, "conaffinity": 0, "group": 2}, slab]
    return made
