"""Tasks with stages against plain Python versions of HumanoidBench's rules."""

import math

import jax
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from helpers.object_world import SHELF, THINGS, first_memory, linear, play, see, task_of

PACKAGES = tuple(f"package_{x}" for x in "abcde")
few = settings(max_examples=60, deadline=None)


# ---- truck

ON_TRUCK, LIFTED, ON_TABLE, UNDER_TABLE = range(4)


def package_at(place, i):
    return {
        ON_TRUCK: (5.0, 0.2 * i, 1.1),
        LIFTED: (3.0 + 0.1 * i, 0.0, 1.25),
        ON_TABLE: (2.0, -1.9 + 0.1 * i, 0.9),
        UNDER_TABLE: (2.0, -1.9 + 0.1 * i, 0.3),
    }[place]


def truck_readings(places, robot=(2.0, 0.0, 1.0)):
    bodies = {
        name: package_at(p, i) for i, (name, p) in enumerate(zip(PACKAGES, places, strict=True))
    }
    bodies["table"] = (2.0, -1.7, 0.45)
    return see(task_of("h1-truck"), bodies=bodies, qpos=dict(enumerate(robot)))


def upon_table(p):
    return 1.65 < p[0] < 2.35 and -2.05 < p[1] < -1.35 and p[2] > 0.5


class PlainTruck:
    """HumanoidBench's lists, changed while they are iterated over."""

    def __init__(self):
        self.truck, self.picked, self.table = list(PACKAGES), [], []
        self.z0 = None

    def step(self, places, robot=(2.0, 0.0, 1.0)):
        at = {
            name: package_at(p, i) for i, (name, p) in enumerate(zip(PACKAGES, places, strict=True))
        }
        self.z0 = self.z0 or {name: p[2] for name, p in at.items()}
        reward = 0.0
        for p in self.truck:
            if at[p][2] > self.z0[p] + 0.1:
                self.picked.append(p)
                self.truck.remove(p)
                reward += 100
        for p in self.picked:
            if upon_table(at[p]):
                self.table.append(p)
                self.picked.remove(p)
                reward += 100
        for p in self.table:
            if not upon_table(at[p]):
                self.table.remove(p)
                self.picked.append(p)
                reward -= 100

        def closeness(names, to):
            return max((linear(math.dist(at[p], to), 0, 0.2, 4.0, 0.0) for p in names), default=0.0)

        reward += 1 + closeness(self.truck, robot) + closeness(self.picked, robot)
        reward += closeness(self.picked, (2.0, -1.7, 0.45))
        return reward + 1000 * (len(self.table) == 5)


STEPS = 7


def check_truck(sequence):
    task, plain = task_of("h1-truck"), PlainTruck()
    memory = first_memory("h1-truck")
    _, out = play("h1-truck", memory, [truck_readings(places) for places in sequence])
    for i, places in enumerate(sequence):
        np.testing.assert_allclose(out.reward[i], plain.step(places), rtol=1e-5)
        kept = task.record_of_memory(jax.tree.map(lambda x, i=i: x[i], out.memory))
        assert kept["packages_on_truck"] == plain.truck
        assert kept["packages_picked_up"] == plain.picked
        assert kept["packages_on_table"] == plain.table
        assert kept["initial_zs"] == pytest.approx(plain.z0)
        assert out.success_subtasks[i] == len(plain.table)
        assert bool(out.terminated[i]) is bool(out.success[i]) is (len(plain.table) == 5)
    return plain


place = st.sampled_from((ON_TRUCK, LIFTED, LIFTED, ON_TABLE, ON_TABLE, UNDER_TABLE))
row = st.tuples(*(place,) * 5)


@few
@given(st.lists(row, min_size=STEPS - 1, max_size=STEPS - 1))
def test_truck_keeps_its_lists_as_python_does(sequence):
    check_truck([(ON_TRUCK,) * 5, *sequence])


@few
@given(st.lists(row, min_size=STEPS, max_size=STEPS))
def test_truck_measures_lifts_from_the_first_step(sequence):
    check_truck(sequence)


