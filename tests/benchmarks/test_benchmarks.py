"""Throughput is measured, and the environment costs little over its bare physics."""

from __future__ import annotations

import dataclasses
import json
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.agents import tdmpc2
from metaworldx.agents.tdmpc2 import AgentConfig, PlannerConfig
from metaworldx.benchmarks import roofline
from metaworldx.benchmarks.env import measure_env
from metaworldx.benchmarks.matmul_flops import alone, matrix_products, operands_for, total_flops
from metaworldx.benchmarks.planner import measure_planner
from metaworldx.benchmarks.update import measure_update, random_batch
from metaworldx.cli import main
from metaworldx.core.errors import UserError


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


OBS, ACTION, ENCODER, LATENT, HIDDEN, BINS, HORIZON = 6, 3, 8, 16, 12, 11, 3
SAMPLES, ITERATIONS, TRAJECTORIES = 7, 4, 2
TINY = AgentConfig(
    obs_size=OBS,
    action_size=ACTION,
    encoder_size=ENCODER,
    latent_size=LATENT,
    hidden_size=HIDDEN,
    num_bins=BINS,
    planner=PlannerConfig(
        samples=SAMPLES, elites=3, policy_trajectories=TRAJECTORIES, iterations=ITERATIONS
    ),
)
# Multiplications of a row by each layer's weights.
ENCODE = [OBS * ENCODER, ENCODER * LATENT]
DYNAMICS = [(LATENT + ACTION) * HIDDEN, HIDDEN * HIDDEN, HIDDEN * LATENT]
HEAD = [(LATENT + ACTION) * HIDDEN, HIDDEN * HIDDEN, HIDDEN * BINS]
POLICY = [LATENT * HIDDEN, HIDDEN * HIDDEN, HIDDEN * 2 * ACTION]
# Its last layer has one output: a product with a vector.
TERMINATION = [LATENT * HIDDEN, HIDDEN * HIDDEN]


def flops_of(function, *args):
    return total_flops(matrix_products(jax.make_jaxpr(function)(*args).jaxpr))


def test_an_updates_products_are_those_of_its_networks():
    batch, key = 5, jax.random.key(0)
    state = jax.eval_shape(partial(tdmpc2.init, TINY), key)
    found = flops_of(partial(tdmpc2.update, TINY), state, random_batch(TINY, batch, key), key)
    rows = HORIZON * batch
    # Forward, and gradients of weights and inputs; observations and latents that are constants
    # take none.
    targets = rows * (sum(ENCODE) + sum(POLICY) + 2 * sum(HEAD))
    model = batch * (3 * sum(ENCODE) - ENCODE[0])
    model += 3 * rows * (sum(DYNAMICS) + sum(HEAD) + 5 * sum(HEAD) + sum(TERMINATION))
    policy = (rows + batch) * (3 * sum(POLICY) - POLICY[0] + 2 * 2 * sum(HEAD))
    assert found == 2 * (targets + model + policy)


@pytest.mark.parametrize("rows", [0, 2 * SAMPLES])
def test_a_plans_products_are_those_of_its_networks(rows):
    num_envs, key = 4, jax.random.key(0)
    planner = dataclasses.replace(TINY.planner, rows=rows)
    config = dataclasses.replace(TINY, planner=planner)
    params = jax.eval_shape(partial(tdmpc2.init, config), key).params
    obs, begin = jnp.zeros((num_envs, OBS)), tdmpc2.init_plan(config, num_envs)
    found = flops_of(partial(tdmpc2.plan, config), params, obs, begin, key)
    # What all of an environment's samples share is multiplied once.
    step = SAMPLES * (sum(DYNAMICS) + sum(HEAD) + sum(TERMINATION))
    shared = 2 * (SAMPLES - 1) * LATENT * HIDDEN
    end = SAMPLES * (sum(POLICY) + 2 * sum(HEAD))
    iteration = HORIZON * step - shared + end
    imagined = TRAJECTORIES * (HORIZON - 1) * (sum(POLICY) + sum(DYNAMICS))
    imagined += sum(POLICY) - (TRAJECTORIES - 1) * LATENT * HIDDEN
    assert found == 2 * num_envs * (sum(ENCODE) + imagined + ITERATIONS * iteration)


def test_products_alone_are_all_computed_as_often_as_counted():
    x, ws, v = jnp.ones((2, 3)), jnp.ones((5, 3, 3)), jnp.ones(3)

    def three_kinds(x, ws):
        y, _ = jax.lax.scan(lambda y, w: (y @ w, y @ v), x, ws)
        jax.lax.scan(lambda y, w: (y @ w @ w.T, None), x, ws[:0])
        return jnp.einsum("ab,cb->ac", y, x), jax.jit(jnp.matmul)(x, ws[0])

    products = matrix_products(jax.make_jaxpr(three_kinds)(x, ws).jaxpr)
    assert sorted(products.values()) == [1, 6]
    assert total_flops(products) == 2 * (6 * 2 * 3 * 3 + 2 * 3 * 2)
    run = alone(products)
    operands = operands_for(products, seed=0)
    assert matrix_products(jax.make_jaxpr(run)(operands).jaxpr) == products
    for product, (lhs, rhs, out) in zip(products, jax.jit(run)(operands)[0], strict=True):
        np.testing.assert_allclose(out, product(lhs, rhs), rtol=1e-6)


def test_products_in_a_loop_of_unknown_length_are_told():
    def endless(x):
        return jax.lax.while_loop(lambda x: x.sum() < 1.0, lambda x: x @ x, x)

    with pytest.raises(ValueError, match="while"):
        matrix_products(jax.make_jaxpr(endless)(jnp.ones((2, 2))).jaxpr)


@pytest.mark.parametrize("command", ["bench update --batch 2", "bench planner --num-envs 2"])
def test_bench_of_the_agent_prints_its_figures_as_json(capsys, tmp_path, monkeypatch, command):
    monkeypatch.setattr(roofline, "_SQUARE", {"cpu": 64})
    monkeypatch.setattr(tdmpc2, "preset", lambda name, *sizes: TINY)
    out = tmp_path / "deep" / "agent.json"
    arguments = [*command.split(), "--agent", "small", "--rounds", "2", "--out", str(out)]
    assert main([*arguments, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data == json.loads(out.read_text())
    (row,) = data["rows"]
    assert (row["env"], row["agent"]) == ("h1-walk", "small")
    size, rate = (
        ("batch", "updates_per_second") if "update" in command else ("num_envs", "plans_per_second")
    )
    assert row[size] == 2
    assert row[rate] == pytest.approx((2 if size == "num_envs" else 1) / row["seconds"])
    assert row["products_seconds"] > 0 and row["products_ratio"] > 0
    assert row["gflops_per_second"] == pytest.approx(1e-9 * row["flops"] / row["seconds"])
    share = row["gflops_per_second"] / row["machine_gflops_per_second"]
    assert row["machine_share"] == pytest.approx(share)


@pytest.mark.parametrize(
    ("measure", "name"),
    [
        (measure_update, "batch"),
        (measure_update, "rounds"),
        (measure_planner, "num_envs"),
        (measure_planner, "rounds"),
    ],
)
def test_no_update_or_plan_to_measure_is_told(measure, name):
    with pytest.raises(UserError, match=f"{name} is 0"):
        measure(TINY, **{name: 0})


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
