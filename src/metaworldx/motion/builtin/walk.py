"""Walking on level ground at five speeds, straight on and turning."""

from __future__ import annotations

import math

from metaworldx.motion.builtin.foot_placement import FPS, Gait
from metaworldx.motion.builtin.gait import gait_clip, walked
from metaworldx.motion.clip import Clip

SPEEDS = (0.5, 0.75, 1.0, 1.25, 1.5)
TURNS = ((0.5, 0.4), (1.0, 0.3))
"""Speeds (m/s) and turn rates (rad/s) of the turning clips."""
SOURCE = (
    "parametric gait after Perry & Burnfield 2010 (Gait Analysis), Winter 2009 (Biomechanics and "
    "Motor Control of Human Movement), Sekiya & Nagasaki 1998 (walk ratio), Boulic, "
    "Magnenat-Thalmann & Thalmann 1990 (durations of support)"
)
_WALK_RATIO = 0.0065
"""Step length over steps a minute (m min), much the same at all speeds (Sekiya & Nagasaki 1998)."""
_HUMAN_HIP, _HIP = 0.93, 0.87
"""Heights of the hip (m): of a person of 1.75 m (0.53 of the stature, Winter 2009), of H1."""


def walk_gait(speed: float) -> Gait:
    """The gait of a person of H1's leg length at `speed` (m/s).

    - Stride and period: the walk ratio, scaled with leg length as dynamic similarity asks
      (a length times a time goes with its power 3/2).
    - Support: a sole stands for 0.752 T - 0.143 s of a period T (Boulic et al. 1990), here 62 to
      67% of the cycle.
    - The pelvis rises and falls by 0.015 of the hip's height per hip's height a second (Boulic
      et al. 1990) and 4 mm more either way, which keeps the knees straighter. It turns by 4 to 6
      degrees to either side, the chest the other way (Perry & Burnfield 2010). Its sway follows
      from the weight's passing from sole to sole.
    - The arms swing more the faster the walk is, about 30 degrees in all at normal speed, elbows
      bent 20 to 30 degrees (Perry & Burnfield 2010).
    - The sole lands toes up by 13 to 22 degrees and is flat after 12% of the cycle; the heel rises
      at 42%. A person's rises from 30% on and bends the toes, which H1 has not, so knees are bent
      some 20 degrees more than a person's in stance.
    """
    ratio = _WALK_RATIO * (_HIP / _HUMAN_HIP) ** 1.5
    step = math.sqrt(60.0 * ratio * speed)
    period = round(2.0 * step / speed * FPS) / FPS
    fast = speed - 0.5
    return Gait(
        period=period,
        stride=speed * period,
        duty=(0.752 * period - 0.143) / period,
        touch_pitch=0.22 + 0.16 * fast,
        lift_pitch=0.6 + 0.16 * fast,
        flat=0.12,
        heel_off=0.42,
        brake=11.0,
        bob=0.004 + 0.015 * speed / _HIP,
        rotation=0.07 + 0.03 * fast,
        arm=(0.1, 0.17 + 0.14 * fast),
        elbow=(1.2 - 0.1 * fast, 0.06 + 0.1 * fast),
    )


def walk_clip(speed: float, turn_rate: float = 0.0) -> Clip:
    """One cycle of walking straight on, or round to the left with `turn_rate` (rad/s)."""
    gait = walk_gait(speed)
    side = "" if turn_rate == 0.0 else "_left" if turn_rate > 0.0 else "_right"
    turn = turn_rate * gait.period
    return gait_clip(f"walk_{speed:.2f}{side}", walked(gait), gait, "walk", SOURCE, turn)


def clips() -> list[Clip]:
    """Straight on at each of SPEEDS, and TURNS to either side."""
    straight = [walk_clip(speed) for speed in SPEEDS]
    return straight + [walk_clip(speed, sign * rate) for speed, rate in TURNS for sign in (1, -1)]
