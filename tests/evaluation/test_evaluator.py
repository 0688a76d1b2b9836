"""Evaluation counts what breaks, and stays finite over it."""

from __future__ import annotations

import dataclasses
import json

import jax.numpy as jnp
import numpy as np

from metaworldx.envs import EnvConfig, make
from metaworldx.evaluation.evaluator import Evaluator


class Failing:
    """Holds still, and in the first episode says NaN from the fourth step on."""

    name, clips, experts = "failing", (), ()

    def check(self, env):
        self.actions = env.action_size

    def begin(self, state):
        return jnp.zeros((), jnp.int32)

    def act(self, params, carry, state, key):
        action = jnp.zeros((len(state.reward), self.actions))
        return action.at[0].set(jnp.where(carry >= 3, jnp.nan, 0.0)), carry + 1

    def on_chunk_end(self, carry, state, seconds):
        return carry

    def reference(self, carry, state):
        return None

    def weights(self, carry):
        return None


def test_an_action_that_is_no_number_ends_its_episode_as_a_fall():
    def short(settings: EnvConfig):
        return make("h1-stand", "native", None, dataclasses.replace(settings, max_episode_steps=12))

    found = Evaluator(lambda env: Failing(), short, episodes=2, long_run=False)(None)
    assert found.lengths == [4, 12]
    assert found.fall_steps == [3, -1] and found.no_fall_share == 0.5
    # It is paid for the three steps before, and for no other.
    np.testing.assert_allclose(found.returns[0] / found.returns[1], 3 / 12, atol=0.05)
    json.dumps(found.as_data(), allow_nan=False)
