"""A made-up walk on the stick figure of `motion_writers`, whose standing foot does not move."""

import numpy as np
from scipy.spatial.transform import Rotation

from helpers.motion_writers import FIGURE, JOINTS, Y_UP, keypoints, smpl_arrays

# From x forward, y left, z up to a file's axes in which that axis is up.
WORLDS = {
    "z": np.eye(3),
    "y": Y_UP,
    "-y": np.diag([1, -1, -1]) @ Y_UP,
    "-z": np.diag([1, -1, -1]),
}


def still(frames=40, **turned):
    """Joints turned about y by so many degrees, for so many frames, and the pelvis at 0.9 m."""
    local = {joint: np.tile(np.eye(3), (frames, 1, 1)) for joint in JOINTS}
    for joint, degrees in turned.items():
        local[joint][:] = Rotation.from_euler("y", degrees, degrees=True).as_matrix()
    return local, np.tile([0.0, 0.0, 0.9], (frames, 1))


def walk(frames=60, fps=30.0, hertz=0.9):
    """Local rotations and the pelvis' path: about 1 m/s along x."""
    local, root = still(frames)
    phase = 2.0 * np.pi * hertz * np.arange(frames) / fps
    for side, ahead in (("left", 0.0), ("right", np.pi)):
        swing = 0.38 * np.sin(phase + ahead)
        bend = 0.06 + 0.7 * np.clip(np.cos(phase + ahead), 0.0, None)
        for part, angle in (("hip", -swing), ("knee", bend), ("ankle", swing - bend)):
            turns = Rotation.from_euler("y", angle[:, None])
            local[f"{side}_{part}"] = turns.as_matrix().reshape(frames, 3, 3)
    at = keypoints(local, np.zeros((frames, 3)))
    for k in range(frames):
        low = "left_ankle" if np.cos(phase[k]) < 0.0 else "right_ankle"
        root[k] = [0.0, 0.0, 0.08 - at[low][k][2]]
        if k:
            root[k, :2] = root[k - 1, :2] + (at[low][k - 1] - at[low][k])[:2]
    return local, root


def crawl(frames=60, fps=30.0):
    """On hands and knees, trunk level, one limb after the other moved on: 0.4 m/s along x."""
    local, root = still(frames, pelvis=90.0)
    thigh = FIGURE["left_knee"][1][2]
    phase = 2.0 * np.pi * 0.8 * np.arange(frames) / fps
    for side, ahead in (("left", 0.0), ("right", np.pi)):
        # Half a round a limb goes back with even speed, then forward.
        swing = 0.2 * np.arcsin(np.sin(phase + ahead)) / (np.pi / 2.0)
        for part, angle in (("hip", -np.pi / 2.0 - swing), ("knee", np.pi / 2.0 + swing)):
            local[f"{side}_{part}"] = (
                Rotation.from_euler("y", angle[:, None]).as_matrix().reshape(frames, 3, 3)
            )
        arm = Rotation.from_euler("y", (-np.pi / 2.0 + swing)[:, None])
        local[f"{side}_shoulder"] = arm.as_matrix().reshape(frames, 3, 3)
    root[:, 2] = -thigh + 0.02
    knees = keypoints(local, np.zeros((frames, 3)))
    for k in range(1, frames):
        step = min(
            (knees[f"{side}_knee"][k - 1] - knees[f"{side}_knee"][k] for side in ("left", "right")),
            key=lambda moved: -moved[0],
        )
        root[k, :2] = root[k - 1, :2] + step[:2]
    return local, root


def write(path, local, root, *, up="z", yaw=0.0, unit=1.0, away=(0.0, 0.0, 0.0), **more):
    """An .npz as AMASS has it, in a world where `up` points up and `trans` has another unit."""
    turn = Rotation.from_euler("z", yaw, degrees=True).as_matrix()
    arrays = smpl_arrays(local, root @ turn.T, world=WORLDS[up])
    poses = arrays["poses"]
    spun = WORLDS[up] @ turn @ WORLDS[up].T @ Rotation.from_rotvec(poses[:, :3]).as_matrix()
    poses[:, :3] = Rotation.from_matrix(spun).as_rotvec()
    arrays["trans"] = (arrays["trans"] + away) * unit
    np.savez(path, **(arrays | more))
    return path
