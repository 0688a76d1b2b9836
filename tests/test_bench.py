"""Throughput is measured, and the environment costs little over its bare physics."""

from __future__ import annotations

import json

import pytest

from metaworldx.bench.env import measure_env
from metaworldx.cli import main
from metaworldx.errors import UserError


def test_bench_env_prints_its_figures_as_json(capsys, tmp_path):
    out = tmp_path / "deep" / "env.json"
    arguments = "bench env --tasks h1-walk --num-envs 2 3 --steps 2 --rounds 1 --backend native"
    assert main([*arguments.split(), "--json", "--out", str(out)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == json.loads(out.read_text())
    assert [row["num_envs"] for row in data["rows"]] == [2, 3]
    for row in data["rows"]:
        assert row["steps_per_second"] > 0 and row["bare_steps_per_second"] > 0
        assert row["collisions"] == "body" and row["divergences"] == 0
    assert data["machine"]["mujoco"].startswith("3.")


@pytest.mark.parametrize("name", ["num_envs", "steps", "rounds"])
def test_nothing_to_measure_is_told(name):
    with pytest.raises(UserError, match=f"{name} is 0"):
        measure_env("h1-walk", "native", **{name: 0})


@pytest.mark.slow
@pytest.mark.parametrize(
    ("env_id", "collisions", "least"), [("h1-walk", "body", 10_000), ("h1hand-walk", "body", 1_800)]
)
def test_native_throughput_on_two_idle_cores(env_id, collisions, least):
    found = measure_env(env_id, "native", 256, collisions)
    assert found.overhead < 0.20
    assert found.steps_per_second > least


@pytest.mark.slow
def test_mjx_costs_little_over_bare_steps_and_compiles_within_a_minute():
    found = measure_env("h1-walk", "mjx", 64, "feet", steps=20, rounds=3)
    assert found.overhead < 0.15
    assert found.compile_seconds < 60
