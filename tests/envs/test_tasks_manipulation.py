"""Tasks with objects: memory, starts and rewards against closed forms of HumanoidBench's rules."""

import math

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest

from helpers.object_world import (
    SHELF,
    THINGS,
    begun,
    evaluate,
    first_memory,
    gaussian,
    linear,
    play,
    see,
    task_of,
)
from helpers.task_world import ground, spans

IDS = (
    *("h1-truck", "h1hand-truck", "h1-package", "h1hand-package", "h1-carry"),
    *(f"h1hand-{name}" for name in ("cube", "cabinet", "bookshelf_simple", "bookshelf_hard")),
    *(f"h1hand-{name}" for name in ("window", "spoon", "kitchen", "powerlift", "room")),
    *("h1hand-insert_normal", "h1hand-insert_small"),
)
# ---- all of them


@pytest.mark.parametrize("env_id", IDS)
@pytest.mark.parametrize("wide", [False, True])
def test_memory_keeps_its_shapes_and_types(env_id, wide):
    task = task_of(env_id)

    def run(key, r):
        memory = task.on_reset(task.start(key, ground(task)).memory, r)
        return memory, task.evaluate(r, memory).memory

    with jax.enable_x64(wide):
        before, after = jax.eval_shape(run, jax.random.key(0), see(task))
    assert jax.tree.structure(before) == jax.tree.structure(after)
    for x, y in zip(jax.tree.leaves(before), jax.tree.leaves(after), strict=True):
        assert (x.shape, x.dtype, x.weak_type) == (y.shape, y.dtype, y.weak_type)


@pytest.mark.parametrize("env_id", IDS)
def test_memory_survives_being_recorded(env_id):
    task = task_of(env_id)
    memory = first_memory(env_id)
    recorded = task.record_of_memory(memory)
    assert bool(recorded) is bool(jax.tree.leaves(memory))
    if recorded:
        again = jax.tree.map(jnp.asarray, task.memory_of_record(recorded))
        for x, y in zip(jax.tree.leaves(memory), jax.tree.leaves(again), strict=True):
            assert x.dtype == y.dtype
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("env_id", [i for i in IDS if i not in ("h1hand-truck", "h1hand-package")])
def test_reward_has_a_finite_gradient_where_everything_is_in_one_place(env_id):
    task, memory = task_of(env_id), first_memory(env_id)
    r = jax.tree.map(lambda x: x * 0, see(task))

    def reward(xpos, site_xpos, qpos):
        return task.evaluate(r.replace(xpos=xpos, site_xpos=site_xpos, qpos=qpos), memory).reward

    for slope in jax.jit(jax.grad(reward, argnums=(0, 1, 2)))(r.xpos, r.site_xpos, r.qpos):
        assert bool(jnp.isfinite(slope).all())


# ---- bookshelf


def test_bookshelf_simple_always_asks_for_the_same():
    begin = begun("h1hand-bookshelf_simple")
    np.testing.assert_array_equal(begin.memory.objects, [[5, 2, 9, 4, 1, 1]] * 500)
    np.testing.assert_allclose(begin.memory.goals[:, :5], [SHELF] * 500, rtol=1e-6)


def test_bookshelf_hard_draws_objects_and_places_and_shows_them():
    task = task_of("h1hand-bookshelf_hard")
    begin = begun(f"{task.robot.spec.name}-{task.name}")
    objects, goals = np.asarray(begin.memory.objects), np.asarray(begin.memory.goals)
    assert all(len(set(drawn)) == 5 for drawn in objects[:, :5].tolist())
    assert np.bincount(objects[:, 0], minlength=12).min() > 20
    assert all(
        sorted(g) == sorted(map(tuple, np.float32(SHELF).tolist()))
        for g in map(lambda g: [tuple(x) for x in g[:5].tolist()], goals)
    )
    ghosts = [task.layout.mocap(f"{name}_vision") for name in THINGS]
    shown = np.asarray(begin.mocap_pos)[np.arange(500)[:, None], np.array(ghosts)[objects[:, :5]]]
    np.testing.assert_array_equal(shown, goals[:, :5])


# ---- the others


def test_package_draws_both_places_from_a_square():
    task = task_of("h1-package")
    begin = begun(f"{task.robot.spec.name}-{task.name}")
    box = task.layout.qpos("free_package")
    for i in range(2):
        assert spans(begin.qpos[:, box + i], -2.0, 2.0)
        assert spans(begin.mocap_pos[:, 0, i], -2.0, 2.0)
    np.testing.assert_allclose(begin.qpos[:, box + 2], 0.35)
    np.testing.assert_array_equal(begin.mocap_pos[:, 0, 2], 0.0)


