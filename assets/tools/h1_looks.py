"""What the robots look like: primitives without mass or contact, for the left side."""

from __future__ import annotations

from dataclasses import replace

from h1_shapes import COLLISION, HAND_COLLISION, Shape

BODY: dict[str, list[Shape]] = {
    body: [replace(s, material="silver") for s in shapes] for body, shapes in COLLISION.items()
}
FISTS: dict[str, list[Shape]] = {}
HANDS: dict[str, list[Shape]] = {
    body: [replace(s, material="silver") for s in shapes] for body, shapes in HAND_COLLISION.items()
}
