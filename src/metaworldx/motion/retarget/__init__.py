"""Retargeting human motion to a robot: fit proportions, minimise Eq. 8, clean contacts."""

from metaworldx.motion.retarget.asked import SKILLS
from metaworldx.motion.retarget.match import match
from metaworldx.motion.retarget.pipeline import Figures, Retargeted, check_skill, retarget
from metaworldx.motion.retarget.rounds import unrolled

__all__ = ["SKILLS", "Figures", "Retargeted", "check_skill", "match", "retarget", "unrolled"]
