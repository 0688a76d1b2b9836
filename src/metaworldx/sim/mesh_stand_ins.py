"""Stand-in primitives for shapes that only native MuJoCo collides as HumanoidBench does.

These are the cylinders of free bodies in scene files and the convex hulls of the feet in robot
files. MJX has no collision between cylinder and box, and one between hull and box costs it more
than the rest of a step.
"""

from __future__ import annotations

import math

import mujoco

STANDING = {"soda_can"}
"""Bodies that stand on the flat end of a cylinder, which becomes a box."""

ROLLING = {"headphone", "centering_trick"}
"""Bodies that roll on the rims of discs, which become spheres."""

_CYLINDER, _BOX = mujoco.mjtGeom.mjGEOM_CYLINDER, mujoco.mjtGeom.mjGEOM_BOX
_HULL = "hull"
_SAME_AREA = math.sqrt(math.pi) / 2
_CONVEX_AS_IN_3_1_6 = int(
    mujoco.mjtDisableBit.mjDSBL_NATIVECCD | mujoco.mjtDisableBit.mjDSBL_MULTICCD
)


def use_stand_ins(spec: mujoco.MjSpec) -> None:
    """Changes a model so that every backend can step it.

    Cylinders that could touch a box become capsules of the same length. Flat discs become boxes
    of equal area or, if they roll on their rims, spheres. Feet collide with their capsules alone,
    and convex shapes with the current MuJoCo's algorithm.
    """
    touching = [geom for geom in spec.geoms if geom.contype or geom.conaffinity]
    if any(geom.type == _BOX for geom in touching):
        for geom in touching:
            if geom.type == _CYLINDER:
                _replace(geom)
    hulls = {geom.name for geom in _hulls(spec)}
    feet = {geom.parent.name for geom in _hulls(spec)}
    for pair in list(spec.pairs):
        if pair.geomname1 in hulls:
            spec.delete(pair)
            board = spec.geom(pair.geomname2).parent.name
            for exclude in list(spec.excludes):
                if exclude.bodyname1 in feet and exclude.bodyname2 == board:
                    spec.delete(exclude)
    remove_unused_hulls(spec)
    spec.option.disableflags &= ~_CONVEX_AS_IN_3_1_6


def remove_unused_hulls(spec: mujoco.MjSpec) -> None:
    """Removes the hulls that no contact pair of the scene names, and their meshes."""
    paired = {name for pair in spec.pairs for name in (pair.geomname1, pair.geomname2)}
    hulls = _hulls(spec)
    meshes = {geom.meshname for geom in hulls if geom.name in paired}
    for geom in hulls:
        if geom.name not in paired:
            spec.delete(geom)
    for mesh in list(spec.meshes):
        if mesh.name not in meshes:
            spec.delete(mesh)


def _hulls(spec: mujoco.MjSpec) -> list:
    return [geom for geom in spec.geoms if geom.type == mujoco.mjtGeom.mjGEOM_MESH]


def _replace(geom) -> None:
    """Replaces a cylinder (MjsGeom) by its stand-in."""
    radius, half = float(geom.size[0]), float(geom.size[1])
    body = geom.parent.name
    if body in STANDING or (half < 0.6 * radius and body not in ROLLING):
        side = round(radius * _SAME_AREA, 8)
        geom.type, geom.size = _BOX, [side, side, half]
    elif half < 0.6 * radius:
        geom.type, geom.size = mujoco.mjtGeom.mjGEOM_SPHERE, [radius, 0.0, 0.0]
    else:
        length = round(max(half - radius, 0.3 * half), 8)
        geom.type, geom.size = mujoco.mjtGeom.mjGEOM_CAPSULE, [radius, length, 0.0]
