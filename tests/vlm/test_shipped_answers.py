"""The answers that come with the package: whole, read where no others are given, and named."""

from __future__ import annotations

import json
import logging

import pytest

from metaworldx.cli import main
from metaworldx.core.assets import asset_root
from metaworldx.envs.registry import EnvId, environment_ids
from metaworldx.experts.skills import SKILLS
from metaworldx.vlm.cached import CachedTeacher, file_of, write_guidance
from metaworldx.vlm.factory import teachers_from
from metaworldx.vlm.offline.teacher import OfflineTeacher
from metaworldx.vlm.questions import question_of_rest, question_of_task, question_of_text

EXPERTS = {skill.name: skill.description for skill in SKILLS.values()}
FOLDER = asset_root() / "guidance"
TEACHER = "cached (a general vision-language model, shipped)"
ORIGIN = "kept from a multimodal language model, asked on 2026-11-27 with prompt and start frame"


@pytest.fixture(autouse=True)
def _no_key(monkeypatch):
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)


def _asked(capsys, *args: str) -> dict:
    assert main(["vlm", "ask", "--json", *args]) == 0
    return json.loads(capsys.readouterr().out)


def test_there_is_one_file_for_every_task():
    tasks = sorted(path.stem.split("-")[1] for path in FOLDER.glob("*.json"))
    assert tasks == sorted({env.split("-")[1] for env in environment_ids()})
    assert len(tasks) == 33


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.json")), ids=lambda path: path.stem)
def test_every_file_is_what_the_prompt_asks_for(path):
    data = json.loads(path.read_text())
    names = ["format", "task", "text", "teacher", "relevance", "stages", "confidence"]
    assert list(data) == names and data["format"] == "metaworldx-guidance-1"
    assert data["task"] == path.stem and data["task"] in environment_ids()
    # It answers the question that is asked today.
    asked = question_of_task(EnvId.parse(data["task"]), EXPERTS)
    assert data["text"] == asked.text
    assert "gemini" not in data["teacher"].lower()
    assert set(data["relevance"]) == set(EXPERTS)
    assert all(0 <= score <= 10 for score in data["relevance"].values())
    assert any(data["relevance"].values())
    assert 1 <= len(data["stages"]) <= 8
    for stage in data["stages"]:
        assert set(stage) == {"text", "experts"} and stage["text"].endswith(".")
        assert stage["experts"].keys() <= EXPERTS.keys()
        assert all(0 < share <= 1 for share in stage["experts"].values())
        assert sum(stage["experts"].values()) == pytest.approx(1.0, abs=1e-9)
    assert 0 < data["confidence"] <= 1


@pytest.mark.parametrize("task", environment_ids())
def test_every_environment_is_answered_for_and_the_teacher_named(task):
    found = teachers_from("cached").ask(question_of_task(EnvId.parse(task), EXPERTS))
    assert (found.teacher, found.origin, found.notes) == (TEACHER, ORIGIN, ())
    there = [
        path for path in FOLDER.glob("*.json") if path.stem.split("-")[1:] == task.split("-")[1:]
    ]
    kept = json.loads(there[0].read_text())
    assert found.relevance == kept["relevance"] and found.confidence == kept["confidence"]
    assert [stage.text for stage in found.stages] == [stage["text"] for stage in kept["stages"]]


def test_without_a_key_kept_answers_come_before_offline_ones(capsys, caplog):
    found = _asked(capsys, "--task", "h1-door")
    assert (found["teacher"], found["teacher_origin"]) == (TEACHER, ORIGIN)
    assert found["notes"] == ["gemini: GEMINI_API_KEY is not set"]
    told = [record.getMessage() for record in caplog.records]
    assert told == ["teacher gemini: GEMINI_API_KEY is not set; asking cached"]
    caplog.clear()
    found = _asked(capsys, "--text", "Walk to the door.")
    assert found["teacher"] == "offline" and "no model" in found["teacher_origin"]
    told = [record.getMessage() for record in caplog.records]
    assert len(told) == 2 and told[1].startswith("teacher cached: no answer about a task in other")
    assert told[1].endswith("; asking offline")
    assert _asked(capsys, "--task", "h1-door", "--teacher", "offline")["teacher"] == "offline"


