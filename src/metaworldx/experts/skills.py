"""Skills: name, description and training settings of each expert."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from metaworldx.core.assets import asset_root
from metaworldx.core.errors import UserError, check_at_least, check_known, nearest
from metaworldx.experts.balance_controller import GAINS, standing_gains
from metaworldx.experts.imitation_reward import ImitationConfig
from metaworldx.motion.builtin import SKILLS as BUILTIN
from metaworldx.motion.builtin import clips_for
from metaworldx.motion.clip import Clip
from metaworldx.motion.clip_file import load_clip


@dataclass(frozen=True)
class Skill:
    """Training settings of an expert.

    Attributes:
      name: of the skill, and of its clips.
      description: in words, for a teacher's prompt.
      task: the HumanoidBench task whose scene and reward it trains with.
      clips: names of built-in clips, or clip files (`.npz`); empty for all of the skill's.
      w_track, w_task: shares of the alignment R_t and of the task's reward.
      on_reference: share of the episodes that begin in a random state of a clip (reference state
        initialisation); the others have the task's own reset.
      noise: bound of the uniform noise on joints at such a reset (rad; ten times as much in rad/s
        on their velocities).
      authority: share of the motor's greatest force that an action of 1 commands.
      feedback: gains of the balance controller (`balance_controller.GAINS` of them); zeros disable
        it.
      max_height_error, max_tilt: training episodes end when the pelvis's height over the soles
        is off by more (m), or its vertical leans by more from the reference's (rad).
      episode_steps: control steps after which training episodes are cut.
      heading_gain: turn rate per heading error, 1/s.
      clock_gain: increase of the playback rate per metre that the robot is ahead of the clip, 1/m;
        0 plays the clip by time alone.
      evaluated: index of the clip that the expert tracks in its task, from the task's own reset.
      then: index of the clip that follows where one ends; episodes with the task's own reset
        then begin with the clip `evaluated`. None lets clips end.
      hand_gain: gain of the arms' correction of hand position errors.
      place_noise: training's noise of the hand targets (m), to each side of the clip's own.
      held: free joints of the scene that start with the pelvis's velocity.
      preview: times (s) ahead at which the reference is observed. Experts have none; a privileged
        tracker (`feasibility`) does.
      imitation: coefficients of Eq. 4.
    """

    name: str
    description: str
    task: str
    clips: tuple[str, ...] = ()
    w_track: float = 0.65
    w_task: float = 0.35
    on_reference: float = 0.7
    noise: float = 0.05
    authority: float = 0.7
    feedback: tuple[float, ...] = standing_gains(8.0)
    max_height_error: float = 0.3
    max_tilt: float = 1.0
    episode_steps: int = 500
    heading_gain: float = 1.0
    clock_gain: float = 0.0
    evaluated: int = 0
    then: int | None = None
    hand_gain: float = 0.0
    place_noise: float = 0.0
    held: tuple[str, ...] = ()
    preview: tuple[float, ...] = ()
    imitation: ImitationConfig = field(default_factory=ImitationConfig)

    def __post_init__(self):
        check_at_least(self, 0.0, "w_track", "w_task")
        if not 0.0 <= self.on_reference <= 1.0:
            raise UserError(f"on_reference is {self.on_reference}; needs 0 to 1")
        if len(self.feedback) != GAINS:
            raise UserError(f"feedback has {len(self.feedback)} gains; needs {GAINS}")
        if not 0.0 < self.authority <= 1.0:
            raise UserError(f"authority is {self.authority}; needs over 0, up to 1")


_EVEN: dict[str, Any] = {"w_track": 0.5, "w_task": 0.5}

SKILLS = {
    skill.name: skill
    for skill in (
        Skill("stand", "Stand upright and keep balance without stepping.", "h1-stand"),
        Skill(
            "walk",
            "Walk forward at a chosen speed, turning as asked.",
            "h1-walk",
            clips=("walk_0.75", "walk_1.00", "walk_1.25"),
            **_EVEN,
            # H1 lags behind the command by half, and the task wants 1 m/s.
            evaluated=2,
        ),
        Skill(
            "run",
            "Run forward fast, with both feet off the ground in between.",
            "h1-run",
            clips=("run_2.0",),
            **_EVEN,
        ),
        Skill(
            "sit", "Sit down on a seat behind and stay seated upright.", "h1-sit_simple", **_EVEN
        ),
        Skill(
            "carry",
            "Walk with both arms held around a box in front of the chest.",
            "h1-carry",
            clips=("carry_still", "carry_0.50", "carry_0.75", "carry_1.00"),
            **_EVEN,
            evaluated=3,
            held=("free_box",),
            imitation=ImitationConfig(hand_weight=10.0),
        ),
        # The task's reward counts up to 20, and its goals are up to 2 m away.
        Skill(
            "reach",
            "Stand and bring one or both hands to given points.",
            "h1-reach",
            w_track=0.9,
            w_task=0.02,
            hand_gain=2.0,
            place_noise=0.1,
            imitation=ImitationConfig(hand_weight=30.0),
        ),
        # The task begins upright: first down, then on.
        Skill(
            "crawl",
            "Move forward low, on hands and feet.",
            "h1-crawl",
            clips=("crawl_0.50", "crawl_down"),
            **_EVEN,
            on_reference=0.4,
            clock_gain=3.0,
            evaluated=1,
            then=0,
        ),
        # From the task's start, half a metre before the first step, it walks.
        Skill(
            "stair",
            "Climb and descend stairs.",
            "h1-stair",
            clips=("stair_up_0.80", "stair_down_0.75", "walk_1.00"),
            **_EVEN,
            on_reference=0.4,
            evaluated=2,
        ),
    )
}


def read_balance_gains(path: Path) -> dict[str, list[float]]:
    """Gains of the balance controller by skill.

    Raises:
      UserError: the file cannot be read, or holds something else.
    """
    try:
        data = json.loads(path.read_text())
        found = {str(name): [float(x) for x in gains] for name, gains in data.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path} holds no gains: {error}") from None
    for name, gains in found.items():
        if len(gains) != GAINS or not all(math.isfinite(x) for x in gains):
            raise UserError(f"{path}: {name} needs {GAINS} finite gains, has {len(gains)}")
    return found


def clips_of(skill: Skill) -> list[Clip]:
    """Clips of a skill's expert, in the order of their indices.

    Raises:
      UserError: a name that no clip has, or a file that holds none.
    """
    known = {clip.name: clip for clip in clips_for(skill.name)}
    others = (
        {clip.name: clip for each in BUILTIN for clip in clips_for(each)}
        if any(name not in known and not name.endswith(".npz") for name in skill.clips)
        else {}
    )
    chosen = []
    for name in skill.clips or known:
        if name.endswith(".npz"):
            chosen.append(load_clip(Path(name)))
        elif name in known or name in others:
            chosen.append(known.get(name) or others[name])
        else:
            raise UserError(nearest(f"clip of {skill.name}", name, known))
    if not 0 <= skill.evaluated < len(chosen):
        raise UserError(f"evaluated is {skill.evaluated}; {skill.name} follows {len(chosen)} clips")
    return chosen


def skill_named(name: str) -> Skill:
    """The skill of that name, with the balance gains of `assets/balance_gains.json`, if any.

    Raises:
      UserError: unknown name, with the nearest.
    """
    check_known("skill", name, SKILLS)
    tuned = _tuned().get(name)
    return SKILLS[name] if tuned is None else replace(SKILLS[name], feedback=tuple(tuned))


@cache
def _tuned() -> dict[str, list[float]]:
    path = Path(str(asset_root())) / "balance_gains.json"
    return read_balance_gains(path) if path.is_file() else {}
