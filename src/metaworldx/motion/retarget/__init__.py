"""Retargeting of human motion to a robot: scale keypoints, minimise Eq. 8, clean contacts."""

from metaworldx.motion.retarget.command_labels import SKILLS
from metaworldx.motion.retarget.looping import unrolled
from metaworldx.motion.retarget.pipeline import Figures, Retargeted, check_skill, retarget
from metaworldx.motion.retarget.trajectory_ik import match

__all__ = ["SKILLS", "Figures", "Retargeted", "check_skill", "match", "retarget", "unrolled"]
