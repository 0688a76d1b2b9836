"""Command labels: the command that a retargeted clip performs, as its skill's expert gets it."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.clip import Clip, command, displacement
from metaworldx.motion.retarget.keypoint_scaling import KEYPOINTS
from metaworldx.motion.retarget.robot_body import Body

SKILLS = ("stand", "walk", "run", "sit", "carry", "reach", "crawl", "stair")
"""All skills."""
_MOVING = ("walk", "run", "carry", "crawl", "stair")
_LYING = 0.7
"""|z| of the pelvis's x axis above which the body lies rather than stands."""
_REACHES_M = 0.1
"""Displacement of a hand relative to the torso (m) from which on it is a reach."""
_SEAT_BELOW = (-0.13, 0.0, -0.247)
"""From a seated pelvis to the middle of the seat's top, as of the built-in chair (m)."""


def command_of(clip: Clip, body: Body) -> tuple[float, ...]:
    """The clip's command, by its skill: speed and turn rate, hand targets, or the seat.

    Positions are from the ground below the first frame's pelvis, x along its heading.
    """
    if clip.skill in _MOVING:
        _, turned = displacement(clip)
        moved = clip.qpos[-1, :2] - clip.qpos[0, :2]
        onward = np.sign(moved @ ahead(clip.qpos[:, 3:7]).mean(axis=0))
        speed = float(onward * np.linalg.norm(moved)) / clip.duration
        return command(speed=speed, turn_rate=turned / clip.duration)
    if clip.skill == "reach":
        return _hands(clip, body)
    if clip.skill == "sit":
        # The last frame about as low as the lowest, since the motion may overshoot.
        height = clip.qpos[:, 2]
        seated = int(np.flatnonzero(height < height.min() + 0.02)[-1])
        seat = clip.qpos[seated, :3] + _heading(clip, seated).apply(_SEAT_BELOW)
        return command(seat=tuple(_from_start(clip, seat)))
    return command()


def ahead(quat: np.ndarray) -> np.ndarray:
    """Heading of bodies with orientations `[T, 4]` on the ground, `[T, 2]`, not normalized.

    Upright it is the x axis; lying on front or back, where the x axis is vertical, the direction of
    the head or the feet.
    """
    turn = Rotation.from_quat(quat, scalar_first=True).as_matrix()
    x, z = turn[:, :, 0], turn[:, :, 2]
    lies = np.abs(x[:, 2:]) > _LYING
    return np.where(lies, x[:, :2] - x[:, 2:] * z[:, :2], x[:, :2])


def _hands(clip: Clip, body: Body) -> tuple[float, ...]:
    """Final positions of the hands that moved, 0 for one that did not."""
    frames = body.frames(clip.qpos[[0, -1]])
    names = ("left_wrist", "right_wrist")
    at = body.points(frames, tuple(KEYPOINTS[name] for name in names))
    torso = int(body.index(("torso_link",))[0])
    in_torso = np.einsum("tji,tpj->tpi", frames.turn[:, torso], at - frames.at[:, torso, None])
    moved = np.linalg.norm(in_torso[1] - in_torso[0], axis=1)
    left, right = (
        tuple(_from_start(clip, at[1, h])) if moved[h] > _REACHES_M else (0.0, 0.0, 0.0)
        for h in (0, 1)
    )
    return command(left_hand=left, right_hand=right)


def _from_start(clip: Clip, place: np.ndarray) -> np.ndarray:
    return _heading(clip, 0).inv().apply(place - clip.qpos[0, :3] * [1.0, 1.0, 0.0])


def _heading(clip: Clip, frame: int) -> Rotation:
    x, y = ahead(clip.qpos[frame : frame + 1, 3:7])[0]
    return Rotation.from_euler("z", np.arctan2(y, x))
