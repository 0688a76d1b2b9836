"""Accuracy of the reach expert: share of hand targets that it reaches while standing.

The reference moves the arms to a target without any network (`motion_command`). The network's
contribution is the difference from the expert with zero offsets.
"""

from __future__ import annotations

from dataclasses import dataclass

import jax
import jax.numpy as jnp
import numpy as np

from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.rollout import RolloutStep, init_rollout, scan_rollout
from metaworldx.envs.state import EnvConfig, EnvState
from metaworldx.experts.motion_command import MotionCommand
from metaworldx.experts.pool import ExpertPool
from metaworldx.motion.builtin import reach_targets
from metaworldx.motion.clip import COMMAND, COMMAND_SIZE

NEAR_M = 0.10
_STEPS, _HELD = 200, 50


@dataclass(frozen=True)
class ReachAccuracy:
    """Result over sets of hand targets, one attempt of 4 s each.

    Attributes:
      targets: number of sets, for one hand or both.
      reached_share: share of the sets with every hand within 10 cm on average over the last second
        and no fall.
      standing_share: share of the sets without a fall.
      distance_mean, distance_median: of hands from their targets over the last second, m.
    """

    targets: int
    reached_share: float
    standing_share: float
    distance_mean: float
    distance_median: float


def measure_reach_accuracy(pool: ExpertPool, name: str, targets: int, seed: int) -> ReachAccuracy:
    """Measures new targets in native MuJoCo, from HumanoidBench's own resets of h1-reach.

    Raises:
      UserError: no such expert, or fewer than one target.
    """
    if targets < 1:
        raise UserError(f"targets is {targets}; needs at least 1")
    index = pool.index(name)
    env = make("h1-reach", "native", None, EnvConfig(auto_reset=False))
    places = np.asarray(reach_targets(targets, seed), np.float32)
    used = places.any(axis=-1)
    commands = np.zeros((targets, COMMAND_SIZE), np.float32)
    for hand, entry in enumerate(("left_hand", "right_hand")):
        commands[:, COMMAND[entry]] = places[:, hand]

    @jax.jit
    def run(commands: jax.Array) -> tuple[jax.Array, jax.Array]:
        state = env.reset(jax.random.split(jax.random.key(seed), targets))
        motion = pool.begin(pool.body_frame(state.readings.qpos, state.readings.qvel))
        motion = jax.vmap(lambda f, c: pool.with_command(f, index, c))(motion, commands)
        # In the world: from where the robot began, as it headed.
        anchor = motion.anchor[:, index]
        cos, sin = jnp.cos(anchor[:, 2])[:, None], jnp.sin(anchor[:, 2])[:, None]
        x, y, z = jnp.moveaxis(jnp.asarray(places), -1, 0)
        world = jnp.stack(
            [anchor[:, :1] + cos * x - sin * y, anchor[:, 1:2] + sin * x + cos * y, z], axis=-1
        )

        def act(params: None, motion: MotionCommand, state: EnvState, key: None):
            r = state.readings
            body = pool.body_frame(r.qpos, r.qvel)
            action = pool.act(motion, body)[:, index]
            return action, pool.advance(motion, body), None

        def record(step: RolloutStep) -> tuple[jax.Array, jax.Array]:
            hands = jax.vmap(env.task.robot.hands)(step.after.readings)
            return jnp.linalg.norm(hands - world, axis=-1), step.after.fallen

        begin = init_rollout(state, motion)
        _, (apart, fell) = scan_rollout(env, act, record, None, begin, steps=_STEPS)
        return apart[-_HELD:].mean(axis=0), fell.any(axis=0)

    apart, fell = map(np.asarray, run(jnp.asarray(commands)))
    near = np.where(used, apart <= NEAR_M, True).all(axis=1)
    return ReachAccuracy(
        targets=targets,
        reached_share=float((near & ~fell).mean()),
        standing_share=float((~fell).mean()),
        distance_mean=float(apart[used].mean()),
        distance_median=float(np.median(apart[used])),
    )
