"""Robot kinematics in float64: points, orientations and Jacobians for all frames of a motion."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.kinematics import Point, RobotTree, robot_tree
from metaworldx.sim.model import build_model

ROOT = 6
"""Tangent entries of the pelvis, as in qvel: world translation, rotation in its own axes."""
_SPHERE, _CAPSULE = int(mujoco.mjtGeom.mjGEOM_SPHERE), int(mujoco.mjtGeom.mjGEOM_CAPSULE)
_APART_PAIRS = (
    ("left_elbow", "left_hip_pitch"),
    ("left_elbow", "left_hip_roll"),
    ("left_elbow", "torso"),
    ("left_elbow", "pelvis"),
    ("left_elbow", "right_elbow"),
    ("left_knee", "right_knee"),
    ("left_knee", "right_foot"),
    ("left_foot", "right_foot"),
    ("left_hip_pitch", "right_hip_pitch"),
)
"""Parts that human motion may make collide; pairs also apply with sides swapped."""


class Frames(NamedTuple):
    """Forward kinematics of T frames: body positions and orientations, hinge anchors and axes.

    Shapes: at `[T, B, 3]`, turn `[T, B, 3, 3]`, anchor and axis `[T, J, 3]`; B as in the model.
    """

    at: np.ndarray
    turn: np.ndarray
    anchor: np.ndarray
    axis: np.ndarray


class Near(NamedTuple):
    """Pairs of parts close to each other.

    Shapes for N pairs: frame `[N]`; gap (m, negative where they cut into each other) `[N]`;
    nearest points `[N, 2, 3]`; bodies `[N, 2]`.
    """

    frame: np.ndarray
    gap: np.ndarray
    points: np.ndarray
    bodies: np.ndarray


class Body:
    """Kinematics of one robot; `body_of` caches one per robot.

    Attributes:
      tree: the robot's tree, with the hinges' names and limits.
      size: tangent entries of a frame, 6 + J.
    """

    def __init__(self, tree: RobotTree):
        self.tree = tree
        # With all that collides: the tree's own model may leave shapes out.
        self.model = build_model(tree.robot, "floor", "full", visuals=False)
        self._data = mujoco.MjData(self.model)
        self.size = ROOT + len(tree.joints)
        model = self.model
        hinge_bodies = [model.joint(name).bodyid[0] for name in tree.joints]
        moves = np.zeros((model.nbody, len(tree.joints)), bool)
        for b in range(1, model.nbody):
            moves[b] = moves[model.body_parentid[b]]
            moves[b, [j for j, body in enumerate(hinge_bodies) if body == b]] = True
        self._moves = moves
        self._surface = self._surface_points()
        self._apart = self._apart_geoms()

    def index(self, bodies: tuple[str, ...]) -> np.ndarray:
        """The model's ids of bodies."""
        return np.array([self.model.body(name).id for name in bodies], int)

    def frames(self, qpos: np.ndarray) -> Frames:
        """Forward kinematics of `[T, 7 + J]`."""
        model, data = self.model, self._data
        at = np.empty((len(qpos), model.nbody, 3))
        turn = np.empty((len(qpos), model.nbody, 9))
        anchor = np.empty((len(qpos), model.njnt, 3))
        axis = np.empty((len(qpos), model.njnt, 3))
        for t, row in enumerate(qpos):
            data.qpos[: len(row)] = row
            mujoco.mj_kinematics(model, data)
            at[t], turn[t], anchor[t], axis[t] = data.xpos, data.xmat, data.xanchor, data.xaxis
        hinges = slice(1, 1 + len(self.tree.joints))
        turn = turn.reshape(len(qpos), model.nbody, 3, 3)
        return Frames(at, turn, anchor[:, hinges], axis[:, hinges])

    def points(self, frames: Frames, points: tuple[Point, ...]) -> np.ndarray:
        """World positions `[T, P, 3]` of points fixed to bodies, m."""
        which = self.index(tuple(point.body for point in points))
        return _placed(frames, which, np.array([point.offset for point in points]))

    def point_jacobian(self, frames: Frames, at: np.ndarray, bodies: np.ndarray) -> np.ndarray:
        """Jacobian `[T, P, 3, n]` of points at `[T, P, 3]` on bodies `[P]`."""
        turns = self.turn_jacobian(frames, bodies)
        out = np.empty_like(turns)
        out[..., :3] = np.eye(3)
        pelvis = frames.at[:, 1]
        out[..., 3:ROOT] = _crossed(turns[..., 3:ROOT], (at - pelvis[:, None])[..., None, :])
        arms = at[:, :, None] - frames.anchor[:, None]
        out[..., ROOT:] = _crossed(turns[..., ROOT:], arms)
        return out

    def turn_jacobian(self, frames: Frames, bodies: np.ndarray) -> np.ndarray:
        """Rotational world Jacobian `[T, P, 3, n]` of bodies `[P]`, rad."""
        count = len(frames.at)
        out = np.zeros((count, len(bodies), 3, self.size))
        out[..., 3:ROOT] = frames.turn[:, 1, None]
        axes = np.swapaxes(frames.axis, 1, 2)[:, None]
        out[..., ROOT:] = axes * self._moves[bodies][None, :, None, :]
        return out

    def moved(self, qpos: np.ndarray, tangent: np.ndarray) -> np.ndarray:
        """qpos `[T, 7 + J]` moved by tangents `[T, n]`."""
        out = qpos.copy()
        out[:, :3] += tangent[:, :3]
        spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
        spin = spin * Rotation.from_rotvec(tangent[:, 3:ROOT])
        out[:, 3:7] = spin.as_quat(scalar_first=True)
        out[:, 7:] += tangent[:, ROOT:]
        return out

    def steps(self, qpos: np.ndarray) -> np.ndarray:
        """Tangents from each frame to the next, `[T - 1, n]`."""
        spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
        turn = (spin[:-1].inv() * spin[1:]).as_rotvec()
        plain = np.diff(np.concatenate([qpos[:, :3], qpos[:, 7:]], axis=1), axis=0)
        return np.concatenate([plain[:, :3], turn, plain[:, 3:]], axis=1)

    def surface(self, frames: Frames) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Centres `[T, S, 3]` of the spheres at the parts' ends, with radii and bodies `[S]`."""
        bodies, offsets, radii = self._surface
        return _placed(frames, bodies, offsets), radii, bodies

    def clearance(self, frames: Frames, floor: np.ndarray | None = None) -> np.ndarray:
        """Heights of `surface`'s spheres over the ground, `[T, S]` m; negative below it.

        Args:
          floor: the ground's height below the left foot, the right one, and all else, `[T, 3]` m;
            0 where None.
        """
        centres, radii, bodies = self.surface(frames)
        lowest = centres[..., 2] - radii
        if floor is None:
            return lowest
        feet = self.index(("left_ankle_link", "right_ankle_link"))
        return lowest - floor[:, np.select([bodies == feet[0], bodies == feet[1]], [0, 1], 2)]

    def depth(self, frames: Frames, floor: np.ndarray | None = None) -> np.ndarray:
        """Height of the robot's lowest part over the ground, `[T]` m; see `clearance`."""
        return self.clearance(frames, floor).min(axis=1)

    def near(self, qpos: np.ndarray, margin: float) -> Near:
        """Pairs of parts nearer each other than `margin` (m)."""
        model, data, fromto = self.model, self._data, np.zeros(6)
        one, two = np.array(self._apart).T
        reach = model.geom_rbound[one] + model.geom_rbound[two] + margin
        frame, gap, points, bodies = [], [], [], []
        for t, row in enumerate(qpos):
            data.qpos[: len(row)] = row
            mujoco.mj_kinematics(model, data)
            between = data.geom_xpos[one] - data.geom_xpos[two]
            for k in np.flatnonzero(np.einsum("pi,pi->p", between, between) < reach**2):
                a, b = int(one[k]), int(two[k])
                distance = mujoco.mj_geomDistance(model, data, a, b, margin, fromto)
                if distance < margin and np.any(fromto):
                    frame.append(t)
                    gap.append(distance)
                    points.append(fromto.reshape(2, 3).copy())
                    bodies.append((model.geom_bodyid[a], model.geom_bodyid[b]))
        count = len(frame)
        return Near(
            np.array(frame, int),
            np.array(gap, float),
            np.array(points, float).reshape(count, 2, 3),
            np.array(bodies, int).reshape(count, 2),
        )

    def _geoms(self) -> list[int]:
        model = self.model
        return [g for g in range(model.ngeom) if int(model.geom_type[g]) in (_SPHERE, _CAPSULE)]

    def _surface_points(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        model = self.model
        bodies, offsets, radii = [], [], []
        for g in self._geoms():
            half = model.geom_size[g, 1] if int(model.geom_type[g]) == _CAPSULE else 0.0
            along = Rotation.from_quat(model.geom_quat[g], scalar_first=True).apply([0, 0, 1.0])
            for end in (-1.0, 1.0) if half else (0.0,):
                bodies.append(model.geom_bodyid[g])
                offsets.append(model.geom_pos[g] + end * half * along)
                radii.append(model.geom_size[g, 0])
        return np.array(bodies), np.array(offsets), np.array(radii)

    def _apart_geoms(self) -> list[tuple[int, int]]:
        groups: dict[str, list[int]] = {}
        for g in self._geoms():
            groups.setdefault(self.model.geom(g).name.rpartition("_collision")[0], []).append(g)
        pairs = set()
        for first, second in _APART_PAIRS:
            for one, two in ((first, second), (_mirror(first), _mirror(second))):
                for a in groups.get(one, ()):
                    pairs.update((min(a, b), max(a, b)) for b in groups.get(two, ()))
        return sorted(pairs)


@cache
def body_of(robot: str) -> Body:
    """The kinematics of a robot.

    Raises:
      UserError: unknown robot.
    """
    return Body(robot_tree(robot))


def _placed(frames: Frames, bodies: np.ndarray, offsets: np.ndarray) -> np.ndarray:
    turned = np.einsum("tpij,pj->tpi", frames.turn[:, bodies], offsets)
    return frames.at[:, bodies] + turned


def _crossed(axes: np.ndarray, arms: np.ndarray) -> np.ndarray:
    """Columns of `[..., 3, m]` crossed with arms `[..., m or 1, 3]`."""
    crossed = np.cross(np.swapaxes(axes, -1, -2), arms)
    return np.swapaxes(crossed, -1, -2)


def _mirror(name: str) -> str:
    if name.startswith("left_"):
        return "right_" + name.removeprefix("left_")
    return "left_" + name.removeprefix("right_") if name.startswith("right_") else name
