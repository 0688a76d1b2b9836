"""What the scenes look like: materials by body and geom, and geoms that are only seen."""

from __future__ import annotations

import itertools
import math
import re

from mjcf import Element

_SHELF = [
    ("book_(a|d)", "", "book_red"),
    ("book_(b|flat)", "", "book_blue"),
    ("book_(c|thick)", "", "book_green"),
    ("book_e", "", "book_ochre"),
    ("trophy", "", "gold"),
    ("soda_can", "", "red"),
    ("chalk", "", "white"),
    ("snow_globe", "_b$|^sphere", "glass"),
    ("snow_globe", "", "wood_dark"),
    ("headphone|centering_trick", "", "plastic"),
    ("shelf", "_10$", "wood_dark"),
    ("shelf", "", "wood"),
]
_TABLE = [("table", "leg", "wood_dark"), ("table", "", "wood")]
_CHAIR = [("chair", "", "wood")]
_PACKAGES = [("package_[ace]", "", "cardboard"), ("package_[bd]", "", "cardboard_dark")]

# By scene: (whole body name, part of the geom's name or `type`, material); the first that fits.
_MATERIALS: dict[str, list[tuple[str, str, str]]] = {
    "balance": [("stand_board", "", "wood"), ("rolling_pivot", "", "red")],
    "basketball": [
        ("basketball", "", "orange"),
        ("baskethoop", "^board", "white"),
        ("baskethoop", "^base|^cylinder", "plastic"),
        ("baskethoop", "", "net"),
    ],
    "bookshelf": [(".*_vision", "", "ghost"), *_SHELF],
    "cabinet": [
        ("drawer_cube", "", "red"),
        ("lateral_cabinet_cube", "", "blue"),
        ("pulling_cabinet_cube", "", "green"),
        ("pullup_drawer_cube", "", "gold"),
        (".*", "^cylinder", "chrome"),
        ("world", "", "wood_dark"),
        (".*_door", "", "wood_light"),
        (".*", "", "wood"),
    ],
    "crawl": [("tunnel", "", "pane")],
    "cube": [
        ("left_cube_to_rotate|right_cube_to_rotate", "", "white"),
        ("target_cube", "", "ghost"),
    ],
    "door": [
        ("door", "", "wood"),
        ("door_hatch", "", "chrome"),
        ("door_wall_connects", "connect", "plaster"),
        ("door_wall_connects", "", "pane"),
    ],
    "highbar": [(".*", "", "chrome")],
    "hurdle": [
        ("behind_barrier", "", "pane"),
        (".*_barrier", "", "plaster"),
        (".*", "^bar$", "red"),
        (".*", "", "white"),
    ],
    "insert": [
        ("peg_a", "", "blue"),
        ("peg_b", "", "red"),
        ("block_a", "", "wood_light"),
        *_TABLE,
    ],
    "kitchen": [
        ("kettle.*", "^sphere|^cylinder", "plastic"),
        ("kettle.*", "", "red"),
        ("knob.*", "^cylinder", "steel"),
        ("knob.*", "", "plastic"),
        ("Burner.*", "", "plastic"),
        ("micro.*", "^capsule", "chrome"),
        ("microdoorroot", "", "visor"),
        ("microroot", "", "steel"),
        ("wall.*", "", "plaster"),
        (".*", "^cylinder|^capsule", "chrome"),
        ("oven.*|hoodroot", "", "steel"),
        ("counters", "top", "stone"),
        ("hingeleftdoor|hingerightdoor|slidelink", "", "wood_light"),
        ("lightswitch.*|lightblock.*", "", "white"),
        (".*", "", "wood"),
    ],
    "maze": [("world", "", "green"), ("maze", "", "stone")],
    "package": [
        ("package_a", "", "cardboard"),
        (".*", "_point", "red"),
        (".*", "_sphere", "ghost"),
        (".*", "", "ghost_faint"),
    ],
    "pole": [("behind_barrier", "", "pane"), (".*_barrier", "", "plaster"), (".*", "", "gold")],
    "powerlift": [(".*", "post", "chrome"), (".*", "", "rubber")],
    "push": [("object", "", "blue"), *_TABLE],
    "room": [("world", "", "plaster"), *_SHELF, *_TABLE, *_CHAIR, *_PACKAGES],
    "sit": _CHAIR,
    "slide": [(".*", "", "stone")],
    "spoon": [("spoon", "", "chrome"), ("cup", "", "white"), *_TABLE],
    "stair": [(".*", "_(1|3)$", "stone"), (".*", "", "plaster")],
    "truck": [
        ("truck", "wheel", "rubber"),
        ("truck", "base", "blue"),
        ("truck", "slide", "steel"),
        ("truck", "", "pane"),
        ("package_wall", "_[acegi]$", "cardboard"),
        ("package_wall", "", "cardboard_dark"),
        *_PACKAGES,
        *_TABLE,
    ],
    "window": [
        ("window", "pane", "glass"),
        ("window", "_base$", "plaster"),
        ("window", "", "white"),
        ("window_wiping_tool", "", "wood_light"),
        ("window_wiper_sphere", "^box", "blue"),
        (".*", "", "plastic"),
    ],
}

