"""What a resumed run keeps of its past, and gives up of a future that was abandoned."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from helpers.scored_runs import Killed, ScoredRuns, board_points
from metaworldx.training.run_dir import read_metrics

FIRST = [10.0, 5.0, 5.0, 6.0, 50.0]
"""A sitting's scores before it is killed in its sixth epoch; its checkpoint is of the third."""
# By what comes after it, from the fourth epoch on: the mark of the best agent.
SECOND = {
    "before the given up one": ([20.0, 5.0, 5.0], 204),
    "in its place": ([5.0, 20.0, 5.0], 205),
    "after it": ([5.0, 5.0, 20.0], 206),
    "in the past": ([5.0, 5.0, 5.0], 101),
}


@pytest.fixture
def runs(monkeypatch):
    return ScoredRuns(monkeypatch)


@pytest.mark.parametrize(("scores", "mark"), SECOND.values(), ids=list(SECOND))
def test_the_best_agent_is_of_the_runs_own_past(runs, tmp_path, scores, mark):
    folder = tmp_path / "run"
    runs.sit(folder, FIRST, die_in=6)
    assert runs.best(folder) == 105
    runs.sit(folder, scores)
    assert runs.best(folder) == mark
    rows = read_metrics(folder)
    best = max(rows, key=lambda row: row["eval/policy"]["return_mean"])
    assert best["epoch"] == mark % 100


@pytest.mark.parametrize("kind", ["in its place", "in the past"])
def test_killed_while_the_best_is_replaced_it_stays_readable(runs, tmp_path, monkeypatch, kind):
    scores, mark = SECOND[kind]
    begun = tmp_path / "begun"
    runs.sit(begun, FIRST, die_in=6)
    sitting = runs.sitting
    for number in range(1, 30):
        folder = tmp_path / f"{number}"
        shutil.copytree(begun, folder)
        runs.sitting, left = sitting, [number]

        def counted(original, left=left):
            def killed_at_its_turn(*args, **options):
                left[0] -= 1
                if not left[0]:
                    raise Killed
                return original(*args, **options)

            return killed_at_its_turn

        with monkeypatch.context() as patched:
            patched.setattr(Path, "rename", counted(Path.rename))
            patched.setattr(shutil, "rmtree", counted(shutil.rmtree))
            runs.sit(folder, scores)
        # One of those that were the best at some time, whole.
        assert runs.best(folder) in (101, 105, mark)
        if left[0] > 0:
            assert runs.best(folder) == mark
            break
        resumed_at = 6 if (folder / "checkpoints" / "6").is_dir() else 3
        runs.sitting = sitting
        runs.sit(folder, scores[resumed_at - 3 :])
        assert runs.best(folder) == mark
    else:
        pytest.fail("no end of renaming")


def test_at_last_few_agents_are_kept(runs, tmp_path):
    runs.sit(tmp_path / "run", [1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
    # The third epoch's checkpoint may still be gone back to.
    kept = sorted(int(path.name) for path in (tmp_path / "run" / "best").iterdir())
    assert kept == [3, 4, 5, 6]
    assert runs.best(tmp_path / "run") == 106


def test_tensorboard_keeps_the_past_and_forgets_the_abandoned(runs, tmp_path):
    folder = tmp_path / "run"
    runs.sit(folder, FIRST, die_in=6)
    marks = board_points(folder)["collect/return"]
    assert marks == [(40 * n, 100.0 + n) for n in (1, 2, 3, 4, 5)]
    runs.sit(folder, [5.0, 5.0, 5.0])
    points = board_points(folder)
    past, own = [(40 * n, 100.0 + n) for n in (1, 2, 3)], [(40 * n, 200.0 + n) for n in (4, 5, 6)]
    assert points["collect/return"] == past + own
    assert [step for step, _ in points["eval/policy/return_mean"]] == [40 * n for n in range(1, 7)]
    rows = [(row["env_steps"], row["collect/return"]) for row in read_metrics(folder)]
    assert rows == points["collect/return"]


def test_points_are_on_disk_as_soon_as_rows_are(runs, tmp_path):
    folder, seen = tmp_path / "run", []

    def look(epoch):
        if epoch == 4:
            seen.extend(step for step, _ in board_points(folder)["collect/return"])

    runs.before_epoch = look
    runs.sit(folder, [1.0] * 6)
    # A run that is killed now goes on from the third epoch's checkpoint.
    assert seen == [40, 80, 120]
