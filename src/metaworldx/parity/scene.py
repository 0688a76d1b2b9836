"""Scene parity: a recording compared with the compiled scene in sizes, names, resets, dynamics."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs.registry import EnvId
from metaworldx.parity.recording import Flight, Recording
from metaworldx.parity.replay import memory_at_reset, relative_error, task_on
from metaworldx.sim.data import SimData
from metaworldx.sim.model import model_spec
from metaworldx.sim.model_index import ModelIndex
from metaworldx.sim.native import NativePhysics
from metaworldx.sim.physics import PhysicsState

PELVIS_STEPS = 10
"""Control steps after which the pelvis is compared."""
_HOLD = 1
"""The kind of episode with the keyframe pose held, without disturbance."""
_FREE, _BALL = 0, 1
_QUATERNION = {_FREE: 3, _BALL: 0}
_WIDTH = {_FREE: 7, _BALL: 4}


@dataclass(frozen=True)
class Dynamics:
    """Deviation of native MuJoCo on our scene from the recorded physics.

    Attributes:
      objects: median over the rows of a kind of the worst error of the objects' joints after one
        control step (m or rad), by kind; empty for a scene without objects.
      objects_undisturbed: the median over the rows of kinds 0 and 1 together, or None.
      pelvis_m: median distance of the pelvis from the recorded one after `PELVIS_STEPS` control
        steps under the recorded actions, from rows of kind 1, or None.
    """

    objects: dict[int, float]
    objects_undisturbed: float | None
    pelvis_m: float | None


@functools.lru_cache(maxsize=1)
def _compiled(robot: str, scene: str) -> NativePhysics:
    return NativePhysics(model_spec(robot, scene, "full", native=True))


def physics_of(recording: Recording) -> NativePhysics:
    """Native physics of the recording's environment with everything colliding, as recorded."""
    env_id = EnvId.parse(recording.env_id)
    spec, cls = env_id.robot_spec, env_id.task_class
    return _compiled(spec.name, cls.scene)


def size_mismatches(names: Recording | Flight, layout: ModelIndex) -> list[str]:
    """Differences between a recording's sizes and names and our model's, in words.

    Joints and actuators must be equal and in the same order, which defines qpos, qvel and actions.
    Bodies, sites and sensors must exist, sensors with the same sizes.
    """
    arrays, recorded = names.arrays, names.names
    found = [
        f"{what}: ours {ours}, recorded {theirs}"
        for what, ours, theirs in (
            ("nq", layout.nq, arrays["qpos"].shape[1]),
            ("nv", layout.nv, arrays["qvel"].shape[1]),
            ("nu", len(layout.actuators), len(recorded["actuators"])),
        )
        if ours != theirs
    ]
    joints = {str(name): (qpos, qvel) for name, _, qpos, qvel in recorded["joints"]}
    found += _first_difference("joint", layout.joints.items(), joints.items())
    found += _first_difference("actuator", layout.actuators, recorded["actuators"])
    sensors = {str(name): int(dim) for name, _, dim in recorded.get("sensors", ())}
    for name, dim in sensors.items():
        if name in layout.sensors and layout.sensors[name][1] != dim:
            found.append(f"sensor {name}: ours {layout.sensors[name][1]}, recorded {dim}")
    for kind, ours, theirs in (
        ("bodies", layout.bodies, recorded["bodies"]),
        ("sites", layout.sites, recorded.get("sites", ())),
        ("sensors", layout.sensors, sensors),
    ):
        missing = [name for name in theirs if name and name not in ours]
        if missing:
            found.append(f"{kind} that we lack: {', '.join(missing)}")
    return found


def _first_difference(kind: str, ours: Iterable, recorded: Iterable) -> list[str]:
    ours, recorded = list(ours), list(recorded)
    for i, (a, b) in enumerate(zip(ours, recorded, strict=False)):
        if a != b:
            return [f"{kind} {i}: ours {a}, recorded {b}"]
    if len(ours) != len(recorded):
        return [f"{kind}s: ours {len(ours)}, recorded {len(recorded)}"]
    return []


