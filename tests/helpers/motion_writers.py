"""One stick figure's motion written in every format that importers read.

The figure has DeepMimic's skeleton, which that format fixes; every other format is given the same
bones. Its keypoints are computed here, with plain loops.
"""

import json

import numpy as np
from scipy.spatial.transform import Rotation

# Axes: x forward, y left, z up.
FIGURE = {"pelvis": (None, (0, 0, 0)), "chest": ("pelvis", (0, 0, 0.236151))}
FIGURE["neck"] = ("chest", (0, 0, 0.223894))
for _side, _y in (("right", -1), ("left", 1)):
    FIGURE |= {
        f"{_side}_hip": ("pelvis", (0, 0.084887 * _y, 0)),
        f"{_side}_knee": (f"{_side}_hip", (0, 0, -0.421546)),
        f"{_side}_ankle": (f"{_side}_knee", (0, 0, -0.409870)),
        f"{_side}_shoulder": ("chest", (-0.02405, 0.18311 * _y, 0.2435)),
        f"{_side}_elbow": (f"{_side}_shoulder", (0, 0, -0.274788)),
        f"{_side}_wrist": (f"{_side}_elbow", (0, 0, -0.258947)),
    }
JOINTS = tuple(FIGURE)
Y_UP = np.array([[0, 1, 0], [0, 0, 1], [1, 0, 0]])  # x left, y up, z forward
Z_UP_FACING_BACK = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 1]])  # as Blender's: facing -y
DEEPMIMIC = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
# LAFAN1 lays every bone along x: of the trunk that is up, of a limb down.
TRUNK_X = np.array([[0, 0, 1], [1, 0, 0], [0, 1, 0]])
LIMB_X = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]])
SIDED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
NAMES = {
    "lafan1": ("Hips Spine2 Neck", "LeftUpLeg LeftLeg LeftFoot LeftArm LeftForeArm LeftHand"),
    "mixamo": (
        *("mixamorig:Hips mixamorig:Spine2 mixamorig:Neck",),
        "mixamorig:LeftUpLeg mixamorig:LeftLeg mixamorig:LeftFoot mixamorig:LeftArm "
        "mixamorig:LeftForeArm mixamorig:LeftHand",
    ),
    "lower case": ("hips chest neck", "leftupleg leftleg leftfoot leftarm leftforearm lefthand"),
    "poser": ("hip chest neck", "lThigh lShin lFoot lShldr lForeArm lHand"),
    "joints": ("Hips Chest Neck", "LeftHip LeftKnee LeftAnkle LeftShoulder LeftElbow LeftWrist"),
    "suffix": ("hips chest neck", "thigh.L shin.L foot.L upper_arm.L forearm.L hand.L"),
    "biped": (
        *("Bip01_Pelvis Bip01_Spine Bip01_Neck",),
        "Bip01_L_Thigh Bip01_L_Calf Bip01_L_Foot Bip01_L_UpperArm Bip01_L_Forearm Bip01_L_Hand",
    ),
}


def file_names(naming):
    middle, left = (text.split() for text in NAMES[naming])
    names = dict(zip(("pelvis", "chest", "neck"), middle, strict=True))
    swap = {"Left": "Right", "left": "right", ".L": ".R", "_L_": "_R_", "l": "r"}
    for part, name in zip(SIDED, left, strict=True):
        key = next(key for key in swap if (name.startswith(key) if key == "l" else key in name))
        names |= {f"left_{part}": name, f"right_{part}": name.replace(key, swap[key], 1)}
    return names


def pose(frames=7, seed=0, amount=0.6):
    """Local rotation matrices by joint, [T, 3, 3], and the pelvis' path; hinges as they bend."""
    rng = np.random.default_rng(seed)
    vectors = {joint: np.cumsum(rng.normal(0, 0.05, (frames, 3)), axis=0) for joint in JOINTS}
    for joint in JOINTS:
        vectors[joint] += rng.normal(0, amount / 2, 3)
        if "knee" in joint or "elbow" in joint:
            vectors[joint] *= [0, 1, 0]
        if "wrist" in joint:
            vectors[joint] *= 0
    root = np.cumsum(rng.normal(0, 0.02, (frames, 3)), axis=0) + np.array([1.0, -2.0, 0.9])
    return {j: Rotation.from_rotvec(v).as_matrix() for j, v in vectors.items()}, root


def keypoints(local, root):
    place, turn = {}, {}
    for joint, (parent, offset) in FIGURE.items():
        if parent is None:
            place[joint], turn[joint] = root, local[joint]
        else:
            place[joint] = place[parent] + turn[parent] @ np.array(offset, float)
            turn[joint] = turn[parent] @ local[joint]
    return place


def assert_keypoints(motion, expected, atol=2e-4):
    for joint, place in expected.items():
        np.testing.assert_allclose(
            motion.positions[:, motion.index(joint)], place, atol=atol, err_msg=joint
        )


# Writers


