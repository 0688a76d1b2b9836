"""The pipeline's stages: done once, gone on with, taken over; and its settings."""

import json
from importlib import import_module

import pytest

from metaworldx.cli import main
from metaworldx.core.errors import UserError
from metaworldx.pipeline import PipelineConfig, run
from metaworldx.pipeline.stage_cache import FOLDER, stage
from metaworldx.vlm.schema import guidance_from


def _quiet(text):
    del text


def test_a_stage_is_done_once(tmp_path):
    calls = []

    def work():
        calls.append(1)
        return {"found": (1, 2)}

    first = stage(tmp_path, "a", {"x": 1}, work, _quiet)
    again = stage(tmp_path, "a", {"x": 1}, work, _quiet)
    assert len(calls) == 1 and again == first and first.result == {"found": [1, 2]}


def test_a_stage_of_other_settings_is_refused(tmp_path):
    stage(tmp_path, "a", {"x": 1}, lambda: {}, _quiet)
    with pytest.raises(UserError, match="stage a had other settings"):
        stage(tmp_path, "a", {"x": 2}, lambda: {}, _quiet)


def test_a_stage_that_was_cut_short_is_done_again(tmp_path):
    def cut():
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stage(tmp_path, "a", {}, cut, _quiet)
    assert stage(tmp_path, "a", {}, lambda: {"done": True}, _quiet).result == {"done": True}


@pytest.mark.parametrize(
    "text",
    ["", "{}", '{"digest": "x", "seconds": "1", "result": {}}', "[1]", "null", "5", "[" * 100_000],
)
def test_a_mark_that_is_nonsense_is_told(tmp_path, text):
    stage(tmp_path, "a", {}, lambda: {}, _quiet)
    (tmp_path / FOLDER / "a.json").write_text(text)
    with pytest.raises(UserError, match=r"a\.json is no mark of a stage: .*; remove it"):
        stage(tmp_path, "a", {}, lambda: {}, _quiet)


