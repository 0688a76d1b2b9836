"""Edits of clips: resampling and mirroring."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.spatial.transform import Rotation, Slerp

from metaworldx.core.errors import UserError
from metaworldx.motion.clip import (
    COMMAND,
    MAX_FPS,
    Clip,
    displacement,
    same_sign,
    velocities,
    yaw_of,
)


def resampled(clip: Clip, fps: float) -> Clip:
    """The clip at another frame rate; its duration changes by less than half a frame.

    Raises:
      UserError: fps outside 0 to 1,000.
    """
    if not 0.0 < fps <= MAX_FPS:
        raise UserError(f"fps is {fps}; must be over 0, up to {MAX_FPS:g}")
    count = max(2, round(clip.duration * fps) + 1)
    at = np.linspace(0.0, clip.duration, count)
    qpos = sampled(clip, at)
    near = np.minimum(np.round(at * clip.fps).astype(int), clip.frames - 1)
    rate = (count - 1) / clip.duration
    return replace(
        clip,
        qpos=qpos,
        qvel=velocities(qpos, rate, clip.loop),
        contacts=clip.contacts[near],
        fps=rate,
    )


def sampled(clip: Clip, seconds: np.ndarray) -> np.ndarray:
    """qpos `[N, 7 + J]` at times `[N]`: clamped at the ends; loops continue."""
    seconds = np.asarray(seconds, float)
    rounds = np.floor(seconds / clip.duration) if clip.loop else np.zeros_like(seconds)
    within = np.clip(seconds - rounds * clip.duration, 0.0, clip.duration)
    times = np.arange(clip.frames) / clip.fps
    times[-1] = max(times[-1], clip.duration)
    out = np.stack([np.interp(within, times, column) for column in clip.qpos.T], axis=1)
    spin = Slerp(times, Rotation.from_quat(clip.qpos[:, 3:7], scalar_first=True))(within)
    if np.any(rounds):
        out[:, :3], spin = _moved_on(clip, out[:, :3], spin, rounds.astype(int))
    out[:, 3:7] = same_sign(spin.as_quat(scalar_first=True))
    return out


def _moved_on(
    clip: Clip, at: np.ndarray, spin: Rotation, rounds: np.ndarray
) -> tuple[np.ndarray, Rotation]:
    """Poses displaced by whole cycles of a loop."""
    moved, turned = displacement(clip)
    start = clip.qpos[0, :3]
    yaw = yaw_of(Rotation.from_quat(clip.qpos[0, 3:7], scalar_first=True))
    steps = int(np.abs(rounds).max())
    # Start of the nth cycle, for n from -steps to steps.
    origins = {0: np.zeros(3)}
    for n in range(1, steps + 1):
        ahead = Rotation.from_euler("z", yaw + (n - 1) * turned).apply(moved)
        back = Rotation.from_euler("z", yaw - n * turned).apply(moved)
        origins[n], origins[-n] = origins[n - 1] + ahead, origins[1 - n] - back
    turn = Rotation.from_rotvec(np.outer(rounds * turned, [0.0, 0.0, 1.0]))
    origin = np.stack([origins[int(n)] for n in rounds])
    return start + origin + turn.apply(at - start), turn * spin


def mirrored(clip: Clip) -> Clip:
    """The clip with left and right exchanged: reflected in the vertical plane along x.

    Joints named `left_...` and `right_...` are swapped; rolls and yaws change sign.
    """
    swap = np.array([clip.joints.index(_other_side(name)) for name in clip.joints])
    sign = np.array([-1.0 if _turns_sideways(name) else 1.0 for name in clip.joints])
    qpos, qvel = clip.qpos.copy(), clip.qvel.copy()
    qpos[:, 7:] = clip.qpos[:, 7:][:, swap] * sign
    qvel[:, 6:] = clip.qvel[:, 6:][:, swap] * sign
    qpos[:, :7] *= [1, -1, 1, 1, -1, 1, -1]
    qvel[:, :6] *= [1, -1, 1, -1, 1, -1]
    given = np.array(clip.command)
    given[COMMAND["turn_rate"]] *= -1.0
    flip = np.array([1.0, -1.0, 1.0])
    left, right = given[COMMAND["left_hand"]].copy(), given[COMMAND["right_hand"]].copy()
    given[COMMAND["left_hand"]], given[COMMAND["right_hand"]] = right * flip, left * flip
    given[COMMAND["seat"]] *= flip
    return replace(
        clip,
        name=f"{clip.name}_mirrored",
        qpos=qpos,
        qvel=qvel,
        contacts=clip.contacts[:, ::-1].copy(),
        command=tuple(float(x) for x in given),
    )


def _other_side(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name


def _turns_sideways(name: str) -> bool:
    return name.endswith(("_yaw", "_roll")) or name == "torso"
