"""How many places an expert that reaches brings its hands to, while it stands.

Its clips' arms are moved and servoed to a place that is asked for without any network (`follow`);
what the network adds is the difference from the same with offsets of zero.
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
    """What the expert reached, one attempt of 4 s a target set.

    Attributes:
      targets: sets of places, for one hand or both.
      reached_share: of the sets, how many had every hand within 10 cm on average over the last
        second, the robot standing all the time.
      standing_share: of the sets, in how many it never fell.
      distance_mean, distance_median: of hands from their places over the last second, m.
    """

    targets: int
    reached_share: float
    standing_share: float
    distance_mean: float
    distance_median: float


def measure_reach_accuracy(pool: ExpertPool, name: str, targets: int, seed: int) -> ReachAccuracy:
    """Tries new places in native MuJoCo, from HumanoidBench's own starts of h1-reach.

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
        follow = pool.begin(pool.body_frame(state.readings.qpos, state.readings.qvel))
        follow = jax.vmap(lambda f, c: pool.asked(f, index, c))(follow, commands)
        # In the world: from where the robot began, as it headed.
        anchor = follow.anchor[:, index]
        cos, sin = jnp.cos(anchor[:, 2])[:, None], jnp.sin(anchor[:, 2])[:, None]
        x, y, z = jnp.moveaxis(jnp.asarray(places), -1, 0)
        world = jnp.stack(
            [anchor[:, :1] + cos * x - sin * y, anchor[:, 1:2] + sin * x + cos * y, z], axis=-1
        )

        def act(params: None, follow: MotionCommand, state: EnvState, key: None):
            r = state.readings
            body = pool.body_frame(r.qpos, r.qvel)
            action = pool.act(follow, body)[:, index]
            return action, pool.moved_on(follow, body), None

        def record(step: RolloutStep) -> tuple[jax.Array, jax.Array]:
            hands = jax.vmap(env.task.robot.hands)(step.after.readings)
            return jnp.linalg.norm(hands - world, axis=-1), step.after.fallen

        begin = init_rollout(state, follow)
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
