"""Made-up guidance and demonstrations that a router's tests learn from."""

from __future__ import annotations

import numpy as np

from metaworldx.composition.observation import OBS_SIZE
from metaworldx.router.demonstrations import Demonstrations
from metaworldx.vlm.schema import Guidance, Stage

EPISODES = 4
NAMES = ("stand", "walk", "reach")
ANSWER = Guidance(
    {"stand": 1.0, "walk": 9.0, "reach": 6.0},
    (Stage("go", {"walk": 1.0}), Stage("take", {"reach": 0.8, "stand": 0.2})),
    0.9,
    "offline",
)


def made_up(experts: int, far: int, near: int, steps: int = 1000) -> Demonstrations:
    """One expert leads while the first number that is seen is negative, another once it is not.

    Episodes are 10 steps shorter each, and score 1 more.
    """
    random = np.random.default_rng(0)
    obs = random.normal(size=(EPISODES, steps, OBS_SIZE)).astype(np.float32)
    there = obs[..., 0] > 0.0
    share = (np.eye(experts)[np.where(there, near, far)] * (1.0 - 0.001 * experts) + 0.001).astype(
        np.float32
    )
    return Demonstrations(
        obs=obs,
        progress=there.astype(np.float32),
        explained=share,
        weights=share,
        alive=np.arange(steps) < steps - 10 * np.arange(EPISODES)[:, None],
        returns=np.arange(float(EPISODES)),
        successes=np.zeros(EPISODES, bool),
        scores=np.arange(float(EPISODES)),
        all_returns=np.arange(2.0 * EPISODES),
    )
