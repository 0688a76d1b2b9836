"""Writes a robot's MJCF from its facts and our shapes."""

from __future__ import annotations

import h1_looks
import h1_shapes
import mjcf
from h1_shapes import Shape
from mjcf import Element, unless

_BODY_JOINT = {"damping": 1.0, "armature": 0.1}
_HAND_JOINT = {"damping": 0.05, "armature": 0.0002, "frictionloss": 0.01}
_SUN = [0.0, 1.2, 3.2]
"""Where the light that follows the robot stands, from the pelvis, m."""
_HAND_CONTACT = {"solref": [0.005, 1.0], "solimp": [0.5, 0.99, 0.0001, 0.5, 2.0]}


def robot(facts: dict) -> Element:
    """The robot's file as an element tree, bodies, joints and sites in the facts' order."""
    hands = facts["nu"] > 19
    root = Element("mujoco", {"model": facts["robot"]})
    _defaults(root, hands)
    foot = next(body for body in facts["bodies"] if body["name"] in h1_shapes.FEET)
    hull = next(geom for geom in foot["geoms"] if geom["type"] == "mesh" and geom["contype"])
    corners = [value for corner in h1_shapes.foot_hull(hull) for value in corner]
    root.add("asset").add("mesh", name="foot_hull", vertex=corners)
    world = root.add("worldbody")
    collision = h1_shapes.mirrored(h1_shapes.COLLISION)
    seen = h1_shapes.mirrored(h1_looks.BODY if hands else h1_looks.BODY | h1_looks.FISTS)
    if hands:
        collision |= h1_shapes.mirrored(h1_shapes.HAND_COLLISION)
        seen |= h1_shapes.mirrored(h1_looks.HANDS)
    written = {"world": world}
    for body in facts["bodies"]:
        element = written[body["parent"]].add("body", name=body["name"], **mjcf.pose(body))
        written[body["name"]] = element
        mjcf.inertial(element, body)
        for joint in body["joints"]:
            _joint(element, joint)
        for i, shape in enumerate(collision.get(body["name"], [])):
            foot = body["name"] in h1_shapes.FEET
            part = body["name"].replace("_ankle_link", "_foot") if foot else body["name"]
            hand = body["name"].startswith(("lh_", "rh_"))
            _shape(
                element,
                shape,
                class_="hand_collision" if hand else "collision",
                name=f"{part.removesuffix('_link')}_collision_{i}",
            )
        if body["name"] in h1_shapes.FEET:
            name = body["name"].replace("_ankle_link", "_foot_hull")
            element.add("geom", class_="hull", name=name, mesh="foot_hull")
        for shape in seen.get(body["name"], []):
            _shape(element, shape, class_="visual", material=shape.material)
        for site in body["sites"]:
            mjcf.site(element, site)
        for camera in body["cameras"]:
            mjcf.camera(element, camera)
        if body["parent"] == "world":
            element.add("light", class_="sun", name="sun", pos=_SUN, dir=[-v for v in _SUN])
    _excludes(root, facts)
    _tendons(root, facts)
    _actuators(root, facts)
    mjcf.sensors(root, facts["sensors"])
    return root


def _defaults(root: Element, hands: bool) -> None:
    default = root.add("default")
    default.add("default", class_="h1").add("joint", **_BODY_JOINT)
    if hands:
        default.add("default", class_="hand").add("joint", **_HAND_JOINT)
        default.add("default", class_="hand_collision").add("geom", group=3, **_HAND_CONTACT)


def _joint(element: Element, facts: dict) -> None:
    if facts["name"].startswith(("lh_", "rh_")):
        mjcf.joint(element, facts, "hand", **_HAND_JOINT)
    else:
        mjcf.joint(element, facts, "h1", **_BODY_JOINT)


def _shape(element: Element, shape: Shape, **attributes: str) -> None:
    line = shape.end is not None
    element.add(
        "geom",
        **attributes,
        type=unless(shape.type, "sphere"),
        size=shape.size,
        fromto=[*shape.start, *shape.end] if shape.end is not None else None,
        pos=None if line else unless(list(shape.start), mjcf.ORIGIN),
        euler=shape.euler,
    )


def _excludes(root: Element, facts: dict) -> None:
    if facts["contact_excludes"]:
        section = root.add("contact")
        for first, second in facts["contact_excludes"]:
            section.add("exclude", body1=first, body2=second)


def _tendons(root: Element, facts: dict) -> None:
    if facts["tendons"]:
        section = root.add("tendon")
        for tendon in facts["tendons"]:
            fixed = section.add("fixed", name=tendon["name"])
            for joint, coef in tendon["joints"]:
                fixed.add("joint", joint=joint, coef=coef)


def _actuators(root: Element, facts: dict) -> None:
    section = root.add("actuator")
    for a in facts["actuators"]:
        kp, kv = a["gainprm"][0], -a["biasprm"][2]
        assert a["biasprm"][:2] == [0.0, -kp] and a["gear"] == [1.0]
        section.add(
            "position",
            name=a["name"],
            **{a["transmission"]: a["target"]},
            kp=kp,
            kv=unless(kv, 0.0),
            ctrlrange=a["ctrlrange"],
            forcerange=a["forcerange"] if a["forcelimited"] else None,
        )
