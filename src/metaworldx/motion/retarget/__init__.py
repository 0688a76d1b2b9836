"""Retargeting human motion to a robot: fit proportions, minimise Eq. 8, clean contacts."""

from metaworldx.motion.retarget.match import match
from metaworldx.motion.retarget.pipeline import Figures, Retargeted, retarget

__all__ = ["Figures", "Retargeted", "match", "retarget"]
