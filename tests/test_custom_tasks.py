"""Custom tasks and robots: the tutorial, run as it stands, and what goes wrong."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import jax
import numpy as np
import pytest

from metaworldx import cli
from metaworldx.composition.affordances import affordances_of, composed_task
from metaworldx.composition.compare import compare
from metaworldx.composition.gating_policies import teacher_gating
from metaworldx.composition.guidance_arrays import encode_guidance
from metaworldx.core.assets import asset_root
from metaworldx.core.errors import UserError
from metaworldx.envs import EnvConfig, EnvId, make
from metaworldx.experts.pool import ExpertPool, descriptions, load_experts
from metaworldx.residual.reference_schedule import reference_schedule
from metaworldx.residual.train import ResidualConfig
from metaworldx.vlm.offline.teacher import OfflineTeacher
from metaworldx.vlm.questions import question_of_task

PAGE = Path(__file__).parents[1] / "docs" / "extending" / "task.md"
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LAMP = "my_pkg.lamp:Lamp"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The tutorial's files in a folder that is on Python's path."""
    folder = tmp_path_factory.mktemp("outside")
    (folder / "my_pkg").mkdir()
    for _, text in BLOCK.findall(PAGE.read_text()):
        named = re.match(r"(?:#|<!--) ([\w/.]+)", text)
        if named is not None:
            (folder / named[1]).write_text(text)
    xml = (asset_root() / "robots" / "h1.xml").read_text()
    (folder / "my_pkg" / "strong.xml").write_text(xml.replace('mass="5.39"', 'mass="6.39"'))
    for name, text in WRONG.items():
        (folder / f"{name}.py").write_text(text)
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in [n for n in sys.modules if n.partition(".")[0] in ("my_pkg", *WRONG)]:
        del sys.modules[name]


WRONG = {
    "breaks": "import metaworldx\n1 / 0\n",
    "needs": "import no_such_dependency\n",
    "wordy": "x = (\n",
    "tasks_of_mine": """
from metaworldx.envs import Task, step_result


class Nothing(Task):
    name, success_bar = "nothing", 1


class Nameless(Task):
    success_bar = 1


class Walk(Nothing):
    name = "walk"

    def evaluate(self, data, state):
        return step_result(data.qpos[2], False, {})


class Seeks(Walk):
    name = "seeks"

    def __init__(self, spec, layout):
        super().__init__(spec, layout)
        layout.body("unicorn")


class NoScene(Walk):
    name, scene = "no_scene", "nowhere.xml"


class Short(Walk):
    name, scene = "short", "door"


class OneRobot(Walk):
    name, robots = "one_robot", ("h1hand",)


class Uncounted(Walk):
    name, milestone_names = "uncounted", ("there",)


class Uncomposed(Walk):
    name, composition = "uncomposed", "tasks_of_mine:COMPOSED"
""",
}


def test_the_tutorial_s_blocks_run(folder, capsys):
    blocks = dict(BLOCK.findall(PAGE.read_text()))
    exec((folder / "use.py").read_text(), {})
    assert "h1-my_pkg.lamp.Lamp (51,) [" in capsys.readouterr().out
    for line in blocks["bash"].splitlines()[1:]:
        args = shlex.split(line)[1:]
        # Without what trains, or composes all experts.
        if {"render", "--scripted", "vlm"} & set(args):
            assert "h1-my_pkg.lamp.Lamp" in _printed_by(args, folder, capsys)