def test_who_answered_and_from_where_is_printed(capsys):
    assert main(["vlm", "ask", "--task", "h1hand-door", "--teacher", "cached"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"h1hand-door-v0: {TEACHER}") and f"origin: {ORIGIN}" in out


def test_a_folder_of_kept_answers_is_read_in_place_of_them(tmp_path, capsys):
    given = ["--task", "h1-door", "--teacher", "cached", "--cache", str(tmp_path)]
    assert _asked(capsys, *given)["teacher"] == "offline"
    question = question_of_task(EnvId.parse("h1-door-v0"), EXPERTS)
    write_guidance(question, OfflineTeacher().ask(question), file_of(question, tmp_path))
    found = _asked(capsys, *given)
    assert (found["teacher"], found["teacher_origin"]) == ("cached (offline)", "kept from offline")


def test_environments_that_differ_in_the_robot_alone_share_a_kept_answer(tmp_path):
    question = question_of_task(EnvId.parse("h1-sit_hard-v0"), EXPERTS)
    write_guidance(question, OfflineTeacher().ask(question), file_of(question, tmp_path))
    # Neither another task's nor what somebody's computer leaves beside a file.
    (tmp_path / "h1-hard-v0.json").write_text("{")
    (tmp_path / "._h1-sit_hard-v0.json").write_text("{")
    teacher = CachedTeacher(tmp_path, lenient=False)
    other = question_of_task(EnvId.parse("h1hand-sit_hard-v0"), EXPERTS)
    assert teacher.ask(other) == teacher.ask(question)
    own = {"format": "metaworldx-guidance-1", "teacher": "me", "relevance": {"sit": 3}}
    file_of(other, tmp_path).write_text(json.dumps(own))
    assert teacher.ask(other).teacher == "cached (me)"
    assert teacher.ask(question).teacher == "cached (offline)"


def test_what_is_left_of_a_task_is_not_answered_by_what_is_kept_of_the_whole(tmp_path):
    whole = question_of_task(EnvId.parse("h1-door-v0"), EXPERTS)
    answer = teachers_from("cached").ask(whole)
    words = question_of_text(whole.text, EXPERTS)
    for question in (whole, words):
        write_guidance(question, answer, file_of(question, tmp_path))
    assert CachedTeacher(tmp_path).ask(words).relevance == answer.relevance
    for stages in ((), answer.stages[1:], answer.stages):
        rest = question_of_rest(whole, stages, ["handle turned"], ["door opened"])
        assert teachers_from("cached").ask(rest).teacher == "offline"
        assert teachers_from("cached", tmp_path).ask(rest).teacher == "offline"


def test_a_pool_with_an_expert_that_the_model_was_not_told_of_is_asked_about_anew(caplog):
    experts = EXPERTS | {"juggle": "Keeps torches in the air."}
    found = teachers_from("cached").ask(question_of_task(EnvId.parse("h1-door-v0"), experts))
    assert found.teacher == "offline"
    assert found.notes == ("cached: the answers that come with the package know no 'juggle'",)
    few = {name: EXPERTS[name] for name in ("walk", "reach", "stand")}
    found = teachers_from("cached").ask(question_of_task(EnvId.parse("h1-door-v0"), few))
    assert found.teacher == TEACHER and found.relevance == {"walk": 9, "reach": 9, "stand": 6}


def test_nothing_of_a_shipped_answer_is_called_gemini(caplog, capsys):
    caplog.set_level(logging.DEBUG, "metaworldx")
    for path in FOLDER.glob("*.json"):
        assert main(["vlm", "ask", "--task", path.stem, "--teacher", "cached"]) == 0
    assert "gemini" not in (capsys.readouterr().out + caplog.text).lower()
