"""Materials of the scenes, and primitives that stand in for shapes that MJX cannot collide."""

from __future__ import annotations

from mjcf import Element


def is_mocap(scene: str, body: str) -> bool:
    """Whether the task moves this body between episodes."""
    moved = {"package": "package_destination", "cube": "target_cube", "kitchen": "vive_controller"}
    return body == moved.get(scene) or (scene.startswith("bookshelf") and body.endswith("_vision"))


def extras(scene: str, body: str) -> list[Element]:
    """Further geoms of a body that are only seen."""
    return []


def material(scene: str, body: str, geom: dict) -> str | None:
    """Name of a geom's material."""
    if geom["type"] == "plane":
        return "floor"
    if geom["contype"] or geom["conaffinity"]:
        return None
    return "wood"