def test_stages_of_another_run_are_taken_over_with_their_files(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"

    def work():
        (there / "made").mkdir(parents=True)
        (there / "made" / "file").write_text("x")
        return {"n": 1}

    def never():
        raise AssertionError

    done = stage(there, "a", {"x": 1}, work, _quiet, files="made")
    # What a copy that was cut short has left.
    (here / "made").mkdir(parents=True)
    (here / "made" / "half").write_text("")
    taken = stage(here, "a", {"x": 1}, never, _quiet, files="made", reuse=there)
    assert taken == done
    assert [path.name for path in (here / "made").iterdir()] == ["file"]
    other = stage(here, "b", {"x": 1}, lambda: {"n": 2}, _quiet, reuse=there)
    assert other.result == {"n": 2}


def test_a_stage_without_its_files_is_not_taken_over(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    stage(there, "a", {"x": 1}, lambda: {"n": 1}, _quiet, files="made")
    (here / "made").mkdir(parents=True)
    (here / "made" / "half").write_text("kept")
    done = stage(here, "a", {"x": 1}, lambda: {"n": 2}, _quiet, files="made", reuse=there)
    assert done.result == {"n": 2} and (here / "made" / "half").read_text() == "kept"


def test_files_that_cannot_be_copied_leave_what_is_there(tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    stage(there, "a", {"x": 1}, lambda: {"n": 1}, _quiet, files="made")
    (there / "made").mkdir()
    (there / "made" / "gone").symlink_to(there / "nowhere")
    (here / "made").mkdir(parents=True)
    (here / "made" / "half").write_text("kept")
    with pytest.raises(UserError, match="cannot copy"):
        stage(here, "a", {"x": 1}, lambda: {}, _quiet, files="made", reuse=there)
    assert [path.name for path in here.iterdir()] == ["made"]
    assert (here / "made" / "half").read_text() == "kept"


@pytest.mark.parametrize(
    "wrong",
    [
        {"tasks": ()},
        {"without": "pool"},
        {"episodes": 1},
        {"pool_steps": 0},
        {"agent_steps": -1},
        {"teacher": "foo"},
        {"tasks": ("h1-walk",), "schedule": "paper"},
        {"tasks": ("h1-dor",)},
        {"film_seconds": float("inf")},
        {"tasks": ("h1-door", "h1hand-door")},
    ],
)
def test_settings_that_make_no_sense_are_told(wrong):
    with pytest.raises(UserError):
        PipelineConfig(**wrong)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["train", "pool", "--skills", ""], "no skills given"),
        (["train", "pool", "--skills", "wlak"], "did you mean 'walk'"),
        (["train", "pool", "--steps", "0"], "needs at least 1"),
    ],
)
def test_bad_input_of_a_pool_is_one_line(capsys, tmp_path, args, said):
    assert main([*args, "--out", str(tmp_path / "pool")]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and not (tmp_path / "pool").exists()


def test_only_a_run_can_be_reused(tmp_path, capsys):
    assert main(["run", "--reuse", str(tmp_path), "--out", str(tmp_path / "run")]) == 2
    err = capsys.readouterr().err
    assert "holds no run" in err and err.count("\n") == 1 and not (tmp_path / "run").exists()


def test_without_imitation_no_other_pool_goes(tmp_path, capsys):
    args = ["run", "--without", "imitation", "--pool", "x", "--out", str(tmp_path / "run")]
    assert main(args) == 2
    assert "trains its own pool" in capsys.readouterr().err and not (tmp_path / "run").exists()


def test_without_imitation_the_teacher_is_asked_of_the_run_s_own_pool(tmp_path, monkeypatch):
    def trained(config, folder, tell):
        folder.mkdir()
        (folder / "pool.json").write_text("{}")
        return {"pool": "made here"}

    def ask(config):
        assert config.pool == str(tmp_path / "run" / "pool")
        raise UserError("asked of it")

    monkeypatch.setattr(import_module("metaworldx.pipeline.stages"), "train_pool", trained)
    config = PipelineConfig(without="imitation", live_skill=None)
    with pytest.raises(UserError, match="asked of it"):
        run(config, tmp_path / "run", ask, _quiet)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--teacher", "foo"], "unknown teacher 'foo'"),
        (["--tasks", "h1-door,h1hand-door"], "several robots"),
        (["--pool", "{here}/nothere"], "no pool of experts"),
        (["--pool", "{here}/damaged"], "damaged"),
        (["--cache", "{here}/nothere"], "no folder of kept answers"),
    ],
)
def test_what_a_later_stage_would_refuse_is_refused_at_once(tmp_path, capsys, args, said):
    damaged = tmp_path / "damaged"
    damaged.mkdir()
    entry = {"name": "stand", "description": "stands", "file": "stand.npz"}
    index = {"format": "metaworldx-pool-1", "robot": "h1", "experts": [entry]}
    (damaged / "pool.json").write_text(json.dumps(index))
    (damaged / "stand.npz").write_text("no expert")
    out = tmp_path / "run"
    args = [arg.format(here=tmp_path) for arg in args]
    assert main(["run", "--live-steps", "0", *args, "--out", str(out)]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1 and not out.exists()


def test_a_run_s_folder_keeps_its_settings(tmp_path, capsys):
    out = tmp_path / "run"
    out.mkdir()
    (out / "pipeline.json").write_text(json.dumps({"seed": 5}))
    assert main(["run", "--preset", "quickstart", "--out", str(out)]) == 2
    assert "holds a run with another" in capsys.readouterr().err


@pytest.mark.parametrize("text", ["null", "[]", "5", "[" * 100_000])
def test_settings_of_a_run_that_are_nonsense_are_told(tmp_path, capsys, text):
    (tmp_path / "pipeline.json").write_text(text)
    assert main(["run", "--out", str(tmp_path)]) == 2
    err = capsys.readouterr().err
    assert "pipeline.json is no settings of a run" in err and err.count("\n") == 1
    assert (tmp_path / "pipeline.json").read_text() == text


_ANSWER = {
    "relevance": {"stand": 1.0, "walk": 9.0},
    "stages": [],
    "confidence": 0.9,
    "teacher": "offline",
}


@pytest.mark.parametrize(
    "answers",
    [
        {},
        {"h1-door": None},
        {"h1-door": {}},
        {"h1-door": _ANSWER | {"relevance": {"walk": -1.0}}},
        {"h1-door": _ANSWER | {"relevance": 5}},
        {"h1-door": _ANSWER | {"teacher": None}},
        {"h1-door": _ANSWER, "h1-push": []},
    ],
)
def test_kept_answers_that_are_nonsense_are_told(tmp_path, monkeypatch, answers):
    # Reading the experts takes seconds.
    module = import_module("metaworldx.pipeline.stages")
    monkeypatch.setattr(module, "load_experts", lambda folder: [folder])

    def ask(config):
        del config
        return {"h1-door": guidance_from(_ANSWER, _ANSWER["relevance"], "offline")}

    def cut(text):
        if text == "router ...":
            raise KeyboardInterrupt

    config = PipelineConfig(live_skill=None)
    with pytest.raises(KeyboardInterrupt):
        run(config, tmp_path, ask, cut)
    path = tmp_path / FOLDER / "guidance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"result": answers}))
    with pytest.raises(UserError, match=r"guidance\.json holds no usable answer about h1-"):
        run(config, tmp_path, ask, cut)