def _printed_by(args, folder, capsys):
    if args[0] != "render":
        assert cli.main(args) == 0
        return capsys.readouterr().out
    # By a process of its own: MuJoCo reads MUJOCO_GL when it is imported.
    path = os.pathsep.join([str(folder), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "MUJOCO_GL": os.environ.get("MUJOCO_GL", "egl")}
    command = [sys.executable, "-m", "metaworldx", *args, "--out", str(folder / "out.png")]
    ran = subprocess.run(command, capture_output=True, text=True, env=environment)
    if "no off-screen OpenGL" in ran.stderr:
        pytest.skip("no off-screen OpenGL")
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def test_an_evaluation_reports_the_milestones_of_a_custom_task(folder, capsys):
    args = ["eval", "--task", LAMP, "--scripted", "hold", "--episodes", "2", "--json"]
    assert cli.main(args) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["task"] == "h1-my_pkg.lamp.Lamp" and found["success_bar"] == 400
    assert found["milestones"] == {"hand near the lamp": 1.0, "hand at the lamp": 0.0}


def test_experts_are_composed_in_a_custom_task(folder):
    """Prompt, affordances, milestones and schedule come from the task's own files."""
    env_id = EnvId.parse(LAMP)
    experts = [each for each in load_experts() if each.name in ("stand", "reach")]
    question = question_of_task(env_id, {name: descriptions()[name] for name in ("stand", "reach")})
    assert question.task == env_id.text and question.text == env_id.task_class.instruction
    pool = ExpertPool(experts)
    guidance = encode_guidance(OfflineTeacher().ask(question), pool.names)
    config = EnvConfig(auto_reset=False, max_episode_steps=100)
    env = make(env_id, "native", config=config)
    state = jax.jit(env.reset)(jax.random.key(0))
    scene = affordances_of(env)(state)
    np.testing.assert_allclose(scene.hand_targets[0], [0.4, 0.25, 1.2], atol=1e-5)
    assert scene.has_target.tolist() == [True, False] and not scene.has_goal
    rows = compare(pool, env, {"teacher": (teacher_gating(guidance), 1.0)}, 2, 0)
    row = rows["teacher"]
    assert set(row.milestones) == {"hand near the lamp", "hand at the lamp"}
    assert row.milestones["hand at the lamp"] == 1.0 and row.mean_weights["reach"] > 0.3
    turns = reference_schedule(ResidualConfig(schedule=("paper",)), env.task, None)
    assert [(turn.expert, turn.until) for turn in turns] == [("stand", 20_000), ("reach", 60_000)]


def test_a_custom_robot_is_simulated(folder):
    env = make("my_pkg.strong_lamp:StrongLamp", "native")
    plain = make("h1-my_pkg.strong_lamp:StrongLamp", "native")
    assert env.id == "strong-my_pkg.strong_lamp.StrongLamp" and env.action_size == 19
    masses = [each.physics.model.body_mass.sum() for each in (env, plain)]
    assert masses[0] - masses[1] == pytest.approx(1.0)
    assert EnvId.parse(env.id) == EnvId.parse("my_pkg.strong_lamp:StrongLamp")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("no_pkg.no_task:MyTask", "no module 'no_pkg' for no_pkg.no_task:MyTask; .* PYTHONPATH"),
        ("my_pkg.no_task:MyTask", "no module 'my_pkg.no_task' for .* PYTHONPATH"),
        ("my_pkg.lamp:Lump", "unknown class in my_pkg.lamp 'Lump'; did you mean 'Lamp'"),
        ("my_pkg.lamp:Path", "is no task; needs a class that inherits metaworldx.envs.Task"),
        ("my_pkg.lamp:", "names no task; needs ROBOT-TASK"),
        (":Lamp", "names no task; needs ROBOT-TASK"),
        ("my_pkg/lamp.py:Lamp", "names no task; needs ROBOT-TASK"),
        ("h2-my_pkg.lamp:Lamp", "unknown robot 'h2'; did you mean 'h1'"),
        ("breaks:Task", "breaks fails while it is imported: ZeroDivisionError: division by zero"),
        ("needs:Task", "needs fails while it is imported: ModuleNotFoundError: .*no_such_dep"),
        ("wordy:Task", "wordy fails while it is imported: SyntaxError"),
        ("tasks_of_mine:Nothing", "has no evaluate"),
        ("tasks_of_mine:Nameless", "no class attribute 'name'; needs a text"),
        ("tasks_of_mine:Walk", "is named 'walk', as a task of metaworldx"),
        ("tasks_of_mine:Seeks", "h1-tasks_of_mine.Seeks: no body 'unicorn'"),
        ("tasks_of_mine:NoScene", "scene nowhere.xml: .*No such file"),
        ("tasks_of_mine:Short", "its keyframe has 26 positions, its model 28"),
        ("h1-tasks_of_mine:OneRobot", "tasks_of_mine:OneRobot is for h1hand"),
    ],
)
def test_what_is_wrong_with_a_custom_task_is_told_in_one_line(folder, text, said):
    with pytest.raises(UserError, match=said) as error:
        make(text, "native")
    assert "\n" not in str(error.value)


def test_what_is_wrong_with_its_composition_is_told_in_one_line(folder):
    with pytest.raises(UserError, match=r"Task\.composition is 'tasks_of_mine:COMPOSED': module"):
        composed_task(EnvId.parse("tasks_of_mine:Uncomposed").task_class)
    env = make("tasks_of_mine:Uncounted", "native")
    state = jax.jit(env.reset)(jax.random.key(0))
    with pytest.raises(UserError, match=r"milestones of shape \(0,\) and 1 names"):
        affordances_of(env)(state)


def test_the_command_line_tells_a_wrong_custom_task_in_one_line(folder, capsys):
    assert cli.main(["render", "no_pkg:MyTask"]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("metaworldx: error: no module 'no_pkg'")
    assert err.count("\n") == 1
