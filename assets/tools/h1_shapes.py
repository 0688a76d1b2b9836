"""The robots' shapes by hand: capsules and spheres that collide, primitives that are seen.

Everything is written for the left side in the body's own frame (m) and mirrored for the right:
across y on the H1's links, across x on the hands. Collision shapes are fitted to the extents,
volumes and principal boxes of the collision meshes in the facts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

Point = tuple[float, float, float]


@dataclass(frozen=True)
class Shape:
    """A primitive between two points, or at one.

    Attributes:
      type: capsule, sphere, cylinder, box or ellipsoid.
      size: MJCF's sizes; for a capsule or cylinder between two points the radius only.
      start, end: the axis of a capsule or cylinder; `start` alone is the position.
      material: what it is made of, for shapes that are seen.
      euler: rotation about the fixed x, y, z axes in turn, rad.
    """

    type: str
    size: tuple[float, ...]
    start: Point
    end: Point | None = None
    material: str = ""
    euler: Point | None = None

    def mirrored(self, axis: int) -> Shape:
        """The shape on the other side of the plane through the origin across `axis`."""

        def flip(point: Point) -> Point:
            return tuple(-v if i == axis else v for i, v in enumerate(point))  # type: ignore

        euler = self.euler and tuple(v if i == axis else -v for i, v in enumerate(self.euler))
        return replace(self, start=flip(self.start), end=self.end and flip(self.end), euler=euler)


def capsule(radius: float, start: Point, end: Point, material: str = "") -> Shape:
    """A capsule between two points."""
    return Shape("capsule", (radius,), start, end, material)


def sphere(radius: float, at: Point, material: str = "") -> Shape:
    """A sphere."""
    return Shape("sphere", (radius,), at, None, material)


# The sole: HumanoidBench's foot is a hull 3 cm wide whose flat underside, 7 cm below the ankle,
# runs from x = -0.1 to 0.2; the four ends of these two capsules stand at its corners.
SOLE_RADIUS = 0.01
_SOLE_Z = -0.07 + SOLE_RADIUS

COLLISION: dict[str, list[Shape]] = {
    "pelvis": [capsule(0.059, (0, -0.102, -0.0385), (0, 0.102, -0.0385))],
    "left_hip_yaw_link": [sphere(0.061, (-0.065, 0, 0))],
    "left_hip_roll_link": [sphere(0.065, (-0.01, -0.006, 0))],
    "left_hip_pitch_link": [
        capsule(0.062, (-0.003, -0.04, -0.01), (0.012, -0.034, -0.2)),
        capsule(0.046, (0.012, -0.028, -0.2), (0, -0.01, -0.4)),
    ],
    "left_knee_link": [capsule(0.044, (-0.002, -0.005, 0), (-0.004, 0, -0.371))],
    "left_ankle_link": [
        capsule(SOLE_RADIUS, (-0.1, 0.015, _SOLE_Z), (0.2, 0.015, _SOLE_Z)),
        capsule(SOLE_RADIUS, (-0.1, -0.015, _SOLE_Z), (0.2, -0.015, _SOLE_Z)),
        capsule(0.015, (0, 0, -0.004), (0.12, 0, -0.05)),
    ],
    "torso_link": [
        capsule(0.07, (0.005, 0, 0.07), (0.015, 0, 0.17)),
        capsule(0.09, (0.02, -0.06, 0.25), (0.02, 0.06, 0.25)),
        capsule(0.084, (0.022, -0.085, 0.41), (0.022, 0.085, 0.41)),
        capsule(0.083, (0.025, 0, 0.54), (0.03, 0, 0.67)),
    ],
    "left_shoulder_pitch_link": [capsule(0.038, (-0.003, 0.03, 0), (-0.003, 0.066, -0.024))],
    "left_shoulder_roll_link": [capsule(0.045, (0, 0, -0.011), (0.006, 0, -0.094))],
    "left_shoulder_yaw_link": [capsule(0.036, (0.005, 0, -0.036), (0.02, 0, -0.21))],
    "left_elbow_link": [capsule(0.038, (0.002, 0, -0.004), (0.278, 0, -0.012))],
}

HAND_COLLISION: dict[str, list[Shape]] = {
    "lh_wrist": [capsule(0.011, (-0.026, 0, 0.014), (0.022, 0, 0.014))],
    "lh_palm": [
        capsule(0.01, (-0.03, 0.003, 0.058), (-0.03, 0.002, 0.078)),
        capsule(0.0115, (-0.01, 0.001, 0.008), (-0.01, 0.001, 0.079)),
        capsule(0.0115, (0.012, 0.001, 0.008), (0.012, 0.001, 0.076)),
    ],
    "lh_lfmetacarpal": [capsule(0.0115, (-0.002, 0, 0.019), (-0.002, 0, 0.047))],
    "lh_thbase": [sphere(0.013, (0, 0, 0))],
    "lh_thproximal": [capsule(0.0105, (0, 0, 0.011), (0, 0, 0.029))],
    "lh_thmiddle": [capsule(0.0095, (0, 0, 0.003), (0, 0, 0.03))],
    "lh_thdistal": [capsule(0.0095, (0, 0, 0.0128), (0, 0, 0.0255))],
    **{
        f"lh_{finger}{part}": [shape]
        for finger in ("ff", "mf", "rf", "lf")
        for part, shape in (
            ("proximal", capsule(0.009, (0, 0, 0.005), (0, 0, 0.045))),
            ("middle", capsule(0.009, (0, 0, 0), (0, 0, 0.025))),
            ("distal", capsule(0.0078, (0, 0, 0.0125), (0, 0, 0.024))),
        )
    },
}

FEET = ("left_ankle_link", "right_ankle_link")


def foot_hull(mesh: dict) -> list[Point]:
    """Corners of a foot's hull in its body's frame: a prism as long, wide, high and large as it.

    The underside is flat, heel and toe rise upright from it and slope to the ankle, which lies
    in the body's origin; the hull's volume says how high heel and toe are.

    Args:
      mesh: the facts of the foot's collision mesh.
    """
    low, high = mesh["extent_in_body_frame"]["min"], mesh["extent_in_body_frame"]["max"]
    length, width, height = (b - a for a, b in zip(low, high, strict=True))
    upright = 2.0 * mesh["hull_volume"] / (length * width) - height
    profile = [
        (low[0], low[2]),
        (high[0], low[2]),
        (high[0], low[2] + upright),
        (0.0, high[2]),
        (low[0], low[2] + upright),
    ]
    return [(round(x, 5), round(y, 5), round(z, 5)) for y in (low[1], high[1]) for x, z in profile]


def mirrored(shapes: dict[str, list[Shape]]) -> dict[str, list[Shape]]:
    """The shapes with those of the left side repeated on the right."""
    out = dict(shapes)
    for body, parts in shapes.items():
        if body.startswith("left_"):
            out["right_" + body.removeprefix("left_")] = [p.mirrored(1) for p in parts]
        elif body.startswith("lh_"):
            out["rh_" + body.removeprefix("lh_")] = [p.mirrored(0) for p in parts]
    return out
