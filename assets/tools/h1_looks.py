"""What the robots look like: primitives without mass or contact, for the left side.

Silver shells over graphite frames, black motors and joints, a dark visor in a light ring.
"""

from __future__ import annotations

import math
from dataclasses import replace

from h1_shapes import HAND_COLLISION, Point, Shape, capsule, sphere

SHELL, FRAME, JOINT, SOLE = "shell", "graphite", "joint", "rubber"


def cylinder(radius: float, start: Point, end: Point, material: str) -> Shape:
    """A cylinder between two points."""
    return Shape("cylinder", (radius,), start, end, material)


def ellipsoid(radii: Point, at: Point, material: str, euler: Point | None = None) -> Shape:
    """An ellipsoid."""
    return Shape("ellipsoid", radii, at, None, material, euler)


def box(half: Point, at: Point, material: str, euler: Point | None = None) -> Shape:
    """A box."""
    return Shape("box", half, at, None, material, euler)


def motor(radius: float, start: Point, end: Point, cap: Point) -> list[Shape]:
    """A round motor: a silver drum with a black disc standing out of its end at `cap`."""
    return [cylinder(radius, start, end, SHELL), cylinder(0.78 * radius, end, cap, JOINT)]


def ring(at: Point, radii: tuple[float, float], width: float, parts: int) -> list[Shape]:
    """An upright oval in the y-z plane, from capsules end to end."""

    def point(i: int) -> Point:
        angle = 2 * math.pi * i / parts
        y, z = radii[0] * math.sin(angle), radii[1] * math.cos(angle)
        return (at[0], round(at[1] + y, 5), round(at[2] + z, 5))

    return [capsule(width, point(i), point(i + 1), "glow") for i in range(parts)]


_TORSO = [
    cylinder(0.062, (0, 0, -0.005), (0, 0, 0.1), JOINT),
    cylinder(0.078, (0, 0, 0.014), (0, 0, 0.05), SHELL),
    ellipsoid((0.078, 0.1, 0.13), (0.01, 0, 0.17), FRAME),
    ellipsoid((0.094, 0.15, 0.18), (0.018, 0, 0.33), SHELL),
    capsule(0.07, (0.014, -0.09, 0.415), (0.014, 0.09, 0.415), SHELL),
    ellipsoid((0.03, 0.088, 0.078), (0.086, 0, 0.385), FRAME, (0, -0.1, 0)),
    capsule(0.004, (0.1155, -0.03, 0.388), (0.1155, 0.03, 0.388), "glow"),
    box((0.03, 0.08, 0.1), (-0.056, 0, 0.34), FRAME),
    cylinder(0.05, (0.012, 0, 0.47), (0.014, 0, 0.5), SHELL),
    cylinder(0.04, (0.012, 0, 0.48), (0.018, 0, 0.57), JOINT),
    ellipsoid((0.07, 0.07, 0.102), (0.014, 0, 0.642), FRAME),
    ellipsoid((0.05, 0.061, 0.091), (0.042, 0, 0.642), "visor"),
    *ring((0.05, 0, 0.642), (0.065, 0.097), 0.008, 24),
]

