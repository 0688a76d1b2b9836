"""What a person asks of a clip of a skill: that it stands, is upright, and goes as legs can."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metaworldx.motion.clip import Clip


@dataclass(frozen=True)
class Demand:
    """What the clips of a skill do.

    Attributes:
      tilt_deg: the pelvis is within this of upright, but for a quarter of the time.
      height_m: it is so high over the soles, but for a quarter of the time.
      down_to_m: it comes as low as this over the soles at some time.
      stands: the least share of frames in which a sole stands.
      both: each sole stands at some time.
      speed_m_s: the pelvis' way over the clip's duration is no more than this.
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
"""A sole comes so near the ground at some time, where a skill stands at all."""
_ON_BACK = 0.5
"""The pelvis' x axis rises by more than this where the robot lies on its back."""
_BOTH_S = 1.5
"""In so long a clip both soles stand."""


def unmet(clip: Clip, soles: np.ndarray, over: np.ndarray) -> list[str]:
    """What a clip lacks of what its skill does, in words; nothing is asked where it has none.

    Args:
      soles: heights of the soles' ends in the world, `[T, P]` m.
      over: the same over the ground below them, `[T, P]` m.
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
    told = (
        (tilted > demand.tilt_deg, f"the pelvis is {tilted:.0f} degrees from upright"),
        (low < demand.height_m, f"the pelvis is {low:.2f} m over the soles"),
        (lowest > demand.down_to_m, f"the pelvis stays {lowest:.2f} m over the soles"),
        (clip.skill == "crawl" and rising > _ON_BACK, "the robot lies on its back"),
        (demand.stands and floats > _FLOATS_M, f"the soles stay {floats:.2f} m over the ground"),
        (stands < demand.stands, f"a sole stands for {stands:.0%} of the time"),
        (one and stands >= demand.stands, "one of the soles never stands"),
        (speed > demand.speed_m_s, f"the pelvis goes {speed:.1f} m/s, which is no {clip.skill}"),
    )
    return [text for broken, text in told if broken]
