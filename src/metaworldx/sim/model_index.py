"""Model index: indices and addresses of a model's bodies, sites, sensors and joints by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import mujoco


def _index(kind: str, names: tuple[str, ...], name: str) -> int:
    try:
        return names.index(name)
    except ValueError:
        raise KeyError(f"no {kind} {name!r}; this model has {', '.join(names)}") from None


@dataclass(frozen=True)
class ModelIndex:
    """Index of every name in a compiled model or a recording.

    Tasks look up their indices once, at construction, so that the same task reads the arrays of a
    MuJoCo model and of a recording.
    """

    bodies: tuple[str, ...]
    sites: tuple[str, ...]
    geoms: tuple[str, ...]
    geom_bodies: tuple[int, ...]
    sensors: Mapping[str, tuple[int, int]]
    joints: Mapping[str, tuple[int, int]]
    actuators: tuple[str, ...]
    nq: int
    nv: int
    mocap_bodies: tuple[str, ...] = ()
    mocap_pos: tuple[tuple[float, ...], ...] = ()
    mocap_quat: tuple[tuple[float, ...], ...] = ()

    @classmethod
    def of_model(cls, model: mujoco.MjModel) -> ModelIndex:
        """The index of a compiled model."""

        def names(kind: mujoco.mjtObj, count: int) -> tuple[str, ...]:
            return tuple(mujoco.mj_id2name(model, kind, i) or "" for i in range(count))

        obj = mujoco.mjtObj
        sensors = names(obj.mjOBJ_SENSOR, model.nsensor)
        joints = names(obj.mjOBJ_JOINT, model.njnt)
        bodies = names(obj.mjOBJ_BODY, model.nbody)
        mocap = sorted((int(m), b) for b, m in enumerate(model.body_mocapid) if m >= 0)
        return cls(
            bodies=bodies,
            sites=names(obj.mjOBJ_SITE, model.nsite),
            geoms=names(obj.mjOBJ_GEOM, model.ngeom),
            geom_bodies=tuple(int(b) for b in model.geom_bodyid),
            sensors={
                n: (int(model.sensor_adr[i]), int(model.sensor_dim[i]))
                for i, n in enumerate(sensors)
            },
            joints={
                n: (int(model.jnt_qposadr[i]), int(model.jnt_dofadr[i]))
                for i, n in enumerate(joints)
            },
            actuators=names(obj.mjOBJ_ACTUATOR, model.nu),
            nq=model.nq,
            nv=model.nv,
            mocap_bodies=tuple(bodies[b] for _, b in mocap),
            mocap_pos=tuple(tuple(map(float, model.body_pos[b])) for _, b in mocap),
            mocap_quat=tuple(tuple(map(float, model.body_quat[b])) for _, b in mocap),
        )

    @classmethod
    def of_recording(cls, names: Mapping, nq: int, nv: int) -> ModelIndex:
        """The index of a recording from its `names` entry and its widths of qpos and qvel."""
        return cls(
            bodies=tuple(names["bodies"]),
            sites=tuple(names.get("sites", ())),
            geoms=tuple(names.get("geoms", ())),
            geom_bodies=tuple(names.get("geom_bodies", ())),
            sensors={n: (adr, dim) for n, adr, dim in names.get("sensors", ())},
            joints={n: (qadr, dadr) for n, _, qadr, dadr in names["joints"]},
            actuators=tuple(names["actuators"]),
            nq=nq,
            nv=nv,
        )

    def body(self, name: str) -> int:
        """Index of a body; raises KeyError naming the known ones."""
        return _index("body", self.bodies, name)

    def site(self, name: str) -> int:
        """Index of a site; raises KeyError naming the known ones."""
        return _index("site", self.sites, name)

    def sensor(self, name: str) -> slice:
        """Slice of a sensor's readings in `sensordata`."""
        if name not in self.sensors:
            raise KeyError(f"no sensor {name!r}; this model has {', '.join(self.sensors)}")
        adr, dim = self.sensors[name]
        return slice(adr, adr + dim)

    def mocap(self, body: str) -> int:
        """Index of a mocap body among the mocap bodies."""
        return _index("mocap body", self.mocap_bodies, body)

    def qpos(self, joint: str) -> int:
        """Address of a joint in qpos."""
        return self._joint(joint)[0]

    def qvel(self, joint: str) -> int:
        """Address of a joint in qvel."""
        return self._joint(joint)[1]

    def _joint(self, joint: str) -> tuple[int, int]:
        if joint not in self.joints:
            raise KeyError(f"no joint {joint!r}; this model has {', '.join(self.joints)}")
        return self.joints[joint]