@pytest.mark.parametrize(("away", "there"), [(0.101, False), (0.099, True)])
def test_package_pays_1000_and_ends_on_arrival(away, there):
    task = task_of("h1-package")
    box = task.layout.qpos("free_package")
    r = see(
        task,
        qpos={box: 1.0, box + 2: 1.3, box + 3: 1.0},
        sites={"destination_loc": (1.0 + away, 0.0, 1.3), "left_hand": (1.0, 0.0, 1.1)},
    )
    out = evaluate(task, r)
    hands = 0.2 + math.hypot(1.0, 1.3)
    expected = 1.0 - 3 * away - 0.1 * hands + 1.0 + 1000 * there
    np.testing.assert_allclose(out.reward, expected, rtol=1e-5)
    assert bool(out.terminated) is bool(out.success) is there
    assert task.observe(r, ()).shape == (73,)


def test_cube_starts_with_three_random_turns():
    task = task_of("h1hand-cube")
    begin = begun(f"{task.robot.spec.name}-{task.name}")
    left = task.layout.qpos("free_left_cube_to_rotate") + 3
    right = task.layout.qpos("free_right_cube_to_rotate") + 3
    quats = [begin.qpos[:, left : left + 4], begin.qpos[:, right : right + 4]]
    quats.append(begin.mocap_quat[:, 0])
    angles = []
    for quat in quats:
        np.testing.assert_allclose(jnp.linalg.norm(quat, axis=1), 1.0, rtol=1e-5)
        w, x, y, z = np.asarray(quat, float).T
        roll = np.arctan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y))
        angles.append(roll)
        assert spans(roll, -math.pi, math.pi)
    assert np.abs(np.corrcoef(angles) - np.eye(3)).max() < 0.15
    kept = np.delete(np.asarray(begin.qpos), [*range(left, left + 4), *range(right, right + 4)], 1)
    assert np.ptp(kept, axis=0).max() == 0.0


def test_cube_compares_orientations_as_numbers():
    task = task_of("h1hand-cube")
    cubes = ("left_cube_to_rotate", "right_cube_to_rotate")
    at = {name: (0.4, 0.0, 1.0) for name in cubes}
    hands = {"left_hand": (0.4, 0.0, 1.1), "right_hand": (0.4, 0.0, 1.6)}
    flipped = see(task, bodies=at, sites=hands, quats={cubes[1]: (-1.0, 0.0, 0.0, 0.0)})
    out = evaluate(task, flipped)
    expected = 0.2 + 0.5 * 0.5 + 0.3 * (1.0 + gaussian(0.6, 0.0, 0.1, 0.5)) / 2
    np.testing.assert_allclose(out.reward, expected, rtol=1e-5)
    assert not bool(out.terminated)
    dropped = see(task, bodies=at | {cubes[1]: (0.4, 0.0, 0.59)}, sites=hands)
    assert bool(evaluate(task, dropped).terminated)


def test_window_pays_for_contact_only_while_the_wipe_touches_the_pane():
    task = task_of("h1hand-window")
    sites = {f"wipe_contact_site_{x}": (0.92, 0.0, 1.2) for x in "abcd"}
    sites |= {"wipe_contact_site_e": (0.72, 0.0, 1.2)}
    sites |= {"left_hand": (0.5, 0.0, 1.0), "right_hand": (0.5, 0.0, 1.5)}
    tool = {"window_wiping_tool": (0.5, 0.0, 1.0)}
    r = see(task, sites=sites, bodies=tool, touched=["wiping"])
    speed = task.layout.sensor("window_wiping_tool_subtreelinvel")
    r = r.replace(sensordata=r.sensordata.at[speed].set(jnp.array([0.0, 0.0, -0.25])))
    memory = task.on_reset(jnp.zeros(3), see(task, sites={"head": (-0.35, 0.0, 1.7)}))
    np.testing.assert_allclose(memory, (-0.35, 0.0, 1.7), rtol=1e-6)
    head, held = gaussian(0.35, 0.4, 0.4, 0.1), gaussian(0.5, 0.0, 0.2, 0.5)
    manipulation = 0.2 * head + 0.4 * gaussian(0.25, 0.5, 0.5, 0.5) + 0.4 * held
    flat = linear(0.72, 0.92, 0.92, 0.4)
    out = evaluate(task, r, memory)
    np.testing.assert_allclose(out.reward, 0.5 * manipulation + 0.5 * flat, rtol=1e-5)
    apart = evaluate(task, r.replace(contact=jnp.zeros(1, bool)), memory)
    np.testing.assert_allclose(apart.reward, 0.5 * manipulation, rtol=1e-5)
    low = see(task, bodies={"window_wiping_tool": (0.5, 0.0, 0.57)})
    assert bool(evaluate(task, low, memory).terminated)