def test_truck_passes_over_the_package_behind_one_that_moves():
    lifted = [(ON_TRUCK,) * 5, *[(LIFTED,) * 5] * (STEPS - 1)]
    rows = [truck_readings(places) for places in lifted]
    _, out = play("h1-truck", first_memory("h1-truck"), rows)
    # a, c, e; then b; then d.
    np.testing.assert_array_equal(out.memory.picked_up[1], [0, 2, 4, -1, -1])
    np.testing.assert_array_equal(out.memory.picked_up[2], [0, 2, 4, 1, -1])
    np.testing.assert_array_equal(out.memory.picked_up[3], [0, 2, 4, 1, 3])


def test_truck_ends_with_all_five_on_the_table():
    sequence = [(ON_TRUCK,) * 5, *[(LIFTED,) * 5] * 3, *[(ON_TABLE,) * 5] * 3]
    plain = check_truck(sequence)
    assert sorted(plain.table) == list(PACKAGES) and plain.table != list(PACKAGES)


# ---- cabinet

DOORS = ("drawer_slide", "left_door_hinge", "right_door_hinge", "pull_door_slide")
CABINET_JOINTS = (*DOORS, "pullup_door_hinge")


class PlainCabinet:
    """HumanoidBench's four subtasks, for a robot that stands (stand_reward 1, no effort)."""

    def __init__(self, stage):
        self.stage = stage

    def step(self, joint, low, high):
        stage, done = self.stage, False
        doors = max(min(1, abs(joint["left_door_hinge"])), min(1, abs(joint["right_door_hinge"])))
        if stage == 1:
            reward = abs(joint["pull_door_slide"] / 0.4)
            done = reward > 0.95
        elif stage == 2:
            reward = abs(joint["drawer_slide"] / 0.45)
            done = reward > 0.95
        elif stage in (3, 4):
            (x, y, z), middle = (low, 0.94) if stage == 3 else (high, 1.54)
            across = (linear(x - 0.9, -0.3, 0.3, 0.3) + linear(y, -0.6, 0.6, 0.3)) / 2
            near = 0.3 * across + 0.7 * linear(z - middle, -0.15, 0.15, 0.3)
            opened = doors if stage == 3 else min(1, abs(joint["pullup_door_hinge"]))
            reward = 0.5 * near + 0.5 * opened
            done = abs(x - 0.9) <= 0.3 and abs(y) <= 0.6 and abs(z - middle) <= 0.15
        else:
            reward = 1000.0
        if stage < 5:
            reward = 0.2 + 0.8 * reward
        if done:
            reward += 100 * stage
            self.stage += 1
        return reward


def coordinate(low, high):
    return st.integers(0, 40).map(lambda i: low + (high - low) * (i + 0.37) / 41)


cube = st.tuples(coordinate(0.2, 1.6), coordinate(-1.2, 1.2), coordinate(0.5, 2.0))
cabinet_row = st.tuples(st.tuples(*(coordinate(-1.6, 1.6),) * 5), cube, cube)


@few
@given(st.integers(1, 5), st.lists(cabinet_row, min_size=STEPS, max_size=STEPS))
def test_cabinet_goes_through_its_subtasks(stage, sequence):
    task, plain = task_of("h1hand-cabinet"), PlainCabinet(stage)
    rows = [
        see(
            task,
            qpos={task.layout.qpos(j): x for j, x in zip(CABINET_JOINTS, joints, strict=True)},
            bodies={"drawer_cube": low, "lateral_cabinet_cube": high},
        )
        for joints, low, high in sequence
    ]
    _, out = play("h1hand-cabinet", task.memory_of_record({"current_subtask": stage}), rows)
    for i, (joints, low, high) in enumerate(sequence):
        reward = plain.step(dict(zip(CABINET_JOINTS, joints, strict=True)), low, high)
        np.testing.assert_allclose(out.reward[i], reward, rtol=1e-4, atol=1e-5)
        assert int(out.memory[i]) == plain.stage
        assert int(out.success_subtasks[i]) == plain.stage - 1
        assert bool(out.terminated[i]) is bool(out.success[i]) is (plain.stage == 5)


