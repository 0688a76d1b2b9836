"""Writes a scene's MJCF from its facts, our stand-ins for shapes and our materials."""

from __future__ import annotations

import mjcf
import scene_looks
import stand_ins
from mjcf import SIZES, Element, unless

_SEVERAL_POINTS = ("bookshelf_simple", "bookshelf_hard")
"""Scenes in which HumanoidBench lets convex shapes touch in several points."""

_BOARDS = {"balance_simple": "stand_board", "balance_hard": "stand_board"}
"""Loose bodies that feet stand on, by scene. Feet sink deeper into a board that gives way than
their capsules are thick; there the hulls of the feet touch it in the capsules' place."""

_ENDLESS = [0.0, 0.0, 1.0]
"""A plane drawn to the horizon; planes touch without end whatever their size."""


def scene(name: str, facts: dict) -> Element:
    """The scene's file as an element tree; bodies, joints, geoms and sites in the facts' order.

    Args:
      name: the scene's name, which chooses materials and stand-ins in `scene_looks`.
      facts: an environment's facts; sensors and tendons of the robot are left to its own file.
    """
    root = Element("mujoco", {"model": name})
    if name in _SEVERAL_POINTS:
        root.add("option").add("flag", multiccd="enable")
    world = root.add("worldbody")
    written = {"world": world}
    moving: set[str] = set()
    loose: set[str] = set()
    bodies = {body["name"]: body for body in facts["scene_bodies"]}
    for body in facts["scene_bodies"]:
        if body["name"] == "world":
            element = world
        else:
            mocap = scene_looks.is_mocap(name, body["name"])
            element = written[body["parent"]].add(
                "body",
                name=body["name"],
                mocap=True if mocap else None,
                gravcomp=_gravcomp(body),
                **mjcf.pose(body),
            )
            written[body["name"]] = element
            if body["joints"] or body["parent"] in moving:
                moving.add(body["name"])
                mjcf.inertial(element, body)
        if body["parent"] in loose or any(j["type"] == "free" for j in body["joints"]):
            loose.add(body["name"])
        for joint in body["joints"]:
            mjcf.joint(element, joint)
        for geom in body["geoms"]:
            for made in stand_ins.of(name, geom, body["name"] in loose):
                _geom(element, name, body["name"], made)
        for twin in scene_looks.shown(name, body):
            _geom(element, name, body["name"], twin)
        element.children += scene_looks.extras(name, body, bodies)
        for site in body["sites"]:
            mjcf.site(element, site)
        for camera in body["cameras"]:
            mjcf.camera(element, camera)
    _contacts(root, name, facts)
    _equalities(root, facts)
    mjcf.sensors(root, facts["sensors"][6:])
    return root


def _gravcomp(body: dict) -> float | None:
    figures = {joint["gravcomp_body"] for joint in body["joints"]} - {0.0}
    return figures.pop() if figures else None


def _geom(element: Element, scene_name: str, body: str, facts: dict) -> None:
    seen = facts["contype"] == 0 and facts["conaffinity"] == 0
    floor = facts["type"] == "plane"
    element.add(
        "geom",
        class_="visual" if seen else None if floor else "collision",
        name=facts["name"] or None,
        type=unless(facts["type"], "sphere"),
        size=_ENDLESS if floor else facts["size"][: SIZES[facts["type"]]],
        **mjcf.pose(facts),
        material=scene_looks.material(scene_name, body, facts),
        **({} if seen else mjcf.contact_figures(facts)),
    )


def _contacts(root: Element, name: str, facts: dict) -> None:
    robots = {"lh_wrist", "lh_thproximal", "rh_wrist", "rh_thproximal"}
    excludes = [pair for pair in facts["contact_excludes"] if not robots & set(pair)]
    if not excludes and name not in _BOARDS:
        return
    section = root.add("contact")
    for first, second in excludes:
        section.add("exclude", body1=first, body2=second)
    if name in _BOARDS:
        for side in ("left", "right"):
            board = _BOARDS[name]
            section.add("exclude", body1=f"{side}_ankle_link", body2=board)
            section.add("pair", geom1=f"{side}_foot_hull", geom2=f"{board}_collision")


def _equalities(root: Element, facts: dict) -> None:
    equalities = [e for e in facts["equality"] if e["type"] in ("connect", "joint")]
    if not equalities:
        return
    section = root.add("equality")
    for e in equalities:
        assert e["active0"] and e["solref"] == mjcf.SOLREF and e["solimp"] == mjcf.SOLIMP
        if e["type"] == "connect":
            section.add(
                "connect",
                name=e["name"],
                body1=e["obj1"],
                body2=e["obj2"],
                anchor=e["data"][:3],
            )
        else:
            section.add(
                "joint",
                name=e["name"] or None,
                joint1=e["obj1"],
                joint2=e["obj2"],
                polycoef=e["data"][:5],
            )