def write_deepmimic(path, local, root, durations=None, loop="wrap"):
    rows = []
    for t in range(len(root)):
        row = [1 / 30 if durations is None else durations[t], *(DEEPMIMIC @ root[t])]
        for joint in JOINTS:
            rotation = Rotation.from_matrix(DEEPMIMIC @ local[joint][t] @ DEEPMIMIC.T)
            if "knee" in joint or "elbow" in joint:
                row.append(rotation.as_rotvec()[2])
            elif "wrist" not in joint:
                row += list(rotation.as_quat()[[3, 0, 1, 2]])
        rows.append([float(value) for value in row])
    path.write_text(json.dumps({"Loop": loop, "Frames": rows}))
    return path


def write_bvh(
    path, local, root, *, world=Y_UP, frames_of=None, naming="lafan1", order="ZYX", unit=1.0
):
    """`frames_of(joint)` maps canonical axes to the joint's own at zero pose; default `world`."""
    own = frames_of or (lambda joint: world)
    names, lines, columns = file_names(naming), ["HIERARCHY"], []
    axes = " ".join(f"{axis}rotation" for axis in order)

    def joint_lines(joint):
        parent, offset = FIGURE[joint]
        x, y, z = own(parent or joint) @ offset / unit
        lines.extend([("JOINT " if parent else "ROOT ") + names[joint], "{"])
        lines.append(f"OFFSET {x:.7f} {y:.7f} {z:.7f}")
        lines.append(
            f"CHANNELS 3 {axes}" if parent else f"CHANNELS 6 Xposition Yposition Zposition {axes}"
        )
        before = own(parent) if parent else world
        turns = before @ local[joint] @ own(joint).T
        if not parent:
            columns.append(root @ world.T / unit)
        columns.append(Rotation.from_matrix(turns).as_euler(order, degrees=True))
        children = [j for j, (p, _) in FIGURE.items() if p == joint]
        for child in children:
            joint_lines(child)
        if not children:
            lines.extend(["End Site", "{", "OFFSET 0 0 0", "}"])
        lines.append("}")

    joint_lines("pelvis")
    lines += ["MOTION", f"Frames: {len(root)}", "Frame Time: 0.033333"]
    lines += [" ".join(f"{v:.7f}" for v in row) for row in np.concatenate(columns, axis=1)]
    path.write_text("\n".join(lines) + "\n")
    return path


BONES = {  # bone: (parent, joint it starts at, joint it ends at)
    "lowerback": ("root", "pelvis", "chest"),
    "thorax": ("lowerback", "chest", "neck"),
    "lowerneck": ("thorax", "neck", None),
}
for _side in ("left", "right"):
    _s = _side[0]
    BONES |= {
        f"{_s}hipjoint": ("root", "pelvis", f"{_side}_hip"),
        f"{_s}femur": (f"{_s}hipjoint", f"{_side}_hip", f"{_side}_knee"),
        f"{_s}tibia": (f"{_s}femur", f"{_side}_knee", f"{_side}_ankle"),
        f"{_s}foot": (f"{_s}tibia", f"{_side}_ankle", None),
        f"{_s}clavicle": ("thorax", "neck", f"{_side}_shoulder"),
        f"{_s}humerus": (f"{_s}clavicle", f"{_side}_shoulder", f"{_side}_elbow"),
        f"{_s}radius": (f"{_s}humerus", f"{_side}_elbow", f"{_side}_wrist"),
        f"{_s}wrist": (f"{_s}radius", f"{_side}_wrist", None),
    }
STILL = ("lowerback", "lhipjoint", "rhipjoint", "lclavicle", "rclavicle")


def write_amc(path, local, root, asf_name="body.asf"):
    unit = 0.0254 / 0.45
    axes = {bone: (20.0 * i % 70, -35.0 + i, 10.0 * i) for i, bone in enumerate(BONES)}
    asf = [":version 1.10", ":units", "  mass 1.0", "  length 0.45", "  angle deg", ":root"]
    asf += ["order TX TY TZ RX RY RZ", "axis XYZ", "position 0 0 0", "orientation 0 0 0"]
    asf.append(":bonedata")
    amc = [["#!OML:ASF F:\\x", ":FULLY-SPECIFIED", ":DEGREES"]]
    rows = [[str(t + 1)] for t in range(len(root))]
    angles = Rotation.from_matrix(Y_UP @ local["pelvis"] @ Y_UP.T).as_euler("xyz", degrees=True)
    for t, row in enumerate(rows):
        row.append("root " + " ".join(f"{v:.6f}" for v in [*(Y_UP @ root[t] / unit), *angles[t]]))
    for index, (bone, (_, start, end)) in enumerate(BONES.items()):
        offset = np.array(FIGURE[end][1] if end else (0.1, 0.0, 0.0))
        if "clavicle" in bone:  # from the thorax' end, where the neck is
            offset = offset - FIGURE["neck"][1]
        offset = Y_UP @ offset
        length = float(np.linalg.norm(offset))
        direction = " ".join(f"{v:.8f}" for v in offset / length)
        asf += [
            "  begin",
            f"     id {index + 1}",
            f"     name {bone}",
            f"     direction {direction}",
        ]
        asf += [f"     length {length / unit:.7f}"]
        asf += ["     axis " + " ".join(map(str, axes[bone])) + "   XYZ"]
        if bone not in STILL:
            asf += ["    dof rx ry rz", "    limits (-160.0 20.0)", "           (-70.0 70.0)"]
            asf += ["           (-60.0 70.0)"]
            frame = Rotation.from_euler("xyz", axes[bone], degrees=True).as_matrix()
            turns = frame.T @ Y_UP @ local[start] @ Y_UP.T @ frame
            for row, angle in zip(
                rows, Rotation.from_matrix(turns).as_euler("xyz", True), strict=True
            ):
                row.append(f"{bone} " + " ".join(f"{v:.6f}" for v in angle))
        asf.append("  end")
    asf += [":hierarchy", "  begin"]
    for parent in ("root", *BONES):
        children = [bone for bone, (above, *_) in BONES.items() if above == parent]
        asf += [f"    {parent} {' '.join(children)}"] if children else []
    (path.parent / asf_name).write_text("\n".join([*asf, "  end"]) + "\n")
    path.write_text("\n".join(line for block in [*amc, *rows] for line in block) + "\n")
    return path


