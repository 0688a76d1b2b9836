"""AMASS importer: .npz files of SMPL, SMPL+H or SMPL-X poses, with the 22 joints of the body.

Bone lengths follow from `betas` through a body model, which cannot be distributed here; it is given
as .npz (`body_model`). Without it every clip gets `_DEFAULT_OFFSETS`, an adult of about 1.7 m: the
angles are exact, the positions deviate by the difference in proportions.
"""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from metaworldx.core.assets import asset_text
from metaworldx.motion.human_skeleton import forward_kinematics
from metaworldx.motion.importers.files import bad, check_size, frame_rate, npz_names, read_npz
from metaworldx.motion.importers.notices import left_out
from metaworldx.motion.importers.skeleton import RawMotion
from metaworldx.motion.importers.up_by_posture import up_by_posture

# Axes as in the SMPL models: x left, y up, z forward; m; our own rounded figures.
_JOINTS = json.loads(asset_text("skeletons.json"))["smpl"]
_NAMES = tuple(name for name, *_ in _JOINTS)
_PARENTS = tuple(parent for _, parent, _ in _JOINTS)
_DEFAULT_OFFSETS = np.array([offset for *_, offset in _JOINTS])
_RATES = ("mocap_framerate", "mocap_frame_rate", "fps")
_POSES = ("poses", "root_orient", "pose_body", "trans", "betas")
# Further entries of AMASS files: soft tissue, hands, face, markers, and fitting records.
_BESIDE = (
    *("dmpls", "gender", "surface_model_type", "mocap_time_length", "num_betas", "num_dmpls"),
    *("pose_hand", "pose_jaw", "pose_eye", "expression", "expressions", "id", "subject_id"),
    *("markers", "markers_latent", "markers_latent_vids", "markers_obs", "markers_sim"),
    *("latent_labels", "labels", "labels_obs", "labels_perframe", "marker_data", "marker_labels"),
    *("marker_meta", "stageii_debug_details"),
)
_WIDTHS = {66: 22, 72: 24, 156: 52, 165: 55}
"""Numbers per frame, three per joint: SMPL's body, SMPL, SMPL+H and SMPL-X."""
_OTHERS = {4: "quaternions", 6: "6D rotations", 9: "rotation matrices"}
# A vector's length is the angle; an optimiser that followed a turning body may have gone round.
_MOST_RAD, _MOST_ROOT_RAD = 2.0 * np.pi + 0.1, 8.0 * np.pi
_STIFF = ("spine1", "spine2", "spine3", "neck", "head", "left_collar", "right_collar")
_STIFF_RAD = 2.2
"""Joints that never rotate this far for half of a clip."""


def read_amass(
    path: Path,
    fps: float | None,
    up: str | None,
    body_model: Path | None,
    metres: float | None = None,
) -> RawMotion:
    """Reads a clip; world z is up unless `up` or the motion says otherwise.

    Args:
      metres: metres per unit of `trans`; default 1.
    """
    arrays = read_npz(path, (*_POSES, *_RATES))
    poses = _poses(path, arrays)
    frames = len(poses)
    check_size(path, frames, len(_NAMES))
    _check_angles(path, poses.reshape(frames, len(_NAMES), 3))
    if "trans" not in arrays:
        raise bad(path, "no `trans` [T, 3], the body's place")
    trans = arrays["trans"]
    if trans.shape != (frames, 3):
        raise bad(path, f"trans has shape {trans.shape} for {frames} poses; [T, 3] is right")
    betas = arrays.get("betas", np.zeros(0)).reshape(-1)
    offsets = _DEFAULT_OFFSETS if body_model is None else _rest(body_model, betas)
    # The models rotate the body about its pelvis, which is not at the model's origin.
    root = trans * (1.0 if metres is None else metres) + offsets[0]
    local = Rotation.from_rotvec(poses.reshape(-1, 3)).as_matrix().reshape(frames, -1, 3, 3)
    rate = _rate(path, arrays, fps)
    return RawMotion(
        path=path,
        fps=rate,
        names=_NAMES,
        parents=_PARENTS,
        ends=(False,) * len(_NAMES),
        offsets=offsets.copy(),
        root=root,
        local=local,
        metres=1.0,
        up=up or up_by_posture(path, _places(offsets, root, local), rate, "z", bool(trans.any())),
        notices=left_out(npz_names(path), (*_POSES, *_RATES, *_BESIDE)),
    )


def _poses(path: Path, arrays: dict[str, np.ndarray]) -> np.ndarray:
    """[T, 66] axis-angle vectors of the body's joints."""
    if "poses" in arrays:
        poses = arrays["poses"]
        shape = poses.shape
        if poses.ndim == 3 and poses.shape[2] == 3:
            poses = poses.reshape(len(poses), -1)
    elif "root_orient" in arrays and "pose_body" in arrays:
        root, body = arrays["root_orient"], arrays["pose_body"]
        if root.ndim != 2 or body.ndim != 2 or root.shape[1] != 3 or len(root) != len(body):
            raise bad(
                path, f"root_orient {root.shape} and pose_body {body.shape}; [T, 3] and [T, 63]"
            )
        poses = np.concatenate([root, body], axis=1)
        shape = poses.shape
    else:
        raise bad(path, "no `poses` (nor root_orient and pose_body): not an AMASS motion")
    if poses.ndim != 2 or poses.shape[1] not in _WIDTHS:
        raise bad(
            path,
            f"poses have shape {shape}{_likely_kind(shape)}; axis-angle vectors [T, 66], [T, 72], "
            "[T, 156] or [T, 165] is right",
        )
    return poses[:, : 3 * len(_NAMES)]


def _places(offsets: np.ndarray, root: np.ndarray, local: np.ndarray) -> dict[str, np.ndarray]:
    """World positions of the joints by name, each `[T, 3]` m."""
    world = local.copy()
    for joint, parent in enumerate(_PARENTS):
        if parent >= 0:
            world[:, joint] = world[:, parent] @ local[:, joint]
    places = forward_kinematics(_PARENTS, offsets, root, world)
    return dict(zip(_NAMES, places.swapaxes(0, 1), strict=True))


def _likely_kind(shape: tuple[int, ...]) -> str:
    """Likely format of an array that holds no axis-angle vectors, in words."""
    numbers = math.prod(shape[1:])
    for size, kind in _OTHERS.items():
        if numbers % size == 0 and numbers // size in _WIDTHS.values():
            return f", {numbers // size} {kind} a frame it seems"
    return ""


def _check_angles(path: Path, vectors: np.ndarray) -> None:
    """UserError for rotations `[T, J, 3]` beyond the range of a joint or a body."""
    angles = np.linalg.norm(vectors, axis=-1)
    most = np.full(angles.shape[1], _MOST_RAD)
    most[0] = _MOST_ROOT_RAD
    over = angles > most
    if over.any():
        frame, joint = (int(i[0]) for i in np.nonzero(over))
        raise bad(
            path,
            f"frame {frame}: {_NAMES[joint]} turns by {angles[frame, joint]:.4g}; axis-angle "
            "vectors in radians are right (no degrees, no Euler angles)",
        )
    around = np.median(np.abs((angles + np.pi) % (2.0 * np.pi) - np.pi), axis=0)
    for name in _STIFF:
        if around[_NAMES.index(name)] > _STIFF_RAD:
            raise bad(
                path,
                f"{name} is turned by {around[_NAMES.index(name)]:.2f} rad in most frames, which "
                "no body is; axis-angle vectors in radians are right",
            )


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
    """[22, 3]: the pelvis' position in the model, then each joint's offset from its parent.

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
