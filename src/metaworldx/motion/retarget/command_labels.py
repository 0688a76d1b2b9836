"""What a retargeted clip does, as the command that an expert of its skill gets."""

from __future__ import annotations

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.clip import Clip, command, displacement
from metaworldx.motion.retarget.keypoint_scaling import KEYPOINTS
from metaworldx.motion.retarget.robot_body import Body

SKILLS = ("stand", "walk", "run", "sit", "carry", "reach", "crawl", "stair")
"""The skills that there are experts for."""
_MOVING = ("walk", "run", "carry", "crawl", "stair")
_LYING = 0.7
"""The pelvis's x axis rises or falls by more than this where the body lies rather than stands."""
_REACHES_M = 0.1
"""A hand that ends so far from where it began, seen from the torso, has reached."""
_SEAT_BELOW = (-0.13, 0.0, -0.247)
"""From a seated pelvis to the middle of the seat's top, as of the built-in chair (m)."""


def command_of(clip: Clip, body: Body) -> tuple[float, ...]:
    """The clip's command: speed and turn rate, places of hands, or the seat, as its skill asks.

    Places are from the ground below the first frame's pelvis, x where it heads.
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
        # The last frame about as low as the lowest: on the way down it may go lower.
        height = clip.qpos[:, 2]
        seated = int(np.flatnonzero(height < height.min() + 0.02)[-1])
        seat = clip.qpos[seated, :3] + _heading(clip, seated).apply(_SEAT_BELOW)
        return command(seat=tuple(_from_start(clip, seat)))
    return command()


def ahead(quat: np.ndarray) -> np.ndarray:
    """Where bodies of orientations `[T, 4]` head on the ground, `[T, 2]`, not of length 1.

    Upright it is where the x axis points; lying on its front or back, where the head points or
    the feet do, for the x axis then points nowhere on the ground.
    """
    turn = Rotation.from_quat(quat, scalar_first=True).as_matrix()
    x, z = turn[:, :, 0], turn[:, :, 2]
    lies = np.abs(x[:, 2:]) > _LYING
    return np.where(lies, x[:, :2] - x[:, 2:] * z[:, :2], x[:, :2])


def _hands(clip: Clip, body: Body) -> tuple[float, ...]:
    """Last places of the hands that moved, 0 of one that did not."""
    frames = body.frames(clip.qpos[[0, -1]])
    names = ("left_wrist", "right_wrist")
    at = body.points(frames, tuple(KEYPOINTS[name] for name in names))
    torso = int(body.index(("torso_link",))[0])
    seen = np.einsum("tji,tpj->tpi", frames.turn[:, torso], at - frames.at[:, torso, None])
    moved = np.linalg.norm(seen[1] - seen[0], axis=1)
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
