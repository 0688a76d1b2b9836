"""Primitives that stand in for shapes that MJX cannot collide, and ours for meshes.

MJX has no contact between a cylinder and a box. A cylinder that could meet a box becomes a
capsule as long as itself; a flat disc becomes a box of equal area, or a sphere where it rolls
on its rim.
"""

from __future__ import annotations

import math

SLIDE_HEIGHT = 1.75
_SLIDE_THICKNESS = 0.25

POSTS = ("pole", "highbar_simple", "highbar_hard", "basketball")
"""Scenes whose cylinders are static posts, their ends out of reach: capsules of full length."""

CYLINDERS = ("powerlift",)
"""Scenes without a box: cylinders stay."""

STANDING = {"soda_can"}
"""Bodies that stand on the flat end of a cylinder: boxes."""

ROLLING = {"headphone", "centering_trick"}
"""Bodies that roll on the rims of discs: spheres."""

_SAME_AREA = math.sqrt(math.pi) / 2


def of(scene: str, body: str, geom: dict) -> list[dict]:
    """The geoms to write in place of one of the facts, in order; most stay as they are."""
    if geom["type"] == "mesh":
        return _slide(geom)
    seen = geom["contype"] == 0 and geom["conaffinity"] == 0
    if geom["type"] != "cylinder" or seen or scene in CYLINDERS:
        return [geom]
    radius, half = geom["size"][:2]
    if scene in POSTS:
        return [geom | {"type": "capsule"}]
    if body in STANDING or (half < 0.6 * radius and body not in ROLLING):
        side = radius * _SAME_AREA
        return [geom | {"type": "box", "size": [side, side, half]}]
    if half < 0.6 * radius:
        return [geom | {"type": "sphere"}]
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