def test_window_normalises_the_ball_joint_of_the_tool():
    task = task_of("h1hand-window")
    ball = np.asarray(begun(f"{task.robot.spec.name}-{task.name}").qpos)[:, -4:]
    np.testing.assert_allclose(np.linalg.norm(ball, axis=1), 1.0, rtol=1e-6)
    assert np.ptp(ball[:, 1:]) > 0.01


def test_spoon_follows_the_counter_and_reads_the_geoms():
    task = task_of("h1hand-spoon")
    cup = (0.75, -0.1, 0.9)
    turn, point = np.array([0.6, 0.1, -0.7, 0.2]), np.zeros(3)
    turn /= np.linalg.norm(turn)
    mujoco.mju_rotVecQuat(point, np.array([0.1, 0.0, 0.0035]), turn)
    spoon = np.array([0.75, -0.1, 1.0]) - point
    rows = [see(task, bodies={"cup": cup, "spoon": spoon}, quats={"spoon": turn}) for _ in range(6)]
    obs, out = play("h1hand-spoon", task.memory_of_record({"step_counter": 37}), rows)
    for i in range(6):
        angle = (37 + i) * 2 * math.pi / 40
        target = (0.75 + 0.06 * math.cos(angle), -0.1 + 0.06 * math.sin(angle), 0.95)
        np.testing.assert_allclose(obs[i, -3:], target, atol=1e-6)
        stirring = gaussian(math.dist(target, (0.75, -0.1, 1.0)), 0.0, 0.0, 0.15)
        np.testing.assert_allclose(out.terms["spoon_spinning_reward"][i], stirring, rtol=1e-4)
        assert int(out.memory[i]) == 38 + i
    np.testing.assert_allclose(out.terms["reward_spoon_in_cup"], 1.0)


@pytest.mark.parametrize("axis", range(3))
def test_spoon_is_in_the_cup_only_along_all_axes(axis):
    task = task_of("h1hand-spoon")
    plate = np.array([0.75, -0.1, 1.0])
    plate[axis] += 0.11
    bodies = {"cup": (0.75, -0.1, 0.9), "spoon": plate - np.array([0.1, 0.0, 0.0035])}
    out = evaluate(task, see(task, bodies=bodies), jnp.zeros((), jnp.int32))
    assert float(out.terms["reward_spoon_in_cup"]) == 0.0


def test_powerlift_pays_for_height():
    task = task_of("h1hand-powerlift")
    for height in (0.2, 1.95, 2.5):
        out = evaluate(task, see(task, bodies={"dumbbell": (0.5, 0.0, height)}))
        np.testing.assert_allclose(
            out.reward, 0.2 + 0.8 * gaussian(height, 1.9, 2.1, 2.0), rtol=1e-5
        )


def test_room_starts_with_its_objects_in_a_row_of_boxes():
    task = task_of("h1hand-room")
    qpos = np.asarray(begun(f"{task.robot.spec.name}-{task.name}").qpos)
    chair = task.layout.qpos("free_chair")
    for k in range(7):
        adr = chair + 7 * (k - 1)
        assert spans(qpos[:, adr], -3.5 + k, -2.5 + k)
        assert spans(np.abs(qpos[:, adr + 1]), 1.2, 3.5)
        assert 0.4 < np.mean(qpos[:, adr + 1] > 0) < 0.6
    # The rest of the robot keeps the keyframe's pose, but for the noise.
    robot = np.delete(qpos[:, 7:76], [chair - 7 - 7, chair - 6 - 7], 1)
    pose = np.delete(task.keyframe()[7:76], [chair - 7 - 7, chair - 6 - 7])
    assert np.abs(robot - pose).max() <= 0.01 + 1e-6


def test_room_pays_for_the_larger_spread():
    task = task_of("h1hand-room")
    names = ("chair", "trophy", "headphone", "package_a", "package_b", "snow_globe")
    at = {name: (0.3 * i, 1.0 * i, 5.0 * i) for i, name in enumerate(names)}
    out = evaluate(task, see(task, bodies=at))
    spread = np.var(np.arange(6.0))
    np.testing.assert_allclose(out.reward, 0.2 + 0.8 * gaussian(spread, 0, 0, 3.0), rtol=1e-5)


@pytest.mark.parametrize("part", ["peg_a", "peg_b", "block_peg_a", "block_peg_b", None])
def test_insert_ends_when_a_part_is_low(part):
    task = task_of("h1hand-insert_normal")
    sites = {name: (0.8, 0.0, 1.1) for name in ("peg_a", "peg_b", "block_peg_a", "block_peg_b")}
    sites |= {"left_hand": (0.8, 0.0, 1.2), "right_hand": (0.8, 0.0, 2.2)}
    if part:
        sites[part] = (0.8, 0.0, 0.49)
    out = evaluate(task, see(task, sites=sites))
    assert bool(out.terminated) is (part is not None)
    if part is None:
        np.testing.assert_allclose(out.reward, 1.0, rtol=1e-6)
