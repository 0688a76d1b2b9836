"""Retargeting on ground of several levels: stairs, a box, and what must not pass for a level."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from helpers.robot_bvh import human_from_clip
from metaworldx.motion.builtin import clips_for
from metaworldx.motion.builtin.stair import RISE
from metaworldx.motion.human_skeleton import HumanMotion
from metaworldx.motion.retarget import retarget, unrolled
from metaworldx.motion.retarget.contacts import ENDS, find_standing, level_heights, stance
from metaworldx.motion.retarget.robot_body import body_of

FPS = 50.0
STAIRS = clips_for("stair")


def moved(left: np.ndarray, right: np.ndarray, rest: np.ndarray) -> HumanMotion:
    """A standing person, each leg from the knee down and all else moved by `[T, 3]` m."""
    person = human_from_clip(clips_for("stand")[0])
    ways = {name: rest for name in person.joints}
    for side, way in (("left", left), ("right", right)):
        ways |= {f"{side}_{joint}": way for joint in ("knee", "ankle", "toe")}
    shifts = np.stack([ways[name] for name in person.joints], axis=1)
    return dataclasses.replace(
        person,
        positions=person.positions[:1] + shifts,
        rotations=np.repeat(person.rotations[:1], len(shifts), axis=0),
    )


def way(*knots: tuple[float, float, float], seconds: float = 4.0) -> np.ndarray:
    """A path in x and z through knots of time, x and z: `[T, 3]` m."""
    t, x, z = np.array(knots).T
    now = np.arange(round(seconds * FPS) + 1) / FPS
    return np.stack([np.interp(now, t, x), 0.0 * now, np.interp(now, t, z)], axis=1)


def aside(path: np.ndarray, *knots: tuple[float, float]) -> np.ndarray:
    """The path with y through knots of time and y."""
    t, y = np.array(knots).T
    return path + np.interp(np.arange(len(path)) / FPS, t, y)[:, None] * [0.0, 1.0, 0.0]


@pytest.mark.parametrize("clip", STAIRS, ids=lambda clip: clip.name)
def test_stair_clips_come_back_with_every_tread(clip):
    made = retarget(human_from_clip(clip), loop=False)
    assert np.abs(made.clip.qpos[:, 7:] - clip.qpos[:, 7:]).max() < 0.05
    risen = made.clip.qpos[:, 2] - clip.qpos[:, 2]
    np.testing.assert_allclose(risen, risen[0], atol=0.01)
    assert made.figures.levels == (2 if "up" in clip.name else 3)
    assert made.figures.slip_max_m < 0.002 and made.figures.penetration_m < 0.005


@pytest.mark.parametrize("clip", STAIRS[1:3], ids=lambda clip: clip.name)
@pytest.mark.parametrize("size", [0.7, 1.2])
def test_treads_are_as_far_apart_as_the_robot_goes(clip, size):
    human = human_from_clip(clip)
    human = dataclasses.replace(
        human, offsets=human.offsets * size, positions=human.positions * size
    )
    body = body_of("h1")
    heights = level_heights(find_standing(human, FPS), body.points(body.frames(clip.qpos), ENDS))
    np.testing.assert_allclose(np.diff(heights), RISE, atol=0.005)


def test_a_long_stair_has_a_level_for_every_step():
    human = human_from_clip(STAIRS[2])
    human = dataclasses.replace(unrolled(human, 0, 2 * (human.frames - 1)), loop=False)
    on = find_standing(human, FPS)
    assert on.max() == 6
    left, right = on[:, :2].max(axis=1), on[:, 2:].max(axis=1)
    assert set(left) == {-1, 0, 2, 4, 6} and set(right) == {-1, 1, 3, 5}


def test_a_heel_that_is_still_up_does_not_stand():
    on = find_standing(human_from_clip(STAIRS[2]), FPS)
    touches, settles = (int(np.flatnonzero(on[:, e] == 1)[0]) for e in (3, 2))
    assert 3 < settles - touches < 12


def test_a_box_is_a_level_of_its_own():
    left = way((0.0, 0, 0), (1.0, 0, 0), (1.4, 0.3, 0.3), (1.5, 0.3, 0.25), (4.0, 0.3, 0.25))
    right = way((0.0, 0, 0), (2.4, 0, 0), (2.8, 0.3, 0.3), (2.9, 0.3, 0.25), (4.0, 0.3, 0.25))
    rest = way((0.0, 0, 0), (1.5, 0, 0), (2.2, 0.3, 0.25), (4.0, 0.3, 0.25))
    rest = aside(rest, (0.0, 0.0), (0.5, -0.1), (1.5, -0.1), (2.2, 0.1), (2.9, 0.1), (3.5, 0.0))
    on = find_standing(moved(left, right, rest), FPS)
    t = np.arange(len(on)) / FPS
    for foot, lifts, lands in ((on[:, :2], 1.0, 1.5), (on[:, 2:], 2.4, 2.9)):
        assert (foot[t < lifts - 0.05] == 0).all() and (foot[t > lands + 0.05] == 1).all()
        assert (foot[(t > lifts + 0.1) & (t < lands - 0.15)] == -1).all()


@pytest.mark.parametrize("height", [0.08, 0.2, 0.4])
def test_a_foot_that_pauses_in_the_air_does_not_stand(height):
    left = way((0.0, 0, 0), (1.0, 0, 0), (1.3, 0, height), (2.7, 0, height), (3.0, 0.2, 0))
    on = find_standing(moved(left, 0.0 * left, 0.0 * left), FPS)
    assert (on[:, 2:] == 0).all()
    paused = slice(round(1.35 * FPS), round(2.65 * FPS))
    assert (on[paused, :2] == -1).all() and set(np.unique(on)) == {-1, 0}


def test_a_pause_as_high_as_a_box_is_no_stance_on_it():
    tries = ((0.5, 0, 0), (0.8, 0.2, 0.25), (1.6, 0.2, 0.25), (1.9, 0, 0), (3.0, 0, 0))
    left = way((0.0, 0, 0), *tries, (3.3, 0.3, 0.25), (6.0, 0.3, 0.25), seconds=6.0)
    right = way((0.0, 0, 0), (4.3, 0, 0), (4.6, 0.3, 0.25), (6.0, 0.3, 0.25), seconds=6.0)
    rest = way((0.0, 0, 0), (3.3, 0, 0), (4.0, 0.3, 0.25), (6.0, 0.3, 0.25), seconds=6.0)
    rest = aside(rest, (0.0, 0.0), (0.4, -0.1), (3.3, -0.1), (4.0, 0.1), (6.0, 0.1))
    on = find_standing(moved(left, right, rest), FPS)
    t = np.arange(len(on)) / FPS
    assert (on[(t > 0.85) & (t < 1.55), :2] == -1).all() and (on[t > 3.35, :2] == 1).all()


def test_feet_that_hang_from_a_seat_do_not_stand():
    feet = way((0.0, 0, 0), (1.0, 0, 0), (1.5, 0.1, 0.3), (4.0, 0.1, 0.3))
    rest = way((0.0, 0, 0), (1.0, 0, 0), (1.5, -0.35, 0.3), (4.0, -0.35, 0.3))
    on = find_standing(moved(feet, feet, rest), FPS)
    assert (on[:45] == 0).all() and (on[80:] == -1).all()


def test_feet_drawn_up_in_a_jump_do_not_stand():
    t = np.arange(201) / FPS
    flight = np.clip(t - 1.0, 0.0, 0.6)
    rest = np.stack([0.0 * t, 0.0 * t, 0.5 * 9.81 * flight * (0.6 - flight)], axis=1)
    feet = way((0.0, 0, 0), (1.0, 0, 0), (1.12, 0, 0.5), (1.48, 0, 0.5), (1.6, 0, 0), (4.0, 0, 0))
    on = find_standing(moved(feet, feet, rest), FPS)
    assert (on[(t < 0.9) | (t > 1.7)] == 0).all() and (on[(t > 1.05) & (t < 1.55)] == -1).all()


def test_a_flat_walk_has_one_level_at_zero():
    made = retarget(human_from_clip(clips_for("walk")[2]))
    assert made.figures.levels == 1
    body = body_of("h1")
    sole = body.points(body.frames(made.clip.qpos), ENDS)[..., 2].min(axis=1)
    np.testing.assert_allclose(sole, 0.0, atol=0.005)


def test_the_floor_is_the_level_that_a_foot_stands_on_or_does_not_pass_through():
    on = np.full((9, 4), -1)
    on[:3, :2], on[6:, :2], on[:, 2:] = 0, 1, 1
    ends = np.zeros((9, 4, 3))
    ends[6:, :2, 2], ends[3:6, :2, 2], ends[..., 2:, 2] = 0.2, [[0.1], [0.25], [0.25]], 0.2
    floor = stance(on, ends, np.array([0.0, 0.2])).floor
    np.testing.assert_array_equal(floor[:, 0], [0, 0, 0, 0, 0, 0, 0.2, 0.2, 0.2])
    np.testing.assert_array_equal(floor[:, 1:], np.tile([0.2, 0.0], (9, 1)))
    ends[3:6, :2, 2] = -0.3
    assert (stance(on, ends, np.array([0.0, 0.2])).floor[3:6, [0, 2]] == -0.3).all()
    flat = stance(np.minimum(on, 0), ends, np.zeros(1)).floor
    np.testing.assert_array_equal(flat, np.zeros((9, 3)))


def test_clearance_counts_from_the_floor_below_each_foot():
    body, clip = body_of("h1"), clips_for("stand")[0]
    frames = body.frames(clip.qpos[:1])
    _, _, bodies = body.surface(frames)
    lower = body.clearance(frames) - body.clearance(frames, np.array([[0.1, 0.2, 0.3]]))
    for name, floor in (("left_ankle_link", 0.1), ("right_ankle_link", 0.2), ("torso_link", 0.3)):
        np.testing.assert_allclose(lower[0, bodies == body.index((name,))[0]], floor)
