"""Results do not depend on how many devices carry the shards."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

# The epochs wait for each other: on virtual CPU devices, programs with collectives that are
# dispatched without waiting block each other.
_PRELUDE = """
import json, sys, jax, jax.numpy as jnp, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
devices = jax.devices()
assert len(devices) == 4
"""
_SAMPLING = """
from metaworldx.training.replay_buffer import ReplayBuffer, init_replay, sample, sequence_starts
rng = np.random.default_rng(0)
empty = init_replay(4, 16, 2, 3, 2)
data = jax.tree.map(lambda x: rng.random(x.shape) < 0.1 if x.dtype == bool
                    else rng.normal(size=x.shape).astype(np.float32), empty.data)
found = {}
for count in (1, 2, 4):
    mesh = Mesh(np.array(devices[:count]), ("env",))
    split, whole = NamedSharding(mesh, P("env")), NamedSharding(mesh, P())
    head, filled = jax.device_put((jnp.int32(4), jnp.int32(16)), whole)
    replay = ReplayBuffer(jax.device_put(data, split), head, filled)
    draw = jax.jit(lambda r, k: sample(r, sequence_starts(r, 3), k, 32, 3))
    out = jax.block_until_ready(draw(replay, jax.random.key(0)))
    found[count] = [np.asarray(x).astype(float).ravel().tolist() for x in jax.tree.leaves(out)]
print(json.dumps(found))
"""
_LOOP = """
from metaworldx.agents.tdmpc2 import AgentSettings
from metaworldx.training import TrainConfig, runner_for
config = TrainConfig(
    num_envs=8, shards=4, steps=160, epoch_rounds=5, seed_steps=40, capacity=128, batch=8,
    utd=0.125, horizon=2, end_head_below_m=1.5,
    agent=AgentSettings(latent_size=8, encoder_size=8, hidden_size=8, num_q=2,
                        act_with=sys.argv[1], plan_fraction=0.5),
)
found = {}
for count in (1, 2, 4):
    loop = runner_for(config, devices[:count])
    state = jax.block_until_ready(loop.init(0))
    state, _ = jax.block_until_ready(loop.seed_epoch(state))
    state, metrics = jax.block_until_ready(loop.epoch(state))
    found[count] = {name: float(value) for name, value in metrics.items()}
print(json.dumps(found))
"""


def _run(code: str, *args: str) -> dict[str, list | dict]:
    """What a Python program on four virtual CPU devices prints, by the number of devices used."""
    env = {**os.environ, "XLA_FLAGS": "--xla_force_host_platform_device_count=4"}
    command = [sys.executable, "-c", _PRELUDE + code, *args]
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def test_samples_are_the_same_on_any_number_of_devices():
    found = _run(_SAMPLING)
    assert found["1"] == found["2"] == found["4"]


@pytest.mark.slow
def test_first_updates_are_the_same_on_any_number_of_devices():
    found = _run(_LOOP, "policy")
    for name, value in found["1"].items():
        for count in ("2", "4"):
            np.testing.assert_allclose(found[count][name], value, rtol=1e-5, atol=1e-5)
