"""Physical demands on the clips of each skill: support, posture, and speed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworldx.motion.clip import Clip


@dataclass(frozen=True)
class Demand:
    """Requirements on the clips of a skill.

    Attributes:
      tilt_deg: maximum tilt of the pelvis in three quarters of the frames.
      height_m: minimum height of the pelvis over the soles in three quarters of the frames.
      down_to_m: height over the soles that the pelvis must reach at some time.
      stands: minimum share of frames with a sole in contact.
      both: each sole is in contact at some time.
      speed_m_s: maximum mean speed of the pelvis.
    """

    tilt_deg: float
    height_m: float
    stands: float
    speed_m_s: float
    both: bool = False
    down_to_m: float = np.inf


# H1 stands with its pelvis at 1.04 m; below 0.5 m it has fallen, where it sits below 0.35 m.
DEMANDS = {
    "stand": Demand(45.0, 0.6, stands=0.5, speed_m_s=1.0),
    "walk": Demand(45.0, 0.6, stands=0.4, speed_m_s=4.0, both=True),
    "run": Demand(60.0, 0.6, stands=0.08, speed_m_s=13.0),
    "carry": Demand(45.0, 0.5, stands=0.4, speed_m_s=4.0),
    "reach": Demand(60.0, 0.5, stands=0.5, speed_m_s=2.0),
    "stair": Demand(45.0, 0.5, stands=0.4, speed_m_s=4.0, both=True),
    "sit": Demand(60.0, 0.0, stands=0.0, speed_m_s=2.0, down_to_m=0.95),
    "crawl": Demand(180.0, -1.0, stands=0.0, speed_m_s=3.0, down_to_m=0.85),
}
_FLOATS_M = 0.05
"""Distance from the ground (m) that a sole must reach at some time, if the skill stands at all."""
_ON_BACK = 0.5
"""z component of the pelvis' x axis above which the robot lies on its back."""
_BOTH_S = 1.5
"""Duration (s) from which on both soles must be in contact."""


def unmet(clip: Clip, soles: np.ndarray, over: np.ndarray) -> list[str]:
    """Unmet requirements of a clip's skill, in words; none without a skill.

    Args:
      soles: world heights of the soles' ends, `[T, P]` m.
      over: their heights over the ground, `[T, P]` m.
    """
    demand = DEMANDS.get(clip.skill)
    if demand is None:
        return []
    w, x, y, z = clip.qpos[:, 3:7].T
    tilt = np.degrees(np.arccos(np.clip(1.0 - 2.0 * (x * x + y * y), -1.0, 1.0)))
    tilted = float(np.percentile(tilt, 75.0))
    rising = float(np.median(2.0 * (x * z - w * y)))
    height = clip.qpos[:, 2] - soles.min(axis=1)
    low, lowest = float(np.percentile(height, 25.0)), float(height.min())
    stands = float(clip.contacts.any(axis=1).mean())
    one = demand.both and clip.duration > _BOTH_S and not clip.contacts.any(axis=0).all()
    steps = np.linalg.norm(np.diff(clip.qpos[:, :2], axis=0), axis=1)
    speed = float(steps.sum()) / clip.duration
    floats = float(over.min())
    messages = (
        (tilted > demand.tilt_deg, f"the pelvis is {tilted:.0f} degrees from upright"),
        (low < demand.height_m, f"the pelvis is {low:.2f} m over the soles"),
        (lowest > demand.down_to_m, f"the pelvis stays {lowest:.2f} m over the soles"),
        (clip.skill == "crawl" and rising > _ON_BACK, "the robot lies on its back"),
        (demand.stands and floats > _FLOATS_M, f"the soles stay {floats:.2f} m over the ground"),
        (stands < demand.stands, f"a sole stands for {stands:.0%} of the time"),
        (one and stands >= demand.stands, "one of the soles never stands"),
        (speed > demand.speed_m_s, f"the pelvis goes {speed:.1f} m/s, which is no {clip.skill}"),
    )
    return [text for broken, text in messages if broken]
