"""AMASS and other .npz files of SMPL, SMPL+H or SMPL-X poses: the 22 joints of the body.

Bone lengths follow from `betas` only through a body model, which cannot be distributed here; give
one as .npz (`body_model`). Without it every clip gets `_DEFAULT_OFFSETS`, a grown person of about
1.7 m: angles are then the clip's own, positions off by what the person differs from that.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.motion.importers.files import bad, check_size, frame_rate, read_npz
from metaworldx.motion.importers.skeleton import RawMotion

# Axes as in the SMPL models: x left, y up, z forward; m; our own rounded figures.
_JOINTS = (
    ("pelvis", -1, (0.0, -0.22, 0.03)),
    ("left_hip", 0, (0.07, -0.09, 0.0)),
    ("right_hip", 0, (-0.07, -0.09, 0.0)),
    ("spine1", 0, (0.0, 0.11, -0.03)),
    ("left_knee", 1, (0.03, -0.39, 0.0)),
    ("right_knee", 2, (-0.03, -0.39, 0.0)),
    ("spine2", 3, (0.0, 0.13, 0.02)),
    ("left_ankle", 4, (-0.01, -0.41, -0.03)),
    ("right_ankle", 5, (0.01, -0.41, -0.03)),
    ("spine3", 6, (0.0, 0.06, 0.0)),
    ("left_foot", 7, (0.03, -0.06, 0.13)),
    ("right_foot", 8, (-0.03, -0.06, 0.13)),
    ("neck", 9, (0.0, 0.21, -0.03)),
    ("left_collar", 9, (0.08, 0.12, -0.03)),
    ("right_collar", 9, (-0.08, 0.12, -0.03)),
    ("head", 12, (0.0, 0.09, 0.05)),
    ("left_shoulder", 13, (0.11, 0.04, -0.02)),
    ("right_shoulder", 14, (-0.11, 0.04, -0.02)),
    ("left_elbow", 16, (0.26, -0.01, -0.02)),
    ("right_elbow", 17, (-0.26, -0.01, -0.02)),
    ("left_wrist", 18, (0.25, 0.0, 0.0)),
    ("right_wrist", 19, (-0.25, 0.0, 0.0)),
)
_NAMES = tuple(name for name, *_ in _JOINTS)
_PARENTS = tuple(parent for _, parent, _ in _JOINTS)
_DEFAULT_OFFSETS = np.array([offset for *_, offset in _JOINTS])
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps")
_POSES = ("poses", "root_orient", "pose_body", "trans", "betas")


def read_amass(path: Path, fps: float | None, up: str | None, body_model: Path | None) -> RawMotion:
    """Reads a clip; world z is up unless `up` or the motion says otherwise."""
    arrays = read_npz(path, (*_POSES, *_RATES))
    poses = _poses(path, arrays)
    frames = len(poses)
    check_size(path, frames, len(_NAMES))
    if "trans" not in arrays:
        raise bad(path, "no `trans` [T, 3], the body's place")
    trans = arrays["trans"]
    if trans.shape != (frames, 3):
        raise bad(path, f"trans has shape {trans.shape} for {frames} poses; [T, 3] is right")
    betas = arrays.get("betas", np.zeros(0)).reshape(-1)
    offsets = _DEFAULT_OFFSETS if body_model is None else _rest(body_model, betas)
    # The models turn the body about its pelvis, wherever that lies in the model's own axes.
    return RawMotion(
        path=path,
        fps=_rate(path, arrays, fps),
        names=_NAMES,
        parents=_PARENTS,
        ends=(False,) * len(_NAMES),
        offsets=offsets.copy(),
        root=trans + offsets[0],
        local=Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(frames, -1, 3, 3),
        metres=1.0,
        up=up,
        likely_up="z",
    )


def _poses(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """[T, 66] axis-angle vectors of the body's joints."""
    if "poses" in arrays:
        poses = arrays["poses"]
        if poses.ndim == 3 and poses.shape[2] == 3:
            poses = poses.reshape(len(poses), -1)
    elif "root_orient" in arrays and "pose_body" in arrays:
        root, body = arrays["root_orient"], arrays["pose_body"]
        if root.ndim != 2 or body.ndim != 2 or root.shape[1] != 3 or len(root) != len(body):
            raise bad(
                path, f"root_orient {root.shape} and pose_body {body.shape}; [T, 3] and [T, 63]"
            )
        poses = np.concatenate([root, body], axis=1)
    else:
        raise bad(path, "no `poses` (nor root_orient and pose_body): not an AMASS motion")
    wide = 3 * len(_NAMES)
    if poses.ndim != 2 or poses.shape[1] < wide or poses.shape[1] % 3:
        raise bad(path, f"poses have shape {poses.shape}; [T, 72], [T, 156] or [T, 165] is right")
    if np.abs(poses[:, :wide]).max(initial=0.0) > 100:
        raise bad(path, "poses hold angles above 100; axis-angle vectors in radians are right")
    return poses[:, :wide]


def _rate(path: Path, arrays: dict[str, np.ndarray], fps: float | None) -> float:
    if fps is not None:
        return fps
    found = next((name for name in _RATES if name in arrays), None)
    if found is None:
        raise bad(path, "no frame rate (mocap_framerate); give fps=")
    if arrays[found].size != 1:
        raise bad(path, f"{found} has shape {arrays[found].shape}; one number is right")
    return frame_rate(path, float(arrays[found].reshape(())), found)


def _rest(path: Path, betas: np.ndarray) -> np.ndarray:
    """[22, 3]: the pelvis' place in the model, then each joint's offset from its parent.

    J, or J_regressor @ (v_template + shapedirs @ betas).
    """
    if path.suffix.lower() in (".pkl", ".pickle"):
        raise bad(path, "is a pickle, which can run code and is refused; give the model as .npz")
    arrays = read_npz(path, ("J", "J_regressor", "v_template", "shapedirs"))
    if "J_regressor" in arrays and "v_template" in arrays:
        joints = _shaped(path, arrays, betas)
    elif "J" in arrays:
        joints = arrays["J"]
    else:
        raise bad(path, "a body model holds `J`, or `J_regressor`, `v_template` and `shapedirs`")
    if joints.ndim != 2 or joints.shape[1] != 3 or len(joints) < len(_NAMES):
        raise bad(path, f"rest joints have shape {joints.shape}; [22 or more, 3] is right")
    joints = joints[: len(_NAMES)]
    return np.concatenate([joints[:1], joints[1:] - joints[list(_PARENTS[1:])]])


def _shaped(path: Path, arrays: dict[str, np.ndarray], betas: np.ndarray) -> np.ndarray:
    regressor, vertices = arrays["J_regressor"], arrays["v_template"]
    shape = arrays.get("shapedirs", np.zeros((*vertices.shape, 0)))
    fits = vertices.ndim == 2 and shape.ndim == 3 and shape.shape[:2] == vertices.shape
    if not fits or regressor.ndim != 2 or regressor.shape[1] != len(vertices):
        raise bad(
            path,
            f"J_regressor {regressor.shape}, v_template {vertices.shape} and shapedirs "
            f"{shape.shape} do not fit; [J, V], [V, 3] and [V, 3, N] are right",
        )
    used = min(shape.shape[2], len(betas))
    return regressor[: len(_NAMES)] @ (vertices + shape[..., :used] @ betas[:used])
