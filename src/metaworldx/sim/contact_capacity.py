"""How many contacts and constraint rows a simulation may need: sizes of fixed buffers."""

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
"""Points in which a shape lies on a plane; those not named (boxes, cylinders, meshes) in 4."""


@dataclass(frozen=True)
class ContactCapacity:
    """Room of one simulation.

    Attributes:
      contacts: for contacts, and for pairs of geoms that are near enough to be tested.
      constraints: for constraint rows.
    """

    contacts: int
    constraints: int


def contact_capacity_for(model: mujoco.MjModel) -> ContactCapacity:
    """Room for what a model's simulations need, by its shapes and constraints.

    Contacts are an estimate with a margin: as many as if all that moves lay on a floor at once.
    Robots that act at random and lie where they fall, in any of the scenes, have had under half
    of that. Rows of joint limits, friction losses and equalities are bounds.
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
