"""Up axis inferred from body postures, for files without information on their axes.

Each axis is scored as if it pointed up. The score has three parts: the posture in most frames
(people mostly stand, sometimes sit or crawl, seldom lie, hardly ever stand on their heads), whether
resting joints are the lowest ones and on one level, and whether that level is at 0.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from metaworldx.motion.importers.files import bad
from metaworldx.motion.importers.up_axis import UPRIGHT

AXES = {name: UPRIGHT[name][2] for name in ("z", "y", "-y", "-z")}
# Scores of postures by likelihood.
_STANDS, _SITS, _CRAWLS, _SITS_ARMS_OUT = 0.0, -1.0, -1.5, -3.4
_LIES, _INVERTED, _FALLS = -2.5, -4.0, -4.0
_LIKELY, _NEXT_LIKELY = 1.5, {"y": 0.45}
"""Bonus of the usual up axis of such files, and of the second most usual."""
_ON_FLOOR, _FLOOR_M = 1.0, (-0.1, 0.15)
_ABOVE_FLOOR_M = (-0.06, 1.2)
"""Maximum height of the lowest joint of a lying body: on a floor, a bed or a table."""
_NOWHERE, _LIES_ELSEWHERE = -1.5, -0.2
"""Penalty of lying above that height, and along an unlikely axis."""
_AS_GOOD, _MARGIN = 0.3, 0.65
"""The likely axis may be worse by the first; another one must be better by the second."""
_NO_POSTURE, _STANDS_ON_THE_WHOLE, _UNLIKELY = -3.5, -0.5, (0.35, 0.85)
"""Than the likely axis another must be better by that much more: by the second if the body does
not stand along it."""
_FRAMES = 80
# Joints within this of the lowest carry the body, if its middle is not farther from over them.
_NEAR_M, _OVER_M = 0.13, 0.13
_ARMS_M, _THIGHS_M = 0.3, 0.15
_REST_M_S, _MOVES_M_S, _REST_SHARES = 0.15, 0.4, (0.1, 0.4)
_GAP_M, _LEVELS_M, _MOST_GAP, _MOST_LEVELS = 0.1, 0.15, 4.0, 2.0


def up_by_posture(
    path: Path, at: dict[str, np.ndarray], fps: float, likely: str, placed: bool = True
) -> str:
    """The axis of AXES that is up, by its name.

    Args:
      placed: whether the body has a root position, rather than staying at the origin.
      at: joint positions by name, each `[T, 3]` m: hips, knees, ankles, feet, shoulders, wrists.
      likely: the usual up axis of such files.

    Raises:
      UserError: two axes score about equally, and `likely` is neither.
    """
    scores = {
        name: _score(at, fps, axis, name == likely, placed) + _NEXT_LIKELY.get(name, 0.0)
        for name, axis in AXES.items()
    }
    best = max(scores, key=lambda name: scores[name])
    behind = {name: scores[best] - score for name, score in scores.items()}
    if behind[likely] < _AS_GOOD and _posture(at, AXES[likely]) > _NO_POSTURE:
        return likely
    if best != likely:
        stands = _posture(at, AXES[best]) > _STANDS_ON_THE_WHOLE
        behind[likely] -= _UNLIKELY[0 if stands else 1]
    second = min((name for name in AXES if name != best), key=lambda name: behind[name])
    if behind[second] < _MARGIN:
        raise bad(
            path,
            f"cannot tell which axis is up, {best} or {second} as the body is held; "
            f"give up= ({', '.join(AXES)})",
        )
    return best


def _score(
    at: dict[str, np.ndarray], fps: float, axis: np.ndarray, likely: bool, placed: bool = True
) -> float:
    joints = np.stack(list(at.values()), axis=1)
    every = max(1, len(joints) // _FRAMES)
    some = {name: places[::every] for name, places in at.items()}
    height = np.stack(list(some.values()), axis=1) @ axis
    lowest = height.min(axis=1)
    floor = float(np.percentile(lowest, 10.0))
    kinds = _postures(some, axis, height, lowest)
    anywhere = _ABOVE_FLOOR_M[0] <= floor <= _ABOVE_FLOOR_M[1] and placed
    if not likely:
        kinds = np.where(kinds == _LIES, _LIES + _LIES_ELSEWHERE, kinds)
    elif not anywhere:
        kinds = np.where(kinds == _LIES, _LIES + _NOWHERE, kinds)
    on_floor = _FLOOR_M[0] <= floor <= _FLOOR_M[1]
    rests = _rests(joints, fps, axis)
    return float(kinds.mean()) + _LIKELY * likely + _ON_FLOOR * on_floor - rests


def _posture(at: dict[str, np.ndarray], axis: np.ndarray) -> float:
    """Overall posture score if `axis` is up."""
    height = np.stack(list(at.values()), axis=1) @ axis
    return float(_postures(at, axis, height, height.min(axis=1)).mean())


def _postures(
    at: dict[str, np.ndarray], axis: np.ndarray, height: np.ndarray, lowest: np.ndarray
) -> np.ndarray:
    """Posture score of each frame, `[T]`, if `axis` is up."""
    middle = {
        part: 0.5 * (at[f"left_{part}"] + at[f"right_{part}"])
        for part in ("hip", "knee", "ankle", "shoulder", "wrist")
    }
    trunk = _unit(middle["shoulder"] - middle["hip"]) @ axis
    legs = _unit(middle["hip"] - middle["ankle"]) @ axis
    carried = _carried(at, axis, height, lowest)
    hands = np.stack([at["left_wrist"], at["right_wrist"]], axis=1) @ axis
    on_hands = (hands - lowest[:, None]).min(axis=1) < _NEAR_M
    left = _unit(at["left_hip"] - at["right_hip"])
    front = np.cross(left, _unit(middle["shoulder"] - middle["hip"]))
    arms = middle["wrist"] - middle["shoulder"]
    # Arms and thighs support the trunk, its front down.
    down = (arms @ axis < -_ARMS_M) & ((middle["knee"] - middle["hip"]) @ axis < -_THIGHS_M)
    crawls = on_hands & carried & down & (front @ axis < -0.3)
    # Sitting with both arms straight ahead equals crawling, rotated.
    ahead = np.sum(arms * front, axis=-1) > _ARMS_M
    kinds = np.full(len(lowest), _FALLS)
    kinds[carried & (np.abs(trunk) < 0.7)] = _LIES
    kinds[crawls & (np.abs(trunk) < 0.8)] = _CRAWLS
    kinds[trunk > 0.6] = np.where(ahead, _SITS_ARMS_OUT, _SITS)[trunk > 0.6]
    kinds[(trunk > 0.7) & (legs > 0.8)] = _STANDS
    kinds[trunk < -0.7] = np.where(on_hands & carried & (legs < -0.5), _LIES, _INVERTED)[
        trunk < -0.7
    ]
    return kinds


def _carried(
    at: dict[str, np.ndarray], axis: np.ndarray, height: np.ndarray, lowest: np.ndarray
) -> np.ndarray:
    """Whether the body's middle is over its lowest joints, `[T]`."""
    joints = np.stack(list(at.values()), axis=1)
    flat = joints - (joints @ axis)[..., None] * axis
    trunk = [at[f"{side}_{part}"] for side in ("left", "right") for part in ("hip", "shoulder")]
    legs = [at[f"{side}_knee"] for side in ("left", "right")]
    middle = 0.7 * np.mean(trunk, axis=0) + 0.3 * np.mean(legs, axis=0)
    middle = middle - (middle @ axis)[:, None] * axis
    near = (height < lowest[:, None] + _NEAR_M)[..., None]
    count = near.sum(axis=1)
    low = np.where(near, flat, np.inf).min(axis=1) - _OVER_M
    high = np.where(near, flat, -np.inf).max(axis=1) + _OVER_M
    inside = (middle >= low) & (middle <= high)
    return inside.all(axis=1) & (count[:, 0] > 0)


def _rests(joints: np.ndarray, fps: float, axis: np.ndarray) -> float:
    """Penalty of `axis` for joints that rest at a height while others move.

    In walking, a resting foot is the lowest joint, and resting feet share one level.
    """
    speed = np.linalg.norm(np.diff(joints, axis=0), axis=-1) * fps
    resting = (speed < _REST_M_S) & (speed.max(axis=1) > _MOVES_M_S)[:, None]
    frames = resting.any(axis=1)
    # Where hardly anything rests, it is joints that turn round.
    share = np.interp(frames.mean(), _REST_SHARES, (0.0, 1.0))
    if frames.sum() < 3 or share == 0.0:
        return 0.0
    height = joints[:-1] @ axis
    low = np.where(resting, height, np.inf).min(axis=1)[frames]
    gap = float(np.median(low - height.min(axis=1)[frames]))
    level = 0.5 * float(np.subtract(*np.percentile(low, [75.0, 25.0])))
    return share * (min(gap / _GAP_M, _MOST_GAP) + min(level / _LEVELS_M, _MOST_LEVELS))


def _unit(vector: np.ndarray) -> np.ndarray:
    return vector / np.maximum(np.linalg.norm(vector, axis=-1, keepdims=True), 1e-9)
