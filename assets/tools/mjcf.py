"""A small MJCF writer: elements with ordered attributes, numbers as short as they are exact."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any


def number(value: float) -> str:
    """A number rounded to the eight decimals of the facts, without a negative zero."""
    text = f"{round(float(value), 8):.12g}"
    return "0" if text in ("-0", "0") else text


def text_of(value: Any) -> str:
    """An attribute's value as MJCF writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, Iterable):
        return " ".join(number(v) for v in value)
    return number(value)


@dataclass
class Element:
    """One XML element: a tag, attributes in the order given, children, a comment before it."""

    tag: str
    attributes: dict[str, Any] = field(default_factory=dict)
    children: list[Element] = field(default_factory=list)
    comment: str = ""

    def add(self, tag: str, comment: str = "", **attributes: Any) -> Element:
        """Appends a child and returns it; attributes that are None are left out.

        A trailing underscore in an attribute's name is dropped (`class_` is `class`).
        """
        kept = {k.rstrip("_"): v for k, v in attributes.items() if v is not None}
        child = Element(tag, kept, comment=comment)
        self.children.append(child)
        return child

    def lines(self, indent: int = 0) -> list[str]:
        """The element as lines of XML."""
        pad = "  " * indent
        out = [f"{pad}<!-- {self.comment} -->"] if self.comment else []
        attributes = "".join(f' {k}="{text_of(v)}"' for k, v in self.attributes.items())
        if not self.children:
            return [*out, f"{pad}<{self.tag}{attributes}/>"]
        out.append(f"{pad}<{self.tag}{attributes}>")
        for child in self.children:
            out.extend(child.lines(indent + 1))
        return [*out, f"{pad}</{self.tag}>"]


def document(root: Element) -> str:
    """The whole file's text."""
    return "\n".join(root.lines()) + "\n"


def unless(value: Any, default: Any) -> Any:
    """The value, or None (left out of the XML) where it is the default."""
    same = list(value) == list(default) if isinstance(value, list | tuple) else value == default
    return None if same else value


IDENTITY = [1.0, 0.0, 0.0, 0.0]
ORIGIN = [0.0, 0.0, 0.0]
SOLREF = [0.02, 1.0]
SOLIMP = [0.9, 0.95, 0.001, 0.5, 2.0]
FRICTION = [1.0, 0.005, 0.0001]
SIZES = {"plane": 3, "sphere": 1, "capsule": 2, "cylinder": 2, "box": 3, "ellipsoid": 3}


def pose(facts: dict) -> dict[str, Any]:
    """`pos` and `quat` of a body, geom, site or camera, left out where they are the identity."""
    return {"pos": unless(facts["pos"], ORIGIN), "quat": unless(facts["quat"], IDENTITY)}


def inertial(body: Element, facts: dict) -> None:
    """Writes a body's inertial figures, unless it has no mass."""
    if facts["mass"] > 0:
        body.add(
            "inertial",
            pos=facts["inertial_pos"],
            quat=unless(facts["inertial_quat"], IDENTITY),
            mass=facts["mass"],
            diaginertia=facts["diaginertia"],
        )


def joint(body: Element, facts: dict, class_: str | None = None, **inherited: float) -> None:
    """Writes a joint; `inherited` are the figures that its default class already gives."""
    if facts["type"] == "free":
        body.add("freejoint", name=facts["name"])
        return
    base = {"damping": 0.0, "armature": 0.0, "frictionloss": 0.0} | inherited
    hinge = facts["type"] == "hinge"
    scalar = facts["type"] in ("hinge", "slide")
    body.add(
        "joint",
        class_=class_,
        name=facts["name"] or None,
        type=None if hinge else facts["type"],
        pos=unless(facts["pos"], ORIGIN),
        axis=unless(facts["axis"], [0.0, 0.0, 1.0]) if facts["type"] != "ball" else None,
        range=facts["range"] if facts["limited"] else None,
        stiffness=unless(facts["stiffness"], 0.0),
        springref=unless(facts["springref"], 0.0) if scalar else None,
        ref=unless(facts["ref"], 0.0) if scalar else None,
        damping=unless(facts["damping"], base["damping"]),
        armature=unless(facts["armature"], base["armature"]),
        frictionloss=unless(facts["frictionloss"], base["frictionloss"]),
        margin=unless(facts["margin"], 0.0),
        solreflimit=unless(facts["solref_limit"], SOLREF),
        solimplimit=unless(facts["solimp_limit"], SOLIMP),
        solreffriction=unless(facts["solref_friction"], SOLREF),
    )


def contact_figures(facts: dict) -> dict[str, Any]:
    """A collision geom's friction, solver figures and bits where they are not MuJoCo's own."""
    return {
        "contype": unless(facts["contype"], 1),
        "conaffinity": unless(facts["conaffinity"], 1),
        "condim": unless(facts["condim"], 3),
        "priority": unless(facts["priority"], 0),
        "friction": unless(facts["friction"], FRICTION),
        "solmix": unless(facts["solmix"], 1.0),
        "solref": unless(facts["solref"], SOLREF),
        "solimp": unless(facts["solimp"], SOLIMP),
        "margin": unless(facts["margin"], 0.0),
        "gap": unless(facts["gap"], 0.0),
    }


def site(body: Element, facts: dict) -> None:
    """Writes a site."""
    body.add(
        "site",
        class_="marker",
        name=facts["name"],
        type=unless(facts["type"], "sphere"),
        size=facts["size"][: SIZES[facts["type"]]],
        **pose(facts),
    )


CAMERA_MODES = {0: None, 1: "track", 2: "trackcom"}


def camera(body: Element, facts: dict) -> None:
    """Writes a camera."""
    body.add(
        "camera",
        name=facts["name"],
        mode=CAMERA_MODES[facts["mode"]],
        fovy=unless(facts["fovy"], 45.0),
        **pose(facts),
    )


def sensors(root: Element, facts: list[dict]) -> None:
    """Writes a sensor section."""
    if not facts:
        return
    section = root.add("sensor")
    where = {"touch": "site", "velocimeter": "site", "gyro": "site", "subtreelinvel": "body"}
    for sensor in facts:
        section.add(
            sensor["type"], name=sensor["name"], **{where[sensor["type"]]: sensor["object"]}
        )
