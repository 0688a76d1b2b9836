"""Balance controller: joint target offsets that correct departures from the reference.

A linear law with few gains in the manner of SIMBICON (Yin, Loken and van de Panne 2007): ankles of
standing feet push against a capture point that runs away (Pratt et al. 2006; people stand like
that, Winter 1995), hips keep the trunk upright and put the swinging foot where the fall goes.
`balance_search` finds its gains; experts learn the rest.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.experts.body_frame import BodyFrame
from metaworldx.experts.motion_library import ReferenceFrame
from metaworldx.motion.kinematics import wrapped

SAGITTAL, LATERAL, TURNING = 4, 4, 2
ERRORS = SAGITTAL + LATERAL + TURNING
"""Number of errors; see `balance_errors`."""
_PITCHED, _ROLLED, _YAWED = ("hip_pitch", "knee", "ankle"), ("hip_roll",), ("hip_yaw",)
GAINS = 2 * (len(_PITCHED) * SAGITTAL + len(_ROLLED) * LATERAL + len(_YAWED) * TURNING)
"""Number of gains: sagittal, lateral and turning, each of the standing and then of the
swinging leg, joint by joint, error by error; rad per unit of the error."""
ZERO_GAINS = (0.0,) * GAINS
_TILT, _SPIN, _PLACE = 3.0, 0.3, 3.0
_PENDULUM = 3.3
"""Rate (1/s) at which H1 topples: sqrt(g / height of its centre of mass, 0.9 m)."""


def standing_gains(stiffness: float) -> tuple[float, ...]:
    """Gains of the ankles of standing feet alone, by the capture point's error (rad/m)."""
    gains = np.zeros(GAINS)
    ankle = _PITCHED.index("ankle") * SAGITTAL
    gains[ankle + 2], gains[ankle + 3] = stiffness / _PENDULUM, stiffness / _PLACE
    return tuple(float(x) for x in gains)


def balance_errors(target: ReferenceFrame, wanted_heading: jax.Array, body: BodyFrame) -> jax.Array:
    """Errors of a robot relative to a reference `[10]`.

    Sagittal: tilt (3 times the vertical's entry), spin (0.3 s times it), velocity (m/s),
    position over the feet that stand in the reference (3 times, m). Lateral: the same. Turning:
    heading error (rad), spin (0.3 s times it).

    Args:
      wanted_heading: commanded heading, rad, without the reference's own sway.
    """
    middles = body.soles.mean(axis=-2)
    share = target.contacts / jnp.maximum(target.contacts.sum(), 0.5)
    ahead = _PLACE * (share[:, None] * (target.soles - middles)).sum(axis=0)
    tilt = _TILT * (body.up - target.up)
    spin = _SPIN * (body.qvel[3:6] - target.qvel[3:6])
    faster = body.velocity - target.velocity
    lost = wrapped(wanted_heading + target.yaw - body.yaw)
    return jnp.stack(
        [
            *(tilt[0], spin[1], faster[0], ahead[0]),
            *(tilt[1], spin[0], faster[1], ahead[1]),
            *(lost, spin[2]),
        ]
    )


class BalanceController:
    """The law for a robot's hinges."""

    def __init__(self, joints: tuple[str, ...]):
        """For hinges of these names."""
        self._size = len(joints)
        self._legs = tuple(
            tuple(
                np.array([joints.index(f"{side}_{name}") for name in names])
                for names in (_PITCHED, _ROLLED, _YAWED)
            )
            for side in ("left", "right")
        )

    def offsets(self, gains: jax.Array, errors: jax.Array, contacts: jax.Array) -> jax.Array:
        """Joint target offsets `[J]`, rad.

        Args:
          gains: `[GAINS]`.
          errors: `balance_errors`.
          contacts: of left and right foot in the reference `[2]`, 0 to 1.
        """
        offsets = jnp.zeros(self._size)
        begin = 0
        rows = []
        for names, count in ((_PITCHED, SAGITTAL), (_ROLLED, LATERAL), (_YAWED, TURNING)):
            size = 2 * len(names) * count
            rows.append(gains[begin : begin + size].reshape(2, len(names), count))
            begin += size
        kinds = (errors[:4], errors[4:8], errors[8:])
        for side, leg in enumerate(self._legs):
            stands = contacts[side]
            for hinges, law, error in zip(leg, rows, kinds, strict=True):
                asked = stands * (law[0] @ error) + (1.0 - stands) * (law[1] @ error)
                offsets = offsets.at[hinges].add(asked)
        return offsets
