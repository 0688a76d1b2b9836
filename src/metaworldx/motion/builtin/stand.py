"""Standing: quiet, and shifting the weight from leg to leg."""

from __future__ import annotations

from functools import cache

import numpy as np

from metaworldx.motion.builtin.body import ARM_JOINTS, SIDES, body, legs, sole_ends, stand_pose
from metaworldx.motion.builtin.foot_placement import FPS
from metaworldx.motion.builtin.gait import turned
from metaworldx.motion.clip import Clip, command, make_clip

SOURCE = (
    "parametric standing after Winter 1995 (Human balance and posture control during standing and "
    "walking) and Winter, Patla, Prince, Ishac & Gielo-Perczak 1998 (Stiffness control of balance "
    "in quiet standing)"
)
AHEAD = 0.03
"""x of the centre of mass from the ankles (m); people stand with about 0.05."""
_SECONDS = 8.0


def settled(pose: np.ndarray, ahead: float = AHEAD) -> np.ndarray:
    """A pose `[26]` with its pelvis moved so that the centre of mass lies `ahead` of the ankles.

    The soles stay where they are; the pelvis ends over x = y = 0.
    """
    b = body()
    soles = soles_under(pose)[None]
    ankle = soles[0, :, 0].mean() - 0.05
    pose = pose.copy()
    for _ in range(4):
        com = b.com(pose[None])[0]
        pose[:2] += [ankle + ahead - com[0], soles[0, :, 1].mean() - com[1]]
        pose = legs(pose[None], soles)[0]
    pose[:2] = 0.0
    return pose


def soles_under(pose: np.ndarray) -> np.ndarray:
    """Ends of both soles of a pose, as `legs` takes them `[4, 3]`, put on the ground (m)."""
    ends = sole_ends(pose[None])[0]
    ends[:, 2] = 0.0
    return ends


@cache
def _still_pose() -> np.ndarray:
    return settled(stand_pose())


def still_pose() -> np.ndarray:
    """Standing upright `[26]`: knees bent 0.36 rad, head 1.73 m high, arms hanging."""
    return _still_pose().copy()


def swayed(
    pose: np.ndarray, forward: float, sideways: float, shifts: float, breath: float, seconds: float
) -> np.ndarray:
    """Poses of a loop on both soles `[T, 26]`.

    Args:
      pose: about which it sways.
      forward, sideways: amplitudes of the pelvis's sway (m); people's centres of mass move by
        0.4 to 1 cm forward and less sideways, below 0.5 Hz (Winter 1995).
      shifts: amplitude of the weight shift from leg to leg (m), once per loop.
      breath: amplitude of the arms' and trunk's rotation with breathing (rad), at 0.25 Hz.
      seconds: duration of the loop.
    """
    b = body()
    count = round(seconds * FPS)
    turn = 2.0 * np.pi * np.arange(count + 1) / count
    qpos = np.tile(pose, (count + 1, 1))
    qpos[:, 0] += forward * (np.sin(turn) + 0.5 * np.sin(3.0 * turn + 1.0) - 0.5 * np.sin(1.0))
    qpos[:, 1] += sideways * (np.sin(2.0 * turn + 0.7) - np.sin(0.7)) + shifts * np.sin(turn)
    breathing = breath * (1.0 - np.cos(round(0.25 * seconds) * turn))
    list_ = 0.5 * shifts * np.sin(turn)
    qpos[:, 3:7] = turned(0.0 * turn, -0.3 * breathing, list_)
    # Leaning over one leg, the hip on that side would be too high for the knee to stay bent.
    qpos[:, 2] -= 0.25 * abs(shifts) * np.sin(turn) ** 2
    for side, sign in zip(SIDES, (1.0, -1.0), strict=True):
        columns = b.index(*(f"{side}_{joint}" for joint in ARM_JOINTS))
        qpos[:, columns[1]] += sign * breathing
        qpos[:, columns[0]] += 0.5 * breathing
    return legs(qpos, np.tile(soles_under(pose), (count + 1, 1, 1)))


def sway(
    name: str, forward: float, sideways: float, shifts: float, breath: float, seconds: float
) -> Clip:
    """A loop of standing; the arguments are those of `swayed`."""
    qpos = swayed(still_pose(), forward, sideways, shifts, breath, seconds)
    return stood(name, qpos, "stand", SOURCE)


def stood(
    name: str,
    qpos: np.ndarray,
    skill: str,
    source: str,
    loop: bool = True,
    **wanted: float | tuple[float, ...],
) -> Clip:
    """A clip on both soles from its poses `[T, 26]`, and what its command says."""
    return make_clip(
        *(name, body().joints, qpos, FPS, loop, np.ones((len(qpos), 2), bool)),
        skill=skill,
        source=source,
        licence="Apache-2.0",
        command=command(**wanted),
    )


def clips() -> list[Clip]:
    """Standing quietly, swaying as people do, and shifting the weight."""
    return [
        sway("stand_quiet", 0.002, 0.001, 0.0, 0.005, _SECONDS),
        sway("stand_sway", 0.007, 0.004, 0.0, 0.01, _SECONDS),
        sway("stand_shift", 0.004, 0.0, 0.045, 0.01, _SECONDS),
    ]
