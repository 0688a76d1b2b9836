"""The task as a guided agent has it, and who guides it when."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers.router_demos import ANSWER, NAMES
from metaworldx.composition.gating_policies import constant_gating, rule_gating, teacher_gating
from metaworldx.composition.guidance_arrays import encode_guidance
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.registry import task_class
from metaworldx.envs.state import EnvConfig
from metaworldx.experts.pool import ExpertPool, load_experts
from metaworldx.residual.reference_schedule import reference_schedule
from metaworldx.residual.residual_env import ResidualEnv, ScheduleEntry
from metaworldx.residual.train import ResidualConfig


@pytest.fixture(scope="module")
def guided_door():
    """The door under two experts, standing first by the schedule."""
    pool = ExpertPool([e for e in load_experts() if e.name in ("stand", "walk")])
    plain = make("h1-door", "native", None, EnvConfig(max_episode_steps=4))
    gating = constant_gating(jnp.array([0.0, 1.0]))
    env = ResidualEnv(plain, pool, gating, 1.0, 0.2, (ScheduleEntry("stand", 4),), num_envs=2)
    reset, step = jax.jit(env.reset), jax.jit(env.step)
    return env, plain, reset(jax.random.split(jax.random.key(0), 2)), step


def test_a_guided_agent_s_action_is_added_to_what_the_expert_would_do(guided_door):
    """The same as the expert's own action with so much added, in the task without a guide."""
    env, plain, state, step = guided_door
    pool = ExpertPool([e for e in load_experts() if e.name in ("stand", "walk")])
    stand = pool.index("stand")
    alone = jax.jit(plain.reset)(jax.random.split(jax.random.key(0), 2))
    own = jnp.asarray(plain.robot_observation(alone))
    qpos, qvel = own[:, : 7 + env.action_size], own[:, 7 + env.action_size :]
    body = pool.body_frame(qpos, qvel)
    expert = np.asarray(jax.jit(pool.act)(pool.begin(body), body))[:, stand]
    plain_step, size = jax.jit(plain.step), plain.obs_size + env.action_size
    # Authority is 0.2, and no action counts as more than 1.
    for added, counts in ((0.0, 0.0), (0.5, 0.1), (-1.0, -0.2), (7.0, 0.2)):
        wanted = plain_step(alone, jnp.asarray(np.clip(expert + counts, -1.0, 1.0)))
        after = step(state, jnp.full((2, env.action_size), added))
        np.testing.assert_allclose(after.readings.qpos, wanted.readings.qpos, atol=1e-5)
        np.testing.assert_allclose(after.reward, wanted.reward, atol=1e-5)
        # What it sees: the task's own numbers, then what the expert did, then who it was.
        np.testing.assert_allclose(after.obs[:, : plain.obs_size], wanted.obs, atol=2e-3)
        np.testing.assert_allclose(after.obs[:, plain.obs_size : size], expert, atol=1e-5)
        np.testing.assert_allclose(after.obs[:, size:], np.eye(2)[[stand, stand]], atol=1e-6)


def test_the_schedule_counts_over_episodes(guided_door):
    env, _, state, step = guided_door
    leads = []
    for _ in range(6):
        state = step(state, jnp.zeros((2, env.action_size)))
        leads.append(int(jnp.argmax(state.memory.weights[0])))
    np.testing.assert_array_equal(state.memory.lived, [6, 6])
    # Two environments: 4 steps of the training are 2 of each.
    assert leads[:2] == [0, 0] and leads[-1] == 1


def test_experts_that_break_down_break_the_step_and_are_forgotten(guided_door):
    env, _, state, step = guided_door
    still = jnp.zeros((2, env.action_size))
    for _ in range(3):  # past the schedule, whose experts weigh what it says
        state = step(state, still)
    composer_state = state.memory.composing
    weights = composer_state.steady.weights.at[0].set(jnp.nan)
    composer_state = composer_state.replace(steady=composer_state.steady.replace(weights=weights))
    state = step(state.replace(memory=state.memory.replace(composing=composer_state)), still)
    np.testing.assert_array_equal(state.diverged, [True, False])
    assert float(state.reward[0]) == 0.0
    assert np.isfinite(state.last_obs).all() and np.isfinite(state.obs).all()
    state = step(state, still)
    assert not state.diverged.any() and np.isfinite(state.obs).all()