_SIZED = {
    (0.01, 0.55, 0.35): "board",
    (0.35, 0.25, 0.08): "base",
    (0.01, 0.45, 0.03): "bar",
}
"""What to call nameless boxes when their material is looked up, by size."""

_SHOWN = {"basketball": "baskethoop", "bookshelf": ".*book.*", "kitchen": ".*", "truck": "truck"}
"""Bodies of which shapes that collide, and that no geom shows, are to be seen."""


def _family(scene: str) -> str:
    """The scene's name without what tells its variants apart."""
    return scene.split("_")[0]


def is_mocap(scene: str, body: str) -> bool:
    """Whether the task moves this body between episodes."""
    moved = {"package": "package_destination", "cube": "target_cube", "kitchen": "vive_controller"}
    return body == moved.get(scene) or (scene.startswith("bookshelf") and body.endswith("_vision"))


def material(scene: str, body: str, geom: dict) -> str | None:
    """Name of the material of a geom that is seen; None for one that only collides."""
    if geom["type"] == "plane":
        return "floor"
    if geom["contype"] or geom["conaffinity"]:
        return None
    name = geom["name"] or _SIZED.get(tuple(geom["size"]), "")
    if body == "counters" and geom["type"] == "box" and geom["pos"][2] > 0.9:
        name = "top"
    for bodies, part, made_of in _MATERIALS[_family(scene)]:
        if re.fullmatch(bodies, body) and (re.search(part, name) or re.search(part, geom["type"])):
            return made_of
    raise KeyError(f"no material for {geom['name']!r} of {body} in {scene}")


def shown(scene: str, body: dict) -> list[dict]:
    """Twins, to be seen, of a body's shapes that collide and that no geom shows."""
    if not re.fullmatch(_SHOWN.get(_family(scene), "-"), body["name"]):
        return []

    def place(geom: dict) -> tuple:
        return geom["type"], tuple(geom["size"]), tuple(geom["pos"])

    seen = {place(g) for g in body["geoms"] if not g["contype"] and not g["conaffinity"]}
    twins = [
        geom | {"name": "", "contype": 0, "conaffinity": 0}
        for geom in body["geoms"]
        if (geom["contype"] or geom["conaffinity"]) and geom["type"] != "plane"
        if place(geom) not in seen and (scene != "truck" or geom["group"] == 0)
    ]
    if _family(scene) == "bookshelf":
        twins = [twin | {"name": f"{body['name']}_a"} for twin in twins]
    return twins


def extras(scene: str, body: dict, bodies: dict[str, dict]) -> list[Element]:
    """Further geoms of a body that are only seen.

    Args:
      bodies: the scene's bodies by name.
    """
    name = body["name"]
    if _family(scene) == "bookshelf" and re.fullmatch("book_.*_vision", name):
        real = bodies[name.removesuffix("_vision")]["geoms"][-1]
        return [_seen("box", "ghost", real["pos"], size=real["size"], name=f"{name}_a")]
    if scene == "cube" and name != "world":
        return _faces(0.025)
    if name == "baskethoop":
        return _hoop()
    if name == "cup":
        return [_seen("cylinder", "rubber", [0, 0, 0.035], size=[0.07, 0.005])]
    return []


def _seen(kind: str, made_of: str, pos: list[float], **attributes: object) -> Element:
    return Element(
        "geom", {"class": "visual", "type": kind, "material": made_of, "pos": pos, **attributes}
    )


def _faces(half: float) -> list[Element]:
    """Six coloured plates on a cube's faces, so that one sees how it is turned."""
    out, thin, wide = [], 0.0006, 0.8 * half
    for axis, colours in enumerate((("red", "orange"), ("green", "blue"), ("gold", "joint"))):
        for sign, colour in zip((1, -1), colours, strict=True):
            pos, size = [0.0] * 3, [wide] * 3
            pos[axis], size[axis] = sign * half, thin
            out.append(_seen("box", colour, pos, size=size))
    return out


def _hoop() -> list[Element]:
    """The basket's rim, its arm and the frame on the board."""
    centre, radius, parts = -0.025, 0.27, 20
    points = [
        [centre + radius * math.cos(a), radius * math.sin(a), 0.0]
        for a in (2 * math.pi * i / parts for i in range(parts + 1))
    ]
    lines = [(a, b, 0.012) for a, b in itertools.pairwise(points)]
    y, low, high, x = 0.2, 0.1, 0.4, 0.256
    corners = [[x, -y, low], [x, y, low], [x, y, high], [x, -y, high], [x, -y, low]]
    lines += [(a, b, 0.008) for a, b in itertools.pairwise(corners)]
    rim = [
        Element(
            "geom",
            {
                "class": "visual",
                "type": "capsule",
                "material": "red",
                "size": [width],
                "fromto": [round(v, 4) for v in (*a, *b)],
            },
        )
        for a, b, width in lines
    ]
    arm = {"class": "visual", "type": "capsule", "material": "steel", "size": [0.04]}
    return [*rim, Element("geom", arm | {"fromto": [0.6, 0, -0.26, 0.3, 0, 0.3]})]
