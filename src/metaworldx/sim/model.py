"""MuJoCo models of a robot in a scene, with a chosen collision set."""

from __future__ import annotations

from pathlib import Path

import mujoco

from metaworldx.core.assets import asset_root
from metaworldx.core.errors import UserError, nearest
from metaworldx.sim import mesh_stand_ins

COLLISION_SETS = ("feet", "body", "full")
"""How much of the robot collides: the feet with the scene; every part with the scene, and a few
pairs of its own parts; everything with everything, as in HumanoidBench."""

_SCENE_BIT, _ROBOT_BIT = 1, 2
_FEW_PAIRS = 150
"""Up to this many pairs of geoms that could touch, MJX carries all contacts."""

_SELF_PAIRS = (
    ("left_foot_collision_1", "right_foot_collision_1"),
    ("left_foot_collision_2", "right_foot_collision_2"),
    ("left_knee_collision_0", "right_knee_collision_0"),
    ("left_hip_pitch_collision_1", "right_hip_pitch_collision_1"),
    ("left_elbow_collision_0", "torso_collision_1"),
    ("right_elbow_collision_0", "torso_collision_1"),
    ("left_elbow_collision_0", "left_hip_pitch_collision_0"),
    ("right_elbow_collision_0", "right_hip_pitch_collision_0"),
    ("left_elbow_collision_0", "right_elbow_collision_0"),
)
_HAND_PAIRS = (
    ("lh_palm_collision_1", "left_hip_pitch_collision_0"),
    ("rh_palm_collision_1", "right_hip_pitch_collision_0"),
    ("lh_palm_collision_1", "rh_palm_collision_1"),
)


def _known(kind: str, name: str, names: tuple[str, ...]) -> None:
    if name not in names:
        raise UserError(nearest(kind, name, names, f"there are {', '.join(names)}"))


def robots() -> tuple[str, ...]:
    """Names of the robots that have a model file."""
    return tuple(sorted(path.stem for path in (asset_root() / "robots").glob("*.xml")))


def scenes() -> tuple[str, ...]:
    """Names of the scenes that have a model file."""
    return tuple(sorted(path.stem for path in (asset_root() / "scenes").glob("*.xml")))


def model_spec(
    robot: str, scene: str, collisions: str, visuals: bool = True, native: bool = False
) -> mujoco.MjSpec:
    """A robot in a scene, not yet compiled, so that sensors can still be added.

    Bodies, joints, sites, actuators and sensors stand in HumanoidBench's order under its names:
    the robot's first, then the scene's.

    Args:
      robot: a file in `assets/robots/`, without its ending, or the path of a user's `.xml`.
      scene: a file in `assets/scenes/`, without its ending, or the path of a user's `.xml`.
      collisions: one of COLLISION_SETS.
      visuals: whether visual geoms stay in the compiled model. The dynamics are the same, but a
        step on the bare floor takes 60% longer with them: omit them for simulation, keep them for
        rendering.
      native: for native MuJoCo only: free bodies keep their cylinders, feet collide with boards by
        their hulls, and convex shapes collide as in HumanoidBench's MuJoCo. Otherwise shapes that
        MJX cannot collide, or only slowly, have stand-ins.

    Raises UserError (a ValueError) for an unknown name, with the nearest known one, and for a
    user's file that cannot be read as a part of a model.
    """
    _known("collision set", collisions, COLLISION_SETS)
    paths = {
        "common.xml": asset_root() / "common.xml",
        "robot.xml": _file("robot", robot, robots()),
        "scene.xml": _file("scene", scene, scenes()),
    }
    lines = "".join(f'<include file="{name}"/>' for name in paths)
    name = "_".join(paths[part].stem for part in ("robot.xml", "scene.xml"))
    try:
        spec = mujoco.MjSpec.from_string(
            f'<mujoco model="{name}">{lines}</mujoco>',
            include={part: path.read_bytes() for part, path in paths.items()},
        )
    except (OSError, ValueError) as error:
        if not f"{robot} {scene}".count(".xml"):
            raise
        why = " ".join(str(error).split())[:300]
        raise UserError(f"robot {robot}, scene {scene}: {why}") from None
    spec.modelname = name
    for path in paths.values():
        _find_meshes(spec, path.parent)
    spec.compiler.discardvisual = not visuals
    if native:
        mesh_stand_ins.remove_unused_hulls(spec)
    else:
        mesh_stand_ins.use_stand_ins(spec)
    _apply(spec, collisions)
    return spec