BODY: dict[str, list[Shape]] = {
    "pelvis": [
        ellipsoid((0.072, 0.12, 0.052), (0, 0, -0.036), FRAME),
        capsule(0.045, (0, -0.09, -0.045), (0, 0.09, -0.045), FRAME),
        cylinder(0.058, (0, 0.0875, -0.05), (0, 0.0875, -0.118), SHELL),
        cylinder(0.058, (0, -0.0875, -0.05), (0, -0.0875, -0.118), SHELL),
        cylinder(0.046, (0, 0.0875, -0.118), (0, 0.0875, -0.128), JOINT),
        cylinder(0.046, (0, -0.0875, -0.118), (0, -0.0875, -0.128), JOINT),
    ],
    "left_hip_yaw_link": [
        capsule(0.044, (0, 0, 0.03), (-0.03, 0, 0.002), FRAME),
        *motor(0.06, (-0.034, 0, 0), (-0.1, 0, 0), (-0.106, 0, 0)),
    ],
    "left_hip_roll_link": [
        sphere(0.056, (-0.004, 0, 0), FRAME),
        cylinder(0.05, (-0.062, 0, 0), (0.045, 0, 0), JOINT),
        cylinder(0.05, (0, 0.01, 0), (0, 0.052, 0), FRAME),
    ],
    "left_hip_pitch_link": [
        *motor(0.062, (0, -0.06, 0), (0, 0.024, 0), (0, 0.031, 0)),
        capsule(0.059, (0.008, -0.026, -0.05), (0.011, -0.026, -0.2), SHELL),
        ellipsoid((0.058, 0.052, 0.17), (0.01, -0.024, -0.24), SHELL, (0, 0.03, 0)),
        capsule(0.04, (0.008, -0.02, -0.25), (0.001, -0.008, -0.385), FRAME),
        cylinder(0.047, (0, -0.036, -0.4), (0, 0.022, -0.4), FRAME),
    ],
    "left_knee_link": [
        *motor(0.044, (0, -0.047, 0), (0, 0.03, 0), (0, 0.036, 0)),
        capsule(0.04, (-0.004, -0.004, -0.03), (-0.006, 0, -0.15), SHELL),
        ellipsoid((0.047, 0.04, 0.13), (-0.01, -0.001, -0.14), SHELL, (0, 0.04, 0)),
        capsule(0.026, (-0.006, 0, -0.2), (-0.003, 0, -0.37), FRAME),
        capsule(0.012, (0.016, 0, -0.1), (0.018, 0, -0.33), JOINT),
    ],
    "left_ankle_link": [
        cylinder(0.028, (0, -0.03, 0), (0, 0.03, 0), JOINT),
        capsule(0.019, (0, 0, -0.005), (0.1, 0, -0.044), FRAME),
        capsule(0.017, (0, 0, -0.01), (-0.07, 0, -0.046), FRAME),
        box((0.14, 0.022, 0.01), (0.05, 0, -0.056), FRAME),
        capsule(0.011, (-0.089, 0.016, -0.059), (0.189, 0.016, -0.059), SOLE),
        capsule(0.011, (-0.089, -0.016, -0.059), (0.189, -0.016, -0.059), SOLE),
        capsule(0.011, (-0.089, 0.016, -0.059), (-0.089, -0.016, -0.059), SOLE),
        capsule(0.011, (0.189, 0.016, -0.059), (0.189, -0.016, -0.059), SOLE),
    ],
    "torso_link": _TORSO,
    "left_shoulder_pitch_link": [
        cylinder(0.047, (-0.002, -0.022, 0.002), (-0.002, 0.012, 0.002), JOINT),
        *motor(0.043, (-0.002, 0.012, 0), (-0.002, 0.07, -0.012), (-0.002, 0.085, -0.015)),
    ],
    "left_shoulder_roll_link": [
        cylinder(0.045, (-0.044, 0, 0), (0.042, 0, 0), SHELL),
        cylinder(0.035, (0.042, 0, 0), (0.048, 0, 0), JOINT),
        capsule(0.042, (0, 0, -0.025), (0.004, 0, -0.09), SHELL),
        cylinder(0.037, (0.005, 0, -0.1), (0.005, 0, -0.139), JOINT),
    ],
    "left_shoulder_yaw_link": [
        capsule(0.034, (0.004, 0, -0.02), (0.014, 0, -0.14), SHELL),
        capsule(0.027, (0.012, 0, -0.1), (0.0185, 0, -0.19), FRAME),
        *motor(0.037, (0.0185, -0.028, -0.198), (0.0185, 0.026, -0.198), (0.0185, 0.031, -0.198)),
    ],
    "left_elbow_link": [
        cylinder(0.031, (0, -0.036, 0), (0, 0.036, 0), JOINT),
        capsule(0.031, (0.02, 0, -0.006), (0.12, 0, -0.012), SHELL),
        ellipsoid((0.1, 0.034, 0.034), (0.11, 0, -0.012), SHELL, (0, 0.06, 0)),
        capsule(0.025, (0.13, 0, -0.013), (0.235, 0, -0.016), FRAME),
    ],
}

FISTS: dict[str, list[Shape]] = {
    "left_hand": [
        cylinder(0.027, (-0.075, 0, -0.004), (-0.045, 0, -0.003), SHELL),
        ellipsoid((0.04, 0.035, 0.038), (-0.028, 0, -0.002), JOINT),
    ],
}
"""Hands of the robot that has none: rounded ends of the forearms."""

HANDS: dict[str, list[Shape]] = {
    **{
        body: [replace(s, material=SOLE if body.endswith("distal") else FRAME) for s in shapes]
        for body, shapes in HAND_COLLISION.items()
    },
    "left_hand": [
        capsule(0.024, (0, 0, 0.08), (0.006, 0, 0.135), SHELL),
        cylinder(0.026, (0.006, 0, 0.12), (0.008, 0, 0.14), JOINT),
    ],
    "lh_wrist": [
        capsule(0.017, (-0.01, 0, -0.004), (0.006, 0, 0.004), JOINT),
        capsule(0.014, (-0.002, 0, 0), (-0.002, 0, 0.034), FRAME),
        capsule(0.009, (-0.028, 0, 0.034), (0.024, 0, 0.034), JOINT),
    ],
    "lh_palm": [
        box((0.033, 0.009, 0.036), (-0.006, 0.001, 0.047), SHELL),
        capsule(0.0115, (-0.03, 0.003, 0.03), (-0.03, 0.002, 0.078), SHELL),
        capsule(0.0115, (-0.01, 0.001, 0.012), (-0.01, 0.001, 0.081), SHELL),
        capsule(0.0115, (0.012, 0.001, 0.012), (0.012, 0.001, 0.077), SHELL),
    ],
    "lh_lfmetacarpal": [capsule(0.0115, (-0.002, 0, 0.016), (-0.001, 0, 0.055), SHELL)],
    **{
        f"lh_{finger}knuckle": [sphere(0.0105, (0, 0, 0), JOINT)]
        for finger in ("ff", "mf", "rf", "lf")
    },
}
