"""What a task asks reaches the expert that is evaluated, filmed or composed in it."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.composition.target_commands import scene_targets
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig
from metaworldx.envs.tasks.goal import GoalState
from metaworldx.experts.controller import ExpertController
from metaworldx.experts.motion_tracking_env import expert_policy
from metaworldx.experts.pool import ExpertPool, expert_named
from metaworldx.motion.builtin import reach_targets

STEPS = 150
SHOULDER = np.array([0.0, 0.21, 1.445])


@pytest.fixture(scope="module")
def reach():
    return expert_named("reach")


@pytest.fixture(scope="module")
def env():
    return make("h1-reach", "native", None, EnvConfig(auto_reset=False))


def _goals():
    """Six within the arm's reach, and one far ahead and one far behind the robot."""
    near = [pair[0] for pair in reach_targets(64, seed=5) if pair[0].any() and not pair[1].any()]
    return np.array([*near[:6], [2.0, 0.3, 1.5], [-1.9, 1.0, 0.4]], np.float32)


def _controller(expert, env):
    """An expert that is told what the task asks."""
    pool = ExpertPool([expert])
    return ExpertController(pool, expert.name, env, scene_targets(pool, env))


def _asked(env, goals):
    """States at the task's start with these goals."""
    state = jax.jit(env.reset)(jax.random.split(jax.random.key(0), len(goals)))
    return state.replace(memory=GoalState(jnp.asarray(goals)))


def test_the_hand_of_the_expert_that_reaches_goes_to_the_task_s_goal(reach, env):
    goals = _goals()
    controller = _controller(reach, env)

    def one(carry, _):
        state, carry = carry
        action, carry = controller.act(None, carry, state, jax.random.key(0))
        after = env.step(state, action)
        return (after, carry), (jax.vmap(env.task.robot.left_hand)(after.readings), after.fallen)

    @jax.jit
    def run(state):
        return jax.lax.scan(one, (state, controller.begin(state)), None, length=STEPS)[1]

    hands, fallen = map(np.asarray, run(_asked(env, goals)))
    away = np.linalg.norm(hands[-25:] - goals, axis=-1).mean(axis=0)
    # The hand itself against the goal, in the world.
    assert np.all(away[:6] < 0.5) and np.sum(away[:6] < 0.15) >= 5
    # What no arm reaches is pointed at, and nobody falls after it.
    assert not fallen.any()
    assert away[6] < np.linalg.norm(goals[6] - SHOULDER) - 0.35


def test_it_is_filmed_as_it_is_evaluated(reach, env):
    from metaworldx.experts.task_targets import targets_fn_of

    goals = _goals()[:2]
    tracking, policy = expert_policy(reach, env, targets_fn_of(env))
    state = _asked(env, goals)
    # The tracking task's memory is begun as at its reset, with these goals.
    own = tracking.task.on_reset
    filmed = jax.jit(tracking.reset)(jax.random.split(jax.random.key(0), 2))
    memory = filmed.memory.replace(task=GoalState(jnp.asarray(goals)))
    memory = jax.jit(jax.vmap(own))(memory, state.readings)
    observe = jax.jit(jax.vmap(tracking.task.observe))
    filmed = filmed.replace(
        memory=memory,
        physics=state.physics,
        readings=state.readings,
        obs=observe(state.readings, memory),
    )
    controller = _controller(reach, env)
    carry, act, step = jax.jit(controller.begin)(state), jax.jit(controller.act), jax.jit(env.step)
    step_filmed = jax.jit(lambda state: tracking.step(state, policy(state, jax.random.key(0))))
    for _ in range(4):
        filmed = step_filmed(filmed)
        action, carry = act(None, carry, state, jax.random.key(0))
        state = step(state, action)
        np.testing.assert_allclose(filmed.readings.qpos, state.readings.qpos, atol=2e-3)
    np.testing.assert_allclose(
        np.asarray(filmed.memory.follow.command), np.asarray(carry[0].command[:, 0]), atol=1e-2
    )


def test_a_goal_beyond_the_arm_is_asked_for_at_the_end_of_its_way():
    from metaworldx.composition.hand_targets import within_reach

    pelvis, yaw = jnp.array([0.3, -0.2, 0.98]), jnp.asarray(0.4)
    turn = np.array([[np.cos(0.4), -np.sin(0.4), 0.0], [np.sin(0.4), np.cos(0.4), 0.0], [0, 0, 1]])
    shoulder = turn @ SHOULDER + [0.3, -0.2, 0.0]
    ahead = turn @ np.array([np.cos(0.5), np.sin(0.5), 0.0])
    near, far = shoulder + 0.5 * ahead, shoulder + 1.7 * ahead
    np.testing.assert_allclose(within_reach(jnp.asarray(near), pelvis, yaw), near, atol=1e-5)
    np.testing.assert_allclose(
        within_reach(jnp.asarray(far), pelvis, yaw), shoulder + 0.6 * ahead, atol=1e-5
    )
    behind = shoulder - 1.0 * ahead
    place = np.asarray(within_reach(jnp.asarray(behind), pelvis, yaw))
    np.testing.assert_allclose(np.linalg.norm(place - shoulder), 0.6, atol=1e-5)


def test_experts_that_go_head_for_the_task_s_goal_alone_too():
    walk = expert_named("walk")
    door = make("h1-door", "native", None, EnvConfig(auto_reset=False))
    controller = _controller(walk, door)
    state = jax.jit(door.reset)(jax.random.split(jax.random.key(0), 2))
    begun = jax.jit(controller.begin)(state)
    _, after = jax.jit(controller.act)(None, begun, state, jax.random.key(0))
    motion = after[0] if isinstance(after, tuple) else after
    way = np.array([1.2, 0.1]) - np.asarray(state.readings.qpos[:, :2])
    np.testing.assert_allclose(motion.heading[:, 0], np.arctan2(way[:, 1], way[:, 0]), atol=1e-3)
