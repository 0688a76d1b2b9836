"""Contact capacity: buffer sizes for a simulation's contacts and constraint rows."""

from __future__ import annotations

from dataclasses import dataclass

import mujoco
import numpy as np

from metaworldx.sim.contact_sensors import can_collide

_POINTS = {
    mujoco.mjtGeom.mjGEOM_SPHERE: 1,
    mujoco.mjtGeom.mjGEOM_ELLIPSOID: 1,
    mujoco.mjtGeom.mjGEOM_CAPSULE: 2,
}
"""Contact points of a shape with a plane; 4 for those not listed (boxes, cylinders, meshes)."""


@dataclass(frozen=True)
class ContactCapacity:
    """Capacity of one simulation's buffers.

    Attributes:
      contacts: for contacts, and for pairs of geoms that pass the broad phase.
      constraints: for constraint rows.
    """

    contacts: int
    constraints: int


def contact_capacity_for(model: mujoco.MjModel) -> ContactCapacity:
    """Capacity that a model's simulations need, from its shapes and constraints.

    Contacts are an estimate with a margin: as if all moving geoms lay on a floor at once. Fallen
    robots under random actions needed less than half of that in every scene. Rows of joint
    limits, friction losses and equalities are upper bounds.
    """
    possible = can_collide(model)
    moves = model.body_weldid[model.geom_bodyid] != 0
    kinds = model.geom_type[moves & possible.any(axis=1)]
    contacts = max(1, sum(_POINTS.get(mujoco.mjtGeom(int(kind)), 4) for kind in kinds))
    widest = int(np.max([3, *model.geom_condim, *model.pair_dim]))
    pyramid = model.opt.cone == mujoco.mjtCone.mjCONE_PYRAMIDAL
    each = 2 * (widest - 1) if pyramid else widest
    limits = int(model.jnt_limited.sum() + model.tendon_limited.sum())
    friction = int((model.dof_frictionloss > 0).sum() + (model.tendon_frictionloss > 0).sum())
    # A weld, the widest equality, has six rows.
    return ContactCapacity(contacts, each * contacts + limits + friction + 6 * model.neq)
