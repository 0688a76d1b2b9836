"""Holding the keyframe's pose earns what it earns in HumanoidBench."""

from __future__ import annotations

import pytest

from metaworldx.core.errors import UserError
from metaworldx.envs.rollout import run_episodes
from metaworldx.envs.scripted_policies import scripted_policy
from worlds import world


@pytest.mark.parametrize(
    ("env_id", "low", "high"), [("h1-stand", 35, 90), ("h1-sit_simple", 350, 650)]
)
def test_holding_the_pose_earns_humanoidbenchs_floor(env_id, low, high):
    env = world(env_id)
    episodes = run_episodes(env, scripted_policy("hold", env), 10)
    assert low < episodes.returns.mean() < high
    if env_id == "h1-stand":
        # HumanoidBench's robot stands for 76 to 96 steps and is then on its way down.
        assert 60 < episodes.lengths.mean() < 110
        assert episodes.fell.all() and not episodes.success.any()
    else:
        assert (episodes.lengths == 1000).all() and not episodes.fell.any()


def test_an_unknown_policy_is_told():
    with pytest.raises(UserError, match="'hold'"):
        scripted_policy("hodl", world("h1-stand"))