def _file(kind: str, name: str, known: tuple[str, ...]) -> Path:
    """The model file of a robot or scene: a shipped one by its name, or a user's path."""
    if name.endswith(".xml"):
        return Path(name)
    _known(kind, name, known)
    return asset_root() / f"{kind}s" / f"{name}.xml"


def _find_meshes(spec: mujoco.MjSpec, folder: Path) -> None:
    """Finds the mesh and texture files that a model file names beside itself."""
    for parts, below in ((spec.meshes, spec.meshdir), (spec.textures, spec.texturedir)):
        for part in parts:
            path = folder / below / part.file
            if part.file and path.is_file():
                part.file = str(path.resolve())


def build_model(
    robot: str, scene: str, collisions: str, visuals: bool = True, native: bool = False
) -> mujoco.MjModel:
    """The compiled model of `model_spec`."""
    return model_spec(robot, scene, collisions, visuals, native).compile()


def robot_collision_geoms(spec: mujoco.MjSpec) -> list:
    """The robot's collision geoms (MjsGeom), independent of the collision set."""
    return [geom for geom in spec.body("pelvis").find_all("geom") if geom.group == 3]


def _apply(spec: mujoco.MjSpec, collisions: str) -> None:
    """Sets contact bits and explicit pairs for a collision set.

    Scene geoms carry bit 1 as in HumanoidBench. A robot whose parts don't collide with each
    other has contype bit 2, which matches only scene geoms without a contype of their own
    (kitchen's).
    """
    robot_geoms = robot_collision_geoms(spec)
    if collisions == "full":
        return
    own_names = {geom.name for geom in robot_geoms}
    for geom in robot_geoms:
        touches = collisions == "body" or "_foot_" in geom.name
        geom.contype = _ROBOT_BIT if touches else 0
        geom.conaffinity = _SCENE_BIT if touches else 0
    for geom in spec.geoms:
        if geom.name not in own_names and geom.conaffinity and not geom.contype:
            geom.conaffinity |= _ROBOT_BIT
    if collisions == "body":
        for first, second in _SELF_PAIRS + _HAND_PAIRS:
            if first in own_names and second in own_names:
                spec.add_pair(geomname1=first, geomname2=second)


def set_mjx_limits(spec: mujoco.MjSpec) -> None:
    """Limits the number of MJX's contacts; without limits it allocates them for every geom pair.

    MJX then tests the `max_geom_pairs` nearest pairs, by bounding spheres, of each pair of shape
    types, and keeps the `max_contact_points` deepest contacts. Native MuJoCo ignores both. A long
    wall's bounding sphere is near everything: 48 pairs would lose the feet's contacts with the
    stairs. These limits keep every pair that touches in the recordings' states. A model with few
    pairs, such as the bare floor, gets no limits.
    """
    robot_geoms = [geom for geom in robot_collision_geoms(spec) if geom.contype or geom.conaffinity]
    own_names = {geom.name for geom in robot_collision_geoms(spec)}
    scene = [
        geom
        for geom in spec.geoms
        if geom.name not in own_names and (geom.contype or geom.conaffinity)
    ]
    touches_itself = any(geom.contype & geom.conaffinity for geom in robot_geoms)
    loose = sum(joint.type == mujoco.mjtJoint.mjJNT_FREE for joint in spec.joints) - 1
    pairs = (len(robot_geoms) + loose) * len(scene) + (
        len(robot_geoms) ** 2 if touches_itself else 0
    )
    if pairs <= _FEW_PAIRS:
        return
    spec.add_numeric(name="max_geom_pairs", data=[max(192, 12 * len(robot_geoms))])
    spec.add_numeric(name="max_contact_points", data=[64 + 4 * loose])
