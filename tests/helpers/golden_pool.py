"""Returns of the shipped pool's experts in their tasks, beside those of pools that are broken.

`python tests/helpers/golden_pool.py` measures them and writes tests/data/pool_returns.json anew: to
be run when the experts are trained anew, or the environments change what they mean.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.envs import EnvConfig, make
from metaworldx.experts.expert import Expert
from metaworldx.experts.pool import ExpertPool, load_experts

FILE = Path(__file__).parents[1] / "data" / "pool_returns.json"
STARTS, STEPS, SEED = 2, 200, 5
BROKEN = ("walk", "run", "sit", "carry", "crawl")
"""Experts that are broken in each way of `ways_to_break`."""


def zeroed(expert: Expert, other: Expert) -> Expert:
    """Its offsets come to nothing: the reference and the balance alone move the motors."""
    del other
    return dataclasses.replace(expert, skill=dataclasses.replace(expert.skill, authority=1e-9))


def shuffled(expert: Expert, other: Expert) -> Expert:
    """The numbers of each of its arrays in another order."""
    del other
    random = np.random.default_rng(0)

    def mixed(x: jax.Array) -> jax.Array:
        return jnp.asarray(random.permutation(np.asarray(x).ravel()).reshape(x.shape))

    params = expert.params
    params = params.replace(
        model=jax.tree.map(mixed, params.model), policy=jax.tree.map(mixed, params.policy)
    )
    return dataclasses.replace(expert, params=params)


def swapped(expert: Expert, other: Expert) -> Expert:
    """With another expert's networks."""
    return dataclasses.replace(expert, params=other.params)


WAYS = {"zeroed": zeroed, "shuffled": shuffled, "swapped": swapped}


def measured() -> dict[str, dict[str, float]]:
    """Mean returns over the first steps of the same starts, by skill and by what is broken."""
    experts = load_experts()
    named = {(expert.name, "whole"): expert for expert in experts}
    for place, expert in enumerate(experts):
        if expert.name in BROKEN:
            other = experts[(place + 1) % len(experts)]
            for way, broken in WAYS.items():
                named[expert.name, way] = broken(expert, other)
    # One pool of all, so that they are compiled once; no two of its experts may have one name.
    pool = ExpertPool(
        [
            dataclasses.replace(e, skill=dataclasses.replace(e.skill, name=f"{name}-{way}"))
            for (name, way), e in named.items()
        ]
    )
    begin, act, advance = jax.jit(pool.begin), jax.jit(pool.act), jax.jit(pool.advance)
    frame = jax.jit(pool.body_frame)
    found: dict[str, dict[str, float]] = {}
    for expert in experts:
        ways = [way for name, way in named if name == expert.name]
        own = [pool.index(f"{expert.name}-{way}") for way in ways]
        # As many robots in every task, so that the pool is compiled once.
        rows = np.repeat(np.resize(own, len(WAYS) + 1), STARTS)
        env = make(expert.skill.task, "native", None, EnvConfig(auto_reset=False))
        step, robot = jax.jit(env.step), jax.jit(env.robot_observation)
        begun = env.reset(jax.random.split(jax.random.key(SEED), STARTS))
        state = jax.tree.map(lambda x: jnp.concatenate([x] * (len(WAYS) + 1)), begun)
        places, nq = np.arange(len(rows)), env.task.robot.spec.nq

        def body(state, nq=nq, robot=robot):
            own = robot(state)
            return frame(own[:, :nq], own[:, nq:])

        motion = begin(body(state))
        returns, running = np.zeros(len(rows)), np.ones(len(rows), bool)
        for _ in range(STEPS):
            here = body(state)
            action = act(motion, here)[places, rows]
            motion = advance(motion, here)
            state = step(state, action)
            returns += np.asarray(state.reward) * running
            running &= ~np.asarray(state.done)
        means = returns.reshape(-1, STARTS).mean(axis=1)
        found[expert.name] = {way: float(means[i]) for i, way in enumerate(ways)}
    return found


if __name__ == "__main__":
    golden = {name: round(returns["whole"], 3) for name, returns in measured().items()}
    FILE.write_text(json.dumps(golden, indent=1) + "\n")
    print(FILE.read_text())