def reset_observation_error(recording: Recording) -> float:
    """Worst relative error of the observations after reset, from our kinematics at those states.

    HumanoidBench's package task observes before it moves the destination: bodies that resets move
    may be at their position in the model or in the first row.

    Raises:
      RecordingError: its task state does not fit its environment.
    """
    physics = physics_of(recording)
    episodes = [e for e in range(len(recording.reset_state)) if len(recording.rows_of(e))]
    if not episodes:
        return 0.0
    first = np.array([recording.rows_of(episode)[0] for episode in episodes])
    arrays = recording.arrays
    qpos, qvel = (np.asarray(arrays[k][episodes], float) for k in ("reset/qpos", "reset/qvel"))
    moved = _state(physics, recording, first, qpos, qvel)
    states = [moved]
    if physics.model.nmocap:
        states.append(_state(physics, recording, first, qpos, qvel, moved=False))
    errors = [_observation_errors(physics, recording, episodes, state) for state in states]
    return float(np.max(np.min(errors, axis=0)))


def _observation_errors(
    physics: NativePhysics, recording: Recording, episodes: list[int], state: PhysicsState
) -> list[float]:
    """Relative error of each episode's first observation."""
    env_id = EnvId.parse(recording.env_id)
    spec, cls = env_id.robot_spec, env_id.task_class
    xpos, xquat, site_xpos = physics.kinematics_numpy(state, np.ones(len(episodes), bool))
    errors = []
    with jax.enable_x64(True):
        task = task_on(recording, cls, spec, physics.layout)
        for i, episode in enumerate(episodes):
            readings = SimData(
                qpos=state.qpos[i],
                qvel=state.qvel[i],
                xpos=jnp.asarray(xpos[i]),
                xquat=jnp.asarray(xquat[i]),
                site_xpos=jnp.asarray(site_xpos[i]),
                sensordata=jnp.zeros(physics.model.nsensordata),
                actuator_force=jnp.zeros(physics.model.nu),
                contact=jnp.zeros(len(cls.contact_rules), bool),
            )
            memory = memory_at_reset(task, recording, episode)
            ours = np.asarray(task.observe(readings, memory))
            recorded = recording.arrays["reset/obs"][episode]
            same_size = ours.shape == recorded.shape
            errors.append(relative_error(ours, recorded) if same_size else float("inf"))
    return errors


def dynamics(recording: Recording) -> Dynamics:
    """Steps native MuJoCo (float64) from the recorded states and compares.

    Rows with a non-finite recorded state or action are skipped; a simulation of ours that diverges
    has an infinite error.
    """
    physics = physics_of(recording)
    arrays = recording.arrays
    usable = np.ones(len(recording), bool)
    for key in ("qpos_before", "qvel_before", "action", "qpos", "xpos", "xquat"):
        usable &= np.isfinite(arrays[key]).reshape(len(usable), -1).all(1)
    rows = np.flatnonzero(usable)
    objects, undisturbed = {}, None
    if recording.names["robot_qpos"] < physics.model.nq and len(rows):
        errors = _object_errors(physics, recording, rows)
        kind = arrays["kind"][rows]
        objects = {int(k): float(np.median(errors[kind == k])) for k in np.unique(kind)}
        if (kind <= _HOLD).any():
            undisturbed = float(np.median(errors[kind <= _HOLD]))
    return Dynamics(objects, undisturbed, _pelvis_error(physics, recording, usable))


def ctrl_of(physics: NativePhysics, action: np.ndarray) -> np.ndarray:
    """Actions in [-1, 1] in actuator units `[..., nu]`, as HumanoidBench maps them."""
    low, high = physics.model.actuator_ctrlrange.T
    return low + 0.5 * (np.asarray(action, float) + 1.0) * (high - low)