def test_rules_walk_to_the_goal_and_teachers_hold(guided_door):
    from metaworldx.composition.composer import Composer

    _, plain, _, _ = guided_door
    pool = ExpertPool([e for e in load_experts() if e.name in NAMES])
    composer = Composer(pool, plain)
    state = jax.jit(plain.reset)(jax.random.split(jax.random.key(0), 2))
    reached = jax.vmap(composer.scene)(state).milestones
    seen = jax.jit(composer.gating_input)(state, composer.body_frame(state), reached)
    led = np.asarray(rule_gating(pool.names)(seen)).argmax(axis=-1)
    assert set(led.tolist()) == {pool.index("walk")}
    held = np.asarray(teacher_gating(encode_guidance(ANSWER, pool.names))(seen))
    # Relevance 1, 9 and 6 at temperature 1.5: e^(-16/3), 1 and e^-2 to one another.
    wanted = {"stand": 0.00522, "walk": 0.87544, "reach": 0.11934}
    for name, weight in wanted.items():
        np.testing.assert_allclose(held[:, pool.index(name)], weight, atol=2e-5)


def test_wrong_guides_are_told():
    pool = ExpertPool([e for e in load_experts() if e.name == "stand"])
    plain = make("h1-door", "native")
    with pytest.raises(UserError, match="authority"):
        ResidualEnv(plain, pool, constant_gating(jnp.ones(1)), authority=0.0)
    with pytest.raises(UserError, match="unknown expert"):
        ResidualEnv(plain, pool, constant_gating(jnp.ones(1)), schedule=(ScheduleEntry("wlak", 1),))


# ---- reference schedules


def test_the_paper_s_schedule_is_table_iv_and_can_be_shortened():
    turns = reference_schedule(ResidualConfig(schedule=("paper",)), task_class("door"), None)
    assert [(t.expert, t.until) for t in turns] == [
        ("stand", 170_000),
        ("walk", 740_000),
        ("reach", 2_000_000),
    ]
    short = reference_schedule(
        ResidualConfig(schedule=("paper",), until=(20_000,)), task_class("truck"), None
    )
    assert [(t.expert, t.until) for t in short] == [
        ("stand", 5_700),
        ("walk", 16_100),
        ("reach", 20_000),
    ]


def test_a_teacher_s_stages_can_be_the_schedule():
    turns = reference_schedule(
        ResidualConfig(schedule=("teacher",), until=(900,)), task_class("door"), ANSWER
    )
    leaders = [max(s.experts, key=lambda n, s=s: s.experts[n]) for s in ANSWER.stages]
    assert [t.expert for t in turns] == leaders
    assert [t.until for t in turns] == [
        round(900 * (n + 1) / len(leaders)) for n in range(len(leaders))
    ]


@pytest.mark.parametrize(
    ("config", "task", "said"),
    [
        ({"schedule": ("paper",)}, "walk", "no reference schedule for walk"),
        ({"schedule": ("teacher",), "until": (900,)}, "door", "told no stages"),
    ],
)
def test_schedules_that_are_not_there_are_told(config, task, said):
    with pytest.raises(UserError, match=said):
        reference_schedule(ResidualConfig(**config), task_class(task), None)


@pytest.mark.parametrize(
    "config",
    [
        {"schedule": ("teacher",)},
        {"schedule": ("stand",), "until": ()},
        {"schedule": ("stand",), "until": (0,)},
        {"schedule": ("stand", "walk"), "until": (5, 3)},
    ],
)
def test_settings_of_a_schedule_are_checked(config):
    with pytest.raises(UserError):
        ResidualConfig(**config)
