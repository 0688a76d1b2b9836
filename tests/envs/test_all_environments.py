"""Every environment on every backend of a CPU: 200 random steps of 8 robots without NaN."""

from __future__ import annotations

import os

import pytest

from helpers.rollouts import run_at_random
from metaworldx.envs import EnvConfig, environment_ids, make

# `METAWORLDX_ENVS=h1-door,h1-push` runs only those.
CHOSEN = os.environ.get("METAWORLDX_ENVS", "").split(",")
ENVIRONMENTS = [
    env_id
    for env_id in environment_ids()
    if CHOSEN == [""] or env_id.removesuffix("-v0") in CHOSEN or env_id in CHOSEN
]


@pytest.mark.slow
@pytest.mark.parametrize("backend", ["native", "mjx"])
@pytest.mark.parametrize("env_id", ENVIRONMENTS)
def test_200_random_steps_without_nan(env_id, backend):
    env = make(env_id, backend, config=EnvConfig())
    run_at_random(env, steps=200, batch=8)
