"""Contact rules as MuJoCo `contact` sensors, for backends without access to the contact list."""

from __future__ import annotations

from collections.abc import Mapping

import mujoco
import numpy as np

from metaworldx.sim.contact_rules import ContactRule
from metaworldx.sim.model_index import ModelIndex


def name_all_geoms(spec: mujoco.MjSpec) -> None:
    """Names every unnamed geom, so that sensors can refer to it."""
    for body in spec.bodies:
        for i, geom in enumerate(body.geoms):
            if not geom.name:
                geom.name = f"{body.name}:geom{i}"


def can_collide(model: mujoco.MjModel) -> np.ndarray:
    """Geom pairs that the model tests for collision, bool `[ngeom, ngeom]`."""
    first, second = model.geom_contype[:, None], model.geom_conaffinity[None, :]
    bits = (first & second) != 0
    allowed = bits | bits.T
    weld = model.body_weldid[model.geom_bodyid]
    parent = model.body_weldid[model.body_parentid[weld]]
    same = weld[:, None] == weld[None, :]
    family = (weld[:, None] == parent[None, :]) | (parent[:, None] == weld[None, :])
    world = (weld[:, None] == 0) | (weld[None, :] == 0)
    allowed &= ~same & ~(family & ~world)
    body = model.geom_bodyid
    for signature in model.exclude_signature:
        a, b = int(signature) >> 16, int(signature) & 0xFFFF
        pair = (body[:, None] == a) & (body[None, :] == b)
        allowed &= ~(pair | pair.T)
    for a, b in zip(model.pair_geom1, model.pair_geom2, strict=True):
        allowed[a, b] = allowed[b, a] = True
    return allowed


class ContactSensors:
    """Contact-counting sensors of each contact rule, and their evaluation as flags."""

    def __init__(self, spec: mujoco.MjSpec, rules: Mapping[str, ContactRule]):
        """Adds the sensors that the rules need to `spec`."""
        name_all_geoms(spec)
        self.rules = tuple(rules)
        if not rules:
            self.model = spec.compile()
            self.base_sensors = self.model.nsensordata
            self.weights = np.zeros((0, 0), np.float32)
            return
        nominal = spec.compile()
        self.base_sensors = nominal.nsensordata
        layout, possible = ModelIndex.of_model(nominal), can_collide(nominal)
        # Each entry: rule, sign, geom, other geom or None for any.
        wanted: list[tuple[int, int, int, int | None]] = []
        for i, rule in enumerate(rules.values()):
            wanted += _counters(i, rule.pairs(layout) & possible, possible)
        for rule, sign, geom, other in wanted:
            spec.add_sensor(
                name=f"touch:{rule}:{sign}:{geom}:{other}",
                type=mujoco.mjtSensor.mjSENS_CONTACT,
                objtype=mujoco.mjtObj.mjOBJ_GEOM,
                objname=layout.geoms[geom],
                reftype=(
                    mujoco.mjtObj.mjOBJ_UNKNOWN if other is None else mujoco.mjtObj.mjOBJ_GEOM
                ),
                refname="" if other is None else layout.geoms[other],
                intprm=[1, 0, 1],  # data "found", no reduction, one slot
            )
        self.model = spec.compile()
        count = len(wanted)
        # rows: rules, columns: sensors
        self.weights = np.zeros((len(rules), count), np.float32)
        for column, (rule, sign, _, _) in enumerate(wanted):
            self.weights[rule, column] = sign

    def flags(self, sensordata: np.ndarray) -> np.ndarray:
        """Flags `[..., nrule]` from the sensor readings `[..., nsensordata]`."""
        if not self.rules:
            return np.zeros((*sensordata.shape[:-1], 0), bool)
        return sensordata[..., self.base_sensors :] @ self.weights.T > 0.5


def _counters(
    rule: int, pairs: np.ndarray, possible: np.ndarray
) -> list[tuple[int, int, int, int | None]]:
    """Signed sensors whose sum counts each contact of `pairs` at least once.

    A geom of which every possible partner matches needs one sensor. Otherwise either the matching
    partners are summed or the others are subtracted from all, whichever needs fewer sensors.
    """
    left = pairs.copy()
    found: list[tuple[int, int, int, int | None]] = []
    while left.any():
        geom = int(np.argmax(left.sum(1)))
        count = np.flatnonzero(pairs[geom])
        rest = np.flatnonzero(possible[geom] & ~pairs[geom])
        if len(rest) < len(count):
            found.append((rule, 1, geom, None))
            found += [(rule, -1, geom, int(o)) for o in rest]
        else:
            found += [(rule, 1, geom, int(o)) for o in count]
        left[geom, :] = left[:, geom] = False
    return found
