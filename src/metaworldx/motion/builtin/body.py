"""H1's body in numpy: forward kinematics, inverse kinematics over whole clips, dynamics."""

from __future__ import annotations

from functools import cache

import mujoco
import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.envs.robots import ROBOTS
from metaworldx.motion.clip import velocities
from metaworldx.motion.kinematics import SOLE_DEPTH, Point
from metaworldx.sim.model import build_model

GRAVITY = 9.81
HEEL, TOE = -0.1, 0.2
"""x of the sole's ends from the ankle (m)."""
LEG_JOINTS = ("hip_yaw", "hip_roll", "hip_pitch", "knee", "ankle")
ARM_JOINTS = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow")
SIDES = ("left", "right")


def heel(side: str) -> Point:
    """The middle of the sole's hind end."""
    return Point(f"{side}_ankle_link", (HEEL, 0.0, -SOLE_DEPTH))


def toe(side: str) -> Point:
    """The middle of the sole's front end."""
    return Point(f"{side}_ankle_link", (TOE, 0.0, -SOLE_DEPTH))


def hand(side: str) -> Point:
    """The robot's `left_hand` or `right_hand` site."""
    return Point(f"{side}_elbow_link", (0.31, 0.0, -0.01))


HEAD = Point("torso_link", (0.0, 0.0, 0.7))


