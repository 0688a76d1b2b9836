"""`verify` catches what differs, and refuses what is not a recording."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from metaworldx.parity.recording import RecordingError, load
from metaworldx.parity.report import EnvironmentReport, report_on

RECORDINGS = Path(__file__).parents[1] / "data" / "recordings"
TRUCK, WALK, DOOR = (RECORDINGS / f"h1-{name}-v0.npz" for name in ("truck", "walk", "door"))


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {key: file[key] for key in file.files}


@pytest.fixture
def written(tmp_path):
    """Writes arrays as a recording and returns its path."""

    def write(arrays: dict[str, np.ndarray]) -> Path:
        path = tmp_path / "recording.npz"
        np.savez(path, **arrays)  # type: ignore[arg-type]
        return path

    return write


def report(path: Path) -> EnvironmentReport:
    found = report_on(path)
    assert isinstance(found, EnvironmentReport)
    return found


def edited_json(entry: np.ndarray, **changes) -> str:
    return json.dumps(json.loads(str(entry)) | changes)


def rows_kept(arrays: dict[str, np.ndarray], keep: np.ndarray) -> dict[str, np.ndarray]:
    """The arrays with only the rows of a mask, their contacts renumbered."""
    rows = len(keep)
    per_row = {k: v for k, v in arrays.items() if not k.startswith("reset/") and k != "names"}
    contacts = per_row.pop("contacts")
    contacts = contacts[keep[contacts[:, 0]]]
    contacts[:, 0] = (np.cumsum(keep) - 1)[contacts[:, 0]]
    kept = {key: value[keep] for key, value in per_row.items() if len(value) == rows}
    return arrays | kept | {"contacts": contacts}


def test_reward_off_by_a_hundredth_is_caught(written):
    arrays = arrays_of(WALK)
    arrays["reward"][3] += 0.01
    assert report(written(arrays)).replay.reward_error == pytest.approx(0.01, rel=0.01)
    assert [f.split(" 0.")[0] for f in report(written(arrays)).failures] == ["reward error"]


def test_flipped_termination_is_caught(written):
    arrays = arrays_of(DOOR)
    arrays["terminated"][0] ^= True
    found = report(written(arrays))
    assert found.replay.termination_mismatches == 1
    assert found.failures == ["1 terminations differ"]


def test_wrong_observation_is_caught(written):
    arrays = arrays_of(WALK)
    arrays["obs"][2, 30] += 1e-3
    assert any("observation" in failure for failure in report(written(arrays)).failures)


def test_wrong_first_observation_is_caught(written):
    arrays = arrays_of(WALK)
    arrays["reset/obs"][1, 5] += 1e-3
    assert any("observation" in failure for failure in report(written(arrays)).failures)


def test_nan_observation_is_caught(written):
    arrays = arrays_of(WALK)
    arrays["obs"][0, 0] = np.nan
    found = report(written(arrays))
    assert any("observation" in failure for failure in found.failures)
    json.dumps(found.as_data(), allow_nan=False)


def test_wrong_memory_is_caught(written):
    arrays = arrays_of(TRUCK)
    arrays["task_state"] = arrays["task_state"].astype(object)
    arrays["task_state"][-1] = edited_json(
        arrays["task_state"][-1], packages_on_table=["package_a"]
    )
    arrays["task_state"] = arrays["task_state"].astype(str)
    found = report(written(arrays))
    assert len(found.replay.memory_mismatches) == 1
    assert "packages_on_table" in found.failures[0]


def test_objects_that_move_otherwise_are_caught(written):
    arrays = arrays_of(TRUCK)
    arrays["qpos"][arrays["kind"] <= 1, 30] += 0.1
    assert any("objects" in failure for failure in report(written(arrays)).failures)


def test_turned_quaternion_counts_as_the_same(written):
    arrays = arrays_of(TRUCK)
    free = next(j for j in json.loads(str(arrays["names"]))["joints"] if j[0] == "free_package_a")
    before = report(TRUCK).dynamics
    arrays["qpos"][:, free[2] + 3 : free[2] + 7] *= -1
    arrays["obs"] = arrays["obs"].copy()
    after = report(written(arrays)).dynamics
    assert before and after
    assert before.objects_undisturbed == pytest.approx(after.objects_undisturbed)


def test_other_joint_order_is_a_size_mismatch(written):
    arrays = arrays_of(WALK)
    names = json.loads(str(arrays["names"]))
    names["actuators"][:2] = names["actuators"][1::-1]
    arrays["names"] = np.array(json.dumps(names))
    assert any("actuator 0" in failure for failure in report(written(arrays)).failures)


def test_one_row_and_missing_kinds_are_enough(written):
    arrays = arrays_of(TRUCK)
    keep = np.zeros(len(arrays["kind"]), bool)
    keep[np.flatnonzero(arrays["kind"] == 3)[0]] = True
    found = report(written(rows_kept(arrays, keep)))
    assert found.rows == 1
    assert found.failures == []
    assert found.dynamics and found.dynamics.objects_undisturbed is None
    assert found.dynamics.pelvis_m is None


def test_rows_in_any_order_are_replayed_by_step(written):
    arrays = arrays_of(TRUCK)
    order = np.arange(len(arrays["kind"]))[::-1]
    contacts = arrays["contacts"].copy()
    contacts[:, 0] = order[contacts[:, 0]]
    rows = len(order)
    turned = {k: v[order] for k, v in arrays.items() if v.ndim and len(v) == rows}
    assert report(written(arrays | turned | {"contacts": contacts})).failures == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda a: a.pop("reward"), "lacks reward"),
        (lambda a: a.pop("names"), "lacks names"),
        (lambda a: a.pop("task_state"), "lacks task_state"),
        (lambda a: a.update(names=np.array("{")), "names is not JSON"),
        (lambda a: a.update(names=np.array("[]")), "names are not a table"),
        (lambda a: a.update(names=np.array('{"env": "h1-walk-v0"}')), "names lack bodies"),
        (lambda a: a.update(names=np.array("{}")), "do not say which environment"),
        (lambda a: a.update(reward=a["reward"][:-1]), "reward is of shape"),
        (lambda a: a.update(obs=a["obs"].astype(str)), "not numbers"),
        (lambda a: a.update(xpos=a["xpos"][:, :-1]), "xpos is of shape"),
        (lambda a: a.update(episode=a["episode"] + 7), "without a reset"),
        (lambda a: a.update(contacts=a["contacts"] + 9999), "contacts of rows"),
        (lambda a: a.update(reward=np.array([None] * len(a["reward"]))), "not a readable"),
        (
            lambda a: a.update({k: v[:0] for k, v in a.items() if len(np.shape(v))}),
            "holds no transitions",
        ),
    ],
)
def test_damaged_recording_is_refused_by_name(written, damage, message):
    arrays = arrays_of(WALK)
    damage(arrays)
    path = written(arrays)
    with pytest.raises(RecordingError, match=message) as error:
        load(path)
    assert str(path) in str(error.value)


@pytest.mark.parametrize("size", [0, 10, 1000, -1, -200])
def test_truncated_file_is_refused(tmp_path, size):
    path = tmp_path / "cut.npz"
    path.write_bytes(WALK.read_bytes()[:size])
    with pytest.raises(RecordingError, match="not a readable"):
        load(path)


def test_recording_with_another_tasks_memory_is_refused(written):
    arrays = arrays_of(TRUCK)
    arrays["reset/task_state"] = np.array(["{}"] * len(arrays["reset/task_state"]))
    with pytest.raises(RecordingError, match="reset/task_state of episode 0"):
        report(written(arrays))