def _state(
    physics: NativePhysics,
    recording: Recording,
    rows: np.ndarray,
    qpos: np.ndarray,
    qvel: np.ndarray,
    moved: bool = True,
) -> PhysicsState:
    """States at qpos and qvel; mocap bodies, if `moved`, at the poses recorded in `rows`."""
    layout = physics.layout
    pos = np.tile(np.reshape(layout.mocap_pos, (-1, 3)), (len(rows), 1, 1))
    quat = np.tile(np.reshape(layout.mocap_quat, (-1, 4)), (len(rows), 1, 1))
    for i, body in enumerate(layout.mocap_bodies):
        if moved and body in recording.names["bodies"]:
            body_id = recording.names["bodies"].index(body)
            pos[:, i] = recording.arrays["xpos"][rows, body_id]
            quat[:, i] = recording.arrays["xquat"][rows, body_id]
    return PhysicsState(qpos, qvel, np.zeros_like(qvel), pos, quat)  # type: ignore[arg-type]


def _before(physics: NativePhysics, recording: Recording, rows: np.ndarray) -> PhysicsState:
    arrays = recording.arrays
    qpos, qvel = (np.asarray(arrays[k][rows], float) for k in ("qpos_before", "qvel_before"))
    return _state(physics, recording, rows, qpos, qvel)


def _object_errors(physics: NativePhysics, recording: Recording, rows: np.ndarray) -> np.ndarray:
    """Worst error of the objects' joints after one control step from each row `[rows]`."""
    before = _before(physics, recording, rows)
    after, _ = physics.step_numpy(before, ctrl_of(physics, recording.arrays["action"][rows]))
    ours, recorded = np.asarray(after.qpos), recording.arrays["qpos"][rows]
    worst = np.zeros(len(rows))
    for _, kind, adr, _ in recording.names["joints"]:
        if adr < recording.names["robot_qpos"]:
            continue
        straight = slice(adr, adr + _QUATERNION.get(kind, 1))
        distance = np.linalg.norm(ours[:, straight] - recorded[:, straight], axis=1)
        worst = np.fmax(worst, np.nan_to_num(distance, nan=np.inf))
        if kind in _QUATERNION:
            turn = slice(adr + _QUATERNION[kind], adr + _WIDTH[kind])
            angle = _angle(ours[:, turn], recorded[:, turn])
            worst = np.fmax(worst, np.nan_to_num(angle, nan=np.inf))
    return worst


def _angle(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Angle (rad) between orientations `[n, 4]`; a quaternion and its negative are one."""
    a, b = (q / np.linalg.norm(q, axis=1, keepdims=True) for q in (a, b))
    chord = np.minimum(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1))
    return 4.0 * np.arcsin(np.minimum(chord / 2.0, 1.0))


def _pelvis_error(physics: NativePhysics, recording: Recording, usable: np.ndarray) -> float | None:
    starts = []
    for episode in range(len(recording.reset_state)):
        rows = recording.rows_of(episode)
        for start in range(len(rows) - PELVIS_STEPS + 1):
            run = rows[start : start + PELVIS_STEPS]
            steps = recording.arrays["step"][run]
            is_hold = (recording.arrays["kind"][run] == _HOLD).all()
            if is_hold and usable[run].all() and (np.diff(steps) == 1).all():
                starts.append(run)
    if not starts:
        return None
    runs = np.stack(starts)
    state = _before(physics, recording, runs[:, 0])
    for step in range(PELVIS_STEPS):
        action = recording.arrays["action"][runs[:, step]]
        state, _ = physics.step_numpy(state, ctrl_of(physics, action))
    offset = np.asarray(state.qpos)[:, :3] - recording.arrays["qpos"][runs[:, -1], :3]
    return float(np.median(np.nan_to_num(np.linalg.norm(offset, axis=1), nan=np.inf)))