class Body:
    """Kinematics of the H1 for arrays of poses `[T, 26]`, in float64, with Jacobians."""

    def __init__(self):
        """Builds the kinematic tree from the model; `body` caches one."""
        self.model = build_model("h1", "floor", "feet", visuals=False)
        self.model.opt.disableflags |= mujoco.mjtDisableBit.mjDSBL_CONSTRAINT
        self.data = mujoco.MjData(self.model)
        hinges = range(1, self.model.njnt)
        self.joints = tuple(self.model.joint(j).name for j in hinges)
        self.low, self.high = self.model.jnt_range[1:].T.copy()
        self.names = tuple(self.model.body(b).name for b in range(self.model.nbody))

    def index(self, *joints: str) -> np.ndarray:
        """Columns of qpos that hold these joints."""
        return np.array([7 + self.joints.index(name) for name in joints])

    def poses(self, qpos: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Body origins `[T, B, 3]`, rotations `[T, B, 3, 3]` and hinge axes `[T, J, 3]`, world.

        A hinge's anchor is its body's origin.
        """
        model, frames = self.model, len(qpos)
        at = np.zeros((frames, model.nbody, 3))
        turn = np.tile(np.eye(3), (frames, model.nbody, 1, 1))
        axes = np.zeros((frames, len(self.joints), 3))
        for b in range(1, model.nbody):
            if b == 1:
                at[:, b] = qpos[:, :3]
                turn[:, b] = Rotation.from_quat(qpos[:, 3:7], scalar_first=True).as_matrix()
                continue
            parent = model.body_parentid[b]
            at[:, b] = at[:, parent] + turn[:, parent] @ model.body_pos[b]
            fixed = Rotation.from_quat(model.body_quat[b], scalar_first=True).as_matrix()
            turn[:, b] = turn[:, parent] @ fixed
            if model.body_jntnum[b]:
                j = model.body_jntadr[b]
                axis = model.jnt_axis[j]
                axes[:, j - 1] = turn[:, b] @ axis
                turn[:, b] = turn[:, b] @ _turned(axis, qpos[:, model.jnt_qposadr[j]])
        return at, turn, axes

    def points(self, qpos: np.ndarray, points: tuple[Point, ...]) -> np.ndarray:
        """World positions `[T, P, 3]` of points fixed to bodies, m."""
        at, turn, _ = self.poses(qpos)
        return self._points(at, turn, points)

    def _points(self, at: np.ndarray, turn: np.ndarray, points: tuple[Point, ...]) -> np.ndarray:
        which = [self.names.index(point.body) for point in points]
        offsets = np.array([point.offset for point in points])
        return at[:, which] + np.einsum("tpij,pj->tpi", turn[:, which], offsets)

    def com(self, qpos: np.ndarray) -> np.ndarray:
        """Centre of mass in the world `[T, 3]`, m."""
        at, turn, _ = self.poses(qpos)
        centres = at + np.einsum("tbij,bj->tbi", turn, self.model.body_ipos)
        mass = self.model.body_mass
        return np.einsum("b,tbi->ti", mass, centres) / mass.sum()

    def solve(
        self,
        qpos: np.ndarray,
        joints: tuple[str, ...],
        points: tuple[Point, ...],
        targets: np.ndarray,
        posture: float = 0.0,
        rounds: int = 40,
    ) -> np.ndarray:
        """Poses whose points lie at targets: damped Gauss-Newton, all frames at once.

        Args:
          qpos: `[T, 26]`, where to start from, and the posture to stay near.
          joints: those that may move, within their limits.
          targets: `[T, P, 3]`, m.
          posture: weight of one rad away from `qpos` against one metre.
          rounds: the most iterations.
        """
        columns = self.index(*joints)
        low, high = self.low[columns - 7] + 1e-3, self.high[columns - 7] - 1e-3
        given = qpos[:, columns].copy()
        qpos = qpos.copy()
        moves = self._moves(joints, points)
        for _ in range(rounds):
            at, turn, axes = self.poses(qpos)
            places = self._points(at, turn, points)
            miss = (targets - places).reshape(len(qpos), -1)
            anchors = at[:, self.model.jnt_bodyid[columns - 6]]
            arm = places[:, :, None] - anchors[:, None]
            jacobian = np.cross(axes[:, None, columns - 7], arm) * moves[None, :, :, None]
            jacobian = jacobian.transpose(0, 1, 3, 2).reshape(len(qpos), -1, len(columns))
            square = jacobian.transpose(0, 2, 1) @ jacobian
            right = np.einsum("tij,ti->tj", jacobian, miss)
            right += posture**2 * (given - qpos[:, columns])
            square = square + (posture**2 + 1e-9) * np.eye(len(columns))
            step = np.clip(np.linalg.solve(square, right[..., None])[..., 0], -0.3, 0.3)
            new = np.clip(qpos[:, columns] + step, low, high)
            moved = np.abs(new - qpos[:, columns]).max()
            qpos[:, columns] = new
            if moved < 1e-7:
                break
        return qpos

    def _moves(self, joints: tuple[str, ...], points: tuple[Point, ...]) -> np.ndarray:
        """Whether a joint moves a point, `[P, J]` of 0 and 1."""
        out = np.zeros((len(points), len(joints)))
        for p, point in enumerate(points):
            b = self.names.index(point.body)
            while b > 0:
                for j, joint in enumerate(joints):
                    if self.model.joint(joint).bodyid[0] == b:
                        out[p, j] = 1.0
                b = self.model.body_parentid[b]
        return out

    def ground_point(
        self, qpos: np.ndarray, fps: float, loop: bool, ground: float | np.ndarray = 0.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Zero moment point `[T, 2]` (m) and ground reaction force `[T, 3]` (N) of the motion.

        From MuJoCo's inverse dynamics of the whole body. A motion is dynamically feasible only
        while the zero moment point lies under the supporting feet.
        """
        qvel = velocities(qpos, fps, loop)
        qacc = np.gradient(qvel, axis=0) * fps
        if loop:
            ends = Rotation.from_quat(qpos[[0, -1], 3:7], scalar_first=True)
            before, after = qvel[-2].copy(), qvel[1].copy()
            # In a loop that turns, world velocities rotate with each cycle.
            on = ends[1] * ends[0].inv()
            before[:3], after[:3] = on.inv().apply(before[:3]), on.apply(after[:3])
            qacc[0] = (qvel[1] - before) * (0.5 * fps)
            qacc[-1] = (after - qvel[-2]) * (0.5 * fps)
        wrench = np.empty((len(qpos), 6))
        data = self.data
        for t in range(len(qpos)):
            data.qpos[:], data.qvel[:], data.qacc[:] = qpos[t], qvel[t], qacc[t]
            mujoco.mj_inverse(self.model, data)
            wrench[t] = data.qfrc_inverse[:6]
        force = wrench[:, :3]
        spin = Rotation.from_quat(qpos[:, 3:7], scalar_first=True)
        moment = spin.apply(wrench[:, 3:])
        above = qpos[:, 2] - ground
        up = np.maximum(force[:, 2], 1.0)
        x = qpos[:, 0] - (moment[:, 1] + above * force[:, 0]) / up
        y = qpos[:, 1] + (moment[:, 0] - above * force[:, 1]) / up
        return np.stack([x, y], axis=1), force


@cache
def body() -> Body:
    """H1's body, cached."""
    return Body()


_HANGING = (0.1, 0.19, 0.0, 1.2)


def stand_pose(hip: float = -0.18, arms: tuple[float, ...] = _HANGING) -> np.ndarray:
    """An upright pose `[26]` with soles on the floor, knees bent twice the hips, arms hanging.

    Args:
      hip: pitch of both hips (rad), negative forward.
      arms: shoulder pitch, roll and yaw and elbow of the left arm (rad); the right one mirrors it.
    """
    qpos = np.array(ROBOTS["h1"].stand)
    b = body()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        qpos[b.index(*(f"{side}_{name}" for name in LEG_JOINTS))] = (0, 0, hip, -2 * hip, hip)
        mirror = np.array([1.0, sign, sign, 1.0])
        qpos[b.index(*(f"{side}_{name}" for name in ARM_JOINTS))] = np.array(arms) * mirror
    qpos[2] = 0.1742 + 0.8 * np.cos(hip) + SOLE_DEPTH
    return qpos


def sole_ends(qpos: np.ndarray) -> np.ndarray:
    """Left heel and toe, right heel and toe of poses `[T, 26]`: `[T, 4, 3]`, m."""
    return body().points(qpos, tuple(f(side) for side in SIDES for f in (heel, toe)))


def legs(qpos: np.ndarray, soles: np.ndarray) -> np.ndarray:
    """Poses with the soles at given positions; the roll of a sole follows from the leg.

    Args:
      qpos: `[T, 26]`; the pelvis stays, the legs are the initial guess.
      soles: `[T, 4, 3]`: left heel and toe, right heel and toe (m).
    """
    points = tuple(f(side) for side in SIDES for f in (heel, toe))
    joints = tuple(f"{side}_{name}" for side in SIDES for name in LEG_JOINTS)
    return body().solve(qpos, joints, points, soles)


def _turned(axis: np.ndarray, angle: np.ndarray) -> np.ndarray:
    x, y, z = axis
    cross = np.array([[0.0, -z, y], [z, 0.0, -x], [-y, x, 0.0]])
    sin, cos = np.sin(angle)[:, None, None], np.cos(angle)[:, None, None]
    return np.eye(3) + sin * cross + (1.0 - cos) * (cross @ cross)