# ---- kitchen

GOALS = {
    "microwave": {13: -0.75},
    "kettle": {14: -0.23, 15: 0.75, 16: 1.0, 17: 0.99, 20: -0.06},
    "bottom burner": {2: -0.88, 3: -0.01},
    "light switch": {8: -0.69, 9: -0.05},
}


@few
@given(st.lists(st.sets(st.sampled_from(tuple(GOALS))), min_size=STEPS, max_size=STEPS))
def test_kitchen_counts_elements_in_order_and_once(sequence):
    task = task_of("h1hand-kitchen")
    first = task.layout.nq - 21
    rows = []
    for done in sequence:
        qpos = {first + i: 0.0 for i in range(21)}
        for name in done:
            # 0.29 from the goal: near enough; untouched ones are 0.69 or more away.
            off = dict(GOALS[name])
            off[min(off)] += 0.29
            qpos |= {first + i: x for i, x in off.items()}
        rows.append(see(task, qpos=qpos))
    obs, out = play("h1hand-kitchen", task.memory_of_record({"tasks_to_complete": GOALS}), rows)
    assert obs.shape == (STEPS, 97)
    to_do = dict.fromkeys(GOALS)
    for i, done in enumerate(sequence):
        completions, all_so_far = [], True
        for name in to_do:
            if name in done and all_so_far:
                completions.append(name)
            all_so_far = all_so_far and name in done
        for name in completions:
            del to_do[name]
        assert float(out.reward[i]) == len(completions)
        assert task.record_of_memory(out.memory[i]) == {"tasks_to_complete": to_do}
        assert int(out.success_subtasks[i]) == 4 - len(to_do)
        assert bool(out.terminated[i]) is bool(out.success[i]) is (not to_do)


# ---- bookshelf


@few
@given(
    st.permutations(range(12)),
    st.permutations(SHELF),
    st.lists(st.tuples(st.booleans(), st.booleans()), min_size=STEPS, max_size=STEPS),
)
def test_bookshelf_takes_objects_in_turn(order, goals, sequence):
    task = task_of("h1hand-bookshelf_hard")
    codes = [i - 24 for i in order[:5]] + [order[4] - 24]
    memory = task.memory_of_record(
        {"task_index": 0, "placement_goals": [*goals, goals[4]], "bookshelf_objects": codes}
    )
    index, rows, expected = 0, [], []
    for placed, dropped in sequence:
        at = {name: (0.95, 0.0, 1.25) for name in THINGS}
        current = THINGS[codes[min(index, 5)] + 24]
        goal = goals[min(index, 4)]
        place = (goal[0] + (0.14 if placed else 0.16), goal[1], goal[2])
        at[current] = place
        after = min(index + placed, 5)
        upcoming = THINGS[codes[after] + 24]
        if dropped and upcoming != current:
            at[upcoming] = (0.9, 0.0, 0.49)
        rows.append(see(task, bodies=at, sites={"left_hand": (place[0], place[1], place[2] + 0.2)}))
        away = math.dist(place, goal)
        near = min(
            math.dist((place[0], place[1], place[2] + 0.2), place), math.dist(place, (0,) * 3)
        )
        reward = 0.2 + 0.4 * linear(away, 0, 0.15, 1.0) + 0.4 * math.exp(-near)
        fell = at[upcoming][2] < 0.5
        expected.append((codes[index], reward + 100 * after * placed, after, fell or after == 5))
        index = after
        if index == 5:
            break
    rows += [rows[-1]] * (STEPS - len(rows))
    obs, out = play("h1hand-bookshelf_hard", memory, rows)
    for i, (code, reward, after, terminated) in enumerate(expected):
        assert int(obs[i, -1]) == code
        np.testing.assert_allclose(out.reward[i], reward, rtol=1e-5)
        assert int(out.memory.task_index[i]) == int(out.success_subtasks[i]) == after
        assert bool(out.terminated[i]) is terminated
        assert bool(out.success[i]) is (after == 5)