SMPL = tuple(
    f"{side}_{part}" if side else part
    for part, sides in (
        *(("pelvis", 0), ("hip", 2), ("spine1", 0), ("knee", 2), ("spine2", 0), ("ankle", 2)),
        *(("chest", 0), ("toe", 2), ("neck", 0), ("collar", 2), ("head", 0)),
        *(("shoulder", 2), ("elbow", 2), ("wrist", 2)),
    )
    for side in (("left", "right") if sides else ("",))
)


def smpl_rest():
    """[22, 3] in the model's axes (x left, y up, z forward), somewhere off the origin."""
    rest = {}
    for joint, (parent, offset) in FIGURE.items():
        rest[joint] = rest.get(parent, np.array([0.1, 0.2, -0.3])) + offset
    rest |= {"spine1": rest["chest"] / 3 + rest["pelvis"] * 2 / 3, "spine2": rest["chest"]}
    rest |= {"head": rest["neck"] + [0, 0, 0.1]}
    for side in ("left", "right"):
        rest[f"{side}_toe"] = rest[f"{side}_ankle"] + [0.1, 0, 0]
        rest[f"{side}_collar"] = (rest["chest"] + rest[f"{side}_shoulder"]) / 2
    return np.array([rest[joint] for joint in SMPL]) @ Y_UP.T


def smpl_arrays(local, root, width=156, world=np.eye(3)):
    poses = np.zeros((len(root), width))
    for index, joint in enumerate(SMPL):
        if joint in local:
            before = world if joint == "pelvis" else Y_UP
            turns = Rotation.from_matrix(before @ local[joint] @ Y_UP.T)
            poses[:, 3 * index : 3 * index + 3] = turns.as_rotvec()
    trans = root @ world.T - smpl_rest()[0]
    return {"poses": poses, "trans": trans, "mocap_framerate": np.array(30.0), "betas": np.ones(16)}


def write_amass(path, local, root, **options):
    np.savez(path.parent / "model.npz", J=smpl_rest())
    np.savez(path, gender=np.array("male"), **smpl_arrays(local, root, **options))
    return path


def lafan_frames(joint):
    return TRUNK_X if joint in ("pelvis", "chest", "neck") else LIMB_X


WRITERS = {
    "deepmimic": (write_deepmimic, "a.txt", {}, {}),
    "bvh": (write_bvh, "a.bvh", {}, {}),
    "bvh cm": (write_bvh, "a.bvh", {"unit": 0.01, "order": "ZXY"}, {}),
    "bvh inch": (write_bvh, "a.bvh", {"unit": 0.0254, "order": "XYZ"}, {}),
    "bvh cmu": (write_bvh, "a.bvh", {"unit": 0.0254 / 0.45, "order": "YZX"}, {}),
    "bvh odd unit": (write_bvh, "a.bvh", {"unit": 0.3}, {"units": 0.3}),
    "bvh z up": (write_bvh, "a.bvh", {"world": np.eye(3), "order": "YXZ"}, {"up": "z"}),
    "bvh facing -y": (write_bvh, "a.bvh", {"world": Z_UP_FACING_BACK, "unit": 0.001}, {}),
    "bvh lafan1": (write_bvh, "a.bvh", {"frames_of": lafan_frames, "unit": 0.01}, {}),
    "amc": (write_amc, "a.amc", {}, {"fps": 30}),
    "amass": (write_amass, "a.npz", {}, {"body_model": "model.npz"}),
    "smpl": (write_amass, "a.npz", {"width": 72}, {"body_model": "model.npz"}),
    "smplx y up": (
        write_amass,
        "a.npz",
        {"width": 165, "world": Y_UP},
        {"body_model": "model.npz", "up": "y"},
    ),
}


def written(kind, folder, frames=7, seed=0):
    """A file of this kind, the options to read it with, and its keypoints."""
    write, name, options, read = WRITERS[kind]
    local, root = pose(frames, seed)
    if "body_model" in read:
        read = read | {"body_model": folder / "model.npz"}
    return write(folder / name, local, root, **options), read, keypoints(local, root)
