"""Settings in files and on the command line: what goes over what, and what is refused."""

from __future__ import annotations

import dataclasses
import json

import pytest

from metaworldx import cli
from metaworldx.core.config import flat, from_data, to_data
from metaworldx.core.errors import UserError
from metaworldx.experts.train import ExpertConfig, for_skill, with_expert_settings
from metaworldx.residual.run_config import read_run_config
from metaworldx.residual.train import ResidualConfig, with_residual_settings
from metaworldx.training.config import TrainConfig, preset, with_settings
from metaworldx.training.method import kept, train_config
from metaworldx.training.run_dir import read_config, write_config

CPU = preset("cpu")


@pytest.fixture
def wanted(monkeypatch):
    """The settings with which a training would begin."""
    found = []
    monkeypatch.setattr(
        "metaworldx.training.trainer.train", lambda config, *_, **__: found.append(config)
    )

    def asked(*args):
        with pytest.raises(AttributeError):
            cli.main(["train", *map(str, args)])
        return found[-1]

    return asked


def test_preset_file_flags_and_set_go_over_each_other(wanted, tmp_path):
    file = tmp_path / "run.toml"
    file.write_text(
        'preset = "gpu"\ntask = "h1-walk"\nbatch = 512\nutd = 0.5\nseed = 7\n'
        '[agent]\ntau = 0.05\nact_with = "mixed"\n[agent.planner]\nsamples = 99\n'
    )
    config = wanted("agent", "--config", file, "--utd", 0.25, "--seed", 3, "--set", "seed=4")
    agent = config.agent
    assert (config.num_envs, config.task, config.batch) == (4096, "h1-walk", 512)
    assert (config.utd, config.seed) == (0.25, 4)
    assert (agent.tau, agent.act_with, agent.planner.samples) == (0.05, "mixed", 99)
    assert wanted("agent", "--config", file, "--preset", "cpu").num_envs == CPU.num_envs


def test_names_of_format_1_are_known_still(wanted, capsys):
    args = ("--set=act_with=mppi", "--set=planner.mu=2", "--set=agent.tau=0.5")
    config = wanted("agent", *args, "--set=begin_with=other", "--agent", "paper")
    assert (config.agent.act_with, config.agent.planner.mu) == ("mppi", 2.0)
    assert (config.agent.size, config.agent.tau, config.init_from) == ("paper", 0.5, "other")
    assert "begin_with is called init_from now" in capsys.readouterr().err
    config = wanted("agent", "--router", "R", "--set=guide.authority=1", "--set=action_penalty=1")
    assert (config.guide, config.folder, config.authority) == ("router", "R", 1.0)
    assert config.train.agent.action_penalty == 1.0
    config = wanted("expert", "--skill", "walk", "--set=imitation.tau=1", "--set=skill.w_task=0")
    assert (config.skill.imitation.tau, config.skill.w_task) == (1.0, 0.0)


def test_a_run_is_repeated_from_the_settings_that_its_folder_keeps(wanted, tmp_path):
    expert = with_expert_settings(for_skill(CPU, "walk"), {"skill.w_task": 0.4, "batch": 64})
    guided = with_residual_settings(
        ResidualConfig(train=CPU),
        {"guide": "rules", "guide.schedule": ["stand"], "guide.until": [9]},
    )
    for command, config in (("agent", CPU), ("expert", expert), ("agent", guided)):
        write_config(tmp_path, train_config(config), {}, kept(config))
        assert read_run_config(tmp_path) == config
        assert wanted(command, "--config", tmp_path / "config.json") == config
    assert ExpertConfig.kept_in(tmp_path) is False


def test_settings_that_format_1_wrote_are_read(tmp_path):
    old = {
        "task": "h1-walk", "skill": "walk", "skill_settings": {"feedback": [0.0] * 36},
        "imitation_settings": {"tau": 0.5}, "guide": None, "guide_settings": {}, "agent": "paper",
        "begin_with": "other", "agent_settings": {"latent_size": 8}, "action_penalty": 0.1,
        "planner_settings": {"samples": 128}, "act_with": "mixed", "decay_rate": True,
    }  # fmt: skip
    (tmp_path / "config.json").write_text(json.dumps({"train": old}))
    config = read_run_config(tmp_path)
    assert isinstance(config, ExpertConfig)
    agent = config.train.agent
    assert (config.skill.feedback, config.skill.imitation.tau) == ((0.0,) * 36, 0.5)
    assert (agent.size, agent.latent_size, agent.planner.samples) == ("paper", 8, 128)
    assert (agent.action_penalty, agent.act_with, agent.decay_rate) == (0.1, "mixed", True)
    assert config.train.init_from == "other"


def test_no_setting_of_format_1_is_passed_over_in_silence(tmp_path):
    """What nothing read may be there; a second horizon is one setting too many."""
    old = {"horizon": 3, "agent_settings": {"horizon": 3, "guidance_weight": 0.1}}
    (tmp_path / "config.json").write_text(json.dumps({"train": old}))
    assert read_config(tmp_path).horizon == 3
    old["agent_settings"]["horizon"] = 5
    (tmp_path / "config.json").write_text(json.dumps({"train": old}))
    with pytest.raises(UserError, match="agent's horizon is 5 and its sequences' is 3"):
        read_config(tmp_path)
    for name in ("agent.horizon", "agent.guidance_weight", "planner.guidance_weight"):
        with pytest.raises(UserError, match="unknown"):
            with_settings(CPU, {name: 1})


def test_a_run_that_cannot_be_read_tells_who_wrote_it(tmp_path):
    path = tmp_path / "config.json"
    machine = {"metaworld-x": "9.1"}
    for data in (
        {"format": 3, "train": {}, "machine": machine},
        {"format": 2, "train": {"warp_speed": 1}, "machine": machine},
        {"train": {"warp_speed": 1}, "machine": machine},
    ):
        path.write_text(json.dumps(data))
        with pytest.raises(UserError, match=r"written by metaworldx 9\.1.*install") as error:
            read_config(tmp_path)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("batch =", "cannot be read"),
        ("bath = 3", "did you mean 'batch'"),
        ("batch = true", "batch is True; needs an integer"),
        ("[agent.planner]\nmux = 1", "unknown planner setting 'mux'"),
        ("[guide]\nauthority = 1", "give --guide or --router"),
    ],
)
def test_a_file_that_is_none_is_one_line(tmp_path, capsys, text, why):
    file = tmp_path / "run.toml"
    file.write_text(text)
    args = ["train", "agent", "--config", str(file), "--out", str(tmp_path / "new")]
    assert cli.main(args) == 2
    err = capsys.readouterr().err
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1 and why in err


def test_changes_by_name_are_the_settings_themselves():
    for config in (CPU, preset("gpu")):
        assert with_settings(TrainConfig(), flat(to_data(config))) == config
        assert from_data(TrainConfig, to_data(config)) == config
    assert with_settings(CPU, {"utd": 1}).utd == 1.0
    assert dataclasses.replace(CPU, agent=CPU.agent) == CPU
