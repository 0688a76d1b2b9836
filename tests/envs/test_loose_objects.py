"""Loose objects move as in HumanoidBench: by what it recorded, and figure by figure."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import mujoco
import numpy as np
import pytest

from helpers.shared import shared_recordings, shared_root
from helpers.worlds import world
from metaworldx.envs.registry import EnvId
from metaworldx.parity.recording import load_recording
from metaworldx.parity.scene import dynamics
from metaworldx.sim.model import build_model, scenes
from metaworldx.sim.physics import initial_state

DATA = Path(__file__).parents[1] / "data"
BOARDS = ("h1-balance_hard", "h1-balance_simple", "h1hand-balance_hard", "h1hand-balance_simple")
CYLINDERS = ("h1hand-spoon", "h1hand-room", "h1hand-bookshelf_hard", "h1hand-window")
"""Environments whose loose objects have cylinders."""
BEFORE = {
    "sample": {
        "h1-balance_hard": 0.00431,
        "h1-balance_simple": 0.0078,
        "h1hand-balance_simple": 0.00555,
        "h1hand-spoon": 0.00598,
        "h1hand-room": 0.00747,
    },
    "full": {
        "h1-balance_hard": 0.0057,
        "h1-balance_simple": 0.00675,
        "h1hand-balance_hard": 0.00424,
        "h1hand-balance_simple": 0.0056,
        "h1hand-spoon": 0.01781,
        "h1hand-room": 0.00024,
        "h1hand-bookshelf_hard": 0.0003,
    },
}
"""Median errors (m or rad) with thin capsules for soles and without loose cylinders."""


def worst_error(env_id: str, qpos: np.ndarray, recorded: np.ndarray) -> np.ndarray:
    """Largest distance (m) or angle (rad) of a loose body after a step, by row."""
    layout = world(env_id, "native", "full").task.layout
    errors = []
    for joint, (adr, _) in layout.joints.items():
        if adr == 0 or not joint.startswith("free_"):
            continue
        errors.append(np.linalg.norm((qpos - recorded)[:, adr : adr + 3], axis=1))
        a, b = (
            q[:, adr + 3 : adr + 7] / np.linalg.norm(q[:, adr + 3 : adr + 7], axis=1)[:, None]
            for q in (qpos, recorded)
        )
        chord = np.minimum(np.linalg.norm(a - b, axis=1), np.linalg.norm(a + b, axis=1))
        errors.append(4.0 * np.arcsin(np.minimum(chord / 2.0, 1.0)))
    return np.max(errors, axis=0)


@cache
def object_steps() -> dict[str, np.ndarray]:
    with np.load(DATA / "object_steps.npz") as file:
        return {key: file[key].astype(float) for key in file.files}


@pytest.mark.parametrize(
    ("env_id", "limit"),
    [
        ("h1-balance_hard", 0.002),
        ("h1hand-balance_simple", 0.002),
        ("h1hand-spoon", 0.002),
        ("h1hand-room", 0.01),
        ("h1hand-bookshelf_hard", 0.15),
    ],
)
def test_objects_go_where_humanoidbenchs_go_in_a_step(env_id, limit):
    """From states of no recording; in room and bookshelf the objects had just been moved."""
    physics = world(env_id, "native", "full").physics
    before, velocity, action, after = (
        object_steps()[f"{env_id}/{key}"]
        for key in ("qpos_before", "qvel_before", "action", "qpos")
    )
    low, high = physics.model.actuator_ctrlrange.T
    ctrl = low + 0.5 * (action + 1.0) * (high - low)
    mocap = (
        np.tile(np.reshape(pose, (-1, size)), (len(ctrl), 1, 1))
        for pose, size in ((physics.layout.mocap_pos, 3), (physics.layout.mocap_quat, 4))
    )
    state, _ = physics.step_numpy(initial_state(before, velocity, *mocap), ctrl)  # type: ignore
    errors = worst_error(env_id, np.asarray(state.qpos), after)
    assert np.median(errors) < limit


@pytest.mark.parametrize("env_id", sorted(BEFORE["sample"]))
def test_objects_are_nearer_to_the_sampled_recordings(env_id):
    recording = load_recording(DATA / "recordings" / f"{env_id}-v0.npz")
    error = dynamics(recording).objects_undisturbed
    assert error is not None and error < 0.8 * BEFORE["sample"][env_id]


@pytest.mark.parametrize("env_id", sorted(BEFORE["full"]))
def test_objects_are_nearer_to_the_full_recordings(env_id):
    folder = shared_recordings()
    if folder is None:
        pytest.skip("the full recordings are not here (METAWORLDX_SHARED or ../shared)")
    error = dynamics(load_recording(folder / f"{env_id}-v0.npz")).objects_undisturbed
    assert error is not None and error < 0.8 * BEFORE["full"][env_id]


def facts_of(env_id: str) -> dict:
    root = shared_root()
    if root is None or not (root / "reference" / "facts").is_dir():
        pytest.skip("the figures are not here (METAWORLDX_SHARED or ../shared)")
    return json.loads((root / "reference" / "facts" / f"{env_id}-v0.json").read_text())


def loose_bodies(facts: dict) -> list[dict]:
    """Facts of the bodies that are free to move, and of those fixed to them."""
    loose: dict[str, dict] = {}
    for body in facts["scene_bodies"]:
        if body["parent"] in loose or any(j["type"] == "free" for j in body["joints"]):
            loose[body["name"]] = body
    return list(loose.values())


def touching(geoms: list[dict]) -> list[dict]:
    return [geom for geom in geoms if geom["contype"] or geom["conaffinity"]]


@pytest.mark.parametrize("env_id", [*BOARDS, *CYLINDERS, "h1hand-kitchen", "h1hand-powerlift"])
def test_loose_bodies_have_humanoidbenchs_shapes_on_native(env_id):
    facts, model = facts_of(env_id), world(env_id, "native", "full").physics.model
    assert loose_bodies(facts)
    for body in loose_bodies(facts):
        there = model.body(body["name"]).id
        start, count = model.body_geomadr[there], model.body_geomnum[there]
        assert count == len(touching(body["geoms"])), body["name"]
        for i, geom in enumerate(touching(body["geoms"])):
            ours = model.geom(start + i)
            kind = getattr(mujoco.mjtGeom, f"mjGEOM_{geom['type'].upper()}")
            assert ours.type[0] == kind, (body["name"], i)
            known = {"sphere": 1, "capsule": 2, "cylinder": 2}.get(geom["type"], 3)
            for ours_figures, figures in (
                (ours.size[:known], geom["size"][:known]),
                (ours.pos, geom["pos"]),
                (ours.friction, geom["friction"]),
                (ours.solref, geom["solref"]),
                (ours.solimp, geom["solimp"]),
                (ours.margin, geom["margin"]),
                (ours.condim, geom["condim"]),
            ):
                np.testing.assert_allclose(ours_figures, figures, atol=1e-7, err_msg=body["name"])


@pytest.mark.parametrize("env_id", ["h1-balance_hard", "h1hand-balance_simple"])
def test_feet_meet_a_board_with_hulls_as_large_as_humanoidbenchs(env_id):
    model = world(env_id, "native").physics.model
    robot = EnvId.parse(env_id).robot
    root = shared_root()
    if root is None:
        pytest.skip("the figures are not here (METAWORLDX_SHARED or ../shared)")
    facts = json.loads((root / "reference" / "facts" / f"robot_{robot}.json").read_text())
    hull = next(
        geom
        for body in facts["bodies"]
        if body["name"] == "left_ankle_link"
        for geom in body["geoms"]
        if geom["type"] == "mesh" and geom["contype"]
    )
    board = model.geom("stand_board_collision").id
    feet = {int(g) for pair in zip(model.pair_geom1, model.pair_geom2, strict=True) for g in pair}
    feet &= {g for g in range(model.ngeom) if model.geom_type[g] == mujoco.mjtGeom.mjGEOM_MESH}
    assert len(feet) == 2 and board in {*model.pair_geom1, *model.pair_geom2}
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    for foot in feet:
        mesh = model.geom_dataid[foot]
        start, count = model.mesh_vertadr[mesh], model.mesh_vertnum[mesh]
        turn = data.geom_xmat[foot].reshape(3, 3)
        corners = model.mesh_vert[start : start + count] @ turn.T + data.geom_xpos[foot]
        body = model.geom_bodyid[foot]
        local = (corners - data.xpos[body]) @ data.xmat[body].reshape(3, 3)
        extent = hull["extent_in_body_frame"]
        np.testing.assert_allclose(local.min(0), extent["min"], atol=1e-5)
        np.testing.assert_allclose(local.max(0), extent["max"], atol=1e-5)
        # The faces' cones from the hull's middle fill it.
        faces = model.mesh_face[model.mesh_faceadr[mesh] :][: model.mesh_facenum[mesh]]
        a, b, c = (local[faces[:, i]] - local.mean(0) for i in range(3))
        volume = np.abs(np.einsum("ij,ij->i", a, np.cross(b, c))).sum() / 6.0
        assert volume == pytest.approx(hull["hull_volume"], rel=1e-3)


@pytest.mark.parametrize("scene", scenes())
def test_bodies_joints_and_masses_are_the_same_for_every_backend(scene):
    """States go from one backend to another, whatever stands in for a shape."""
    ours, native = (build_model("h1", scene, "body", native=n) for n in (False, True))
    assert (ours.nq, ours.nv, ours.nu, ours.nbody) == (
        native.nq,
        native.nv,
        native.nu,
        native.nbody,
    )
    for name in ("body_mass", "body_inertia", "body_ipos", "body_iquat", "dof_damping", "qpos0"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(native, name), err_msg=name)
    assert ours.nmesh == 0 and bool(native.nmesh) == scene.startswith("balance")


def test_a_hull_is_no_part_of_a_scene_without_a_board():
    model = build_model("h1", "floor", "full", native=True)
    assert mujoco.mjtGeom.mjGEOM_MESH not in set(model.geom_type) and model.nmesh == 0
