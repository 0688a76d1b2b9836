"""Holding the keyframe's pose earns what it earns in HumanoidBench."""

from __future__ import annotations

import pytest

from helpers.worlds import world
from metaworldx.core.errors import UserError
from metaworldx.envs.rollout import Rollout
from metaworldx.envs.scripted_policies import scripted_policy
from metaworldx.evaluation.evaluator import start_keys


@pytest.mark.parametrize(
    ("env_id", "low", "high"), [("h1-stand", 35, 90), ("h1-sit_simple", 350, 650)]
)
def test_holding_the_pose_earns_humanoidbenchs_floor(env_id, low, high):
    env = world(env_id)
    hold = scripted_policy("hold", env)

    def act(params, carry, state, key):
        return hold(state, key), carry, None

    def record(step):
        after, running = step.after, step.running
        return after.reward * running, running, after.success & running, after.fallen & running

    rollout = Rollout(env, act, record)
    begin = rollout.init(None, start_keys(0, 10))
    reward, running, success, fell = rollout(None, begin, env.max_episode_steps)[1]
    assert low < reward.sum(axis=0).mean() < high
    lengths = running.sum(axis=0)
    if env_id == "h1-stand":
        # HumanoidBench's robot stands for 76 to 96 steps and is then on its way down.
        assert 60 < lengths.mean() < 110
        assert fell.any(axis=0).all() and not success.any()
    else:
        assert (lengths == 1000).all() and not fell.any()


def test_an_unknown_policy_is_told():
    with pytest.raises(UserError, match="'hold'"):
        scripted_policy("hodl", world("h1-stand"))
