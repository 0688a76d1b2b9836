"""Experts: Eq. 4 and its weights, what they observe, how they are kept and act together."""

from __future__ import annotations

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.agents.tdmpc2.config import AgentConfig
from metaworldx.agents.tdmpc2.learner import init
from metaworldx.core.errors import UserError
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig
from metaworldx.evaluation.motion_metrics import MotionTrace as Moved
from metaworldx.evaluation.motion_metrics import motion_metrics
from metaworldx.experts.balance_controller import (
    GAINS,
    BalanceController,
    balance_errors,
    standing_gains,
)
from metaworldx.experts.body_frame import body_frame
from metaworldx.experts.expert import (
    Expert,
    acting_part,
    acting_sizes,
    fresh_expert,
    load_expert,
    save_expert,
)
from metaworldx.experts.imitation_reward import (
    ImitationConfig,
    ImitationRewardFn,
    JointErrors,
    TrackingError,
    imitation_reward,
    init_joint_errors,
    joint_weights,
    update_joint_errors,
)
from metaworldx.experts.motion_command import command_features, init_command
from metaworldx.experts.motion_library import build_motion_library, reference_frame_at
from metaworldx.experts.motion_tracking_env import MotionTrackingEnv
from metaworldx.experts.observation import robot_features
from metaworldx.experts.pool import ExpertPool, add_expert, load_pool, shipped_pool
from metaworldx.experts.skills import SKILLS, clips_of, skill_named
from metaworldx.motion.builtin import clips_for
from metaworldx.motion.kinematics import robot_tree
from metaworldx.training.replay_buffer import Sequences

# ---- Eq. 4


def test_alignment_is_eq_4():
    config = ImitationConfig(alpha=2.0, beta=0.5, lam=0.25)
    error = TrackingError(
        joints=jnp.array([0.1, 0.2]),
        joint_speeds=jnp.array([1.0, 0.4]),
        root=jnp.array(0.05),
        root_speeds=jnp.array(0.2),
    )
    weights = jnp.array([0.5, 1.5])
    position = 0.5 * 0.1 + 1.5 * 0.2 + 0.05
    velocity = 0.5 * 1.0 + 1.5 * 0.4 + 0.2
    by_hand = (np.exp(-2.0 * position) + 0.25 * np.exp(-0.5 * velocity)) / 1.25
    assert float(imitation_reward(config, error, weights)) == pytest.approx(by_hand, rel=1e-6)
    at_target = jax.tree.map(jnp.zeros_like, error)
    assert float(imitation_reward(config, at_target, weights)) == pytest.approx(1.0)


def test_weights_are_clipped_powers_of_the_errors_with_mean_one():
    config = ImitationConfig(kappa=0.5)
    error = jnp.array([0.01, 0.04, 0.09, 10.0, 1e-9])
    weights = np.asarray(joint_weights(config, JointErrors(error)))
    raw = np.clip((np.asarray(error) / np.asarray(error).mean()) ** 0.5, 0.25, 4.0)
    np.testing.assert_allclose(weights, raw / raw.mean(), rtol=1e-5)
    assert weights.min() > 0.0 and weights.mean() == pytest.approx(1.0)
    even = ImitationConfig(kappa=0.0)
    np.testing.assert_allclose(joint_weights(even, JointErrors(error)), 1.0, rtol=1e-6)


def test_running_errors_move_by_tau_and_ignore_what_is_not_finite():
    config = ImitationConfig(tau=0.1)
    state = init_joint_errors(2)
    seen = jnp.array([[0.2, 0.4], [0.4, 0.0], [jnp.nan, 1.0]])
    after = update_joint_errors(config, state, seen)
    np.testing.assert_allclose(after.error, 0.9 * 0.01 + 0.1 * np.array([0.3, 0.2]), rtol=1e-6)
    same = update_joint_errors(config, after, jnp.full((3, 2), jnp.nan))
    np.testing.assert_allclose(same.error, after.error)


def test_replayed_rewards_follow_a_change_of_the_weights():
    skill = dataclasses.replace(SKILLS["walk"], w_track=0.7, w_task=0.3)
    objective = ImitationRewardFn(skill, 2)
    terms = {
        "joint_error": jnp.array([[[0.5, 0.0]]]),
        "joint_speed_error": jnp.zeros((1, 1, 2)),
        "root_error": jnp.zeros((1, 1)),
        "root_speed_error": jnp.zeros((1, 1)),
        "task": jnp.full((1, 1), 0.4),
    }
    drawn = Sequences(jnp.zeros((2, 1, 3)), jnp.zeros((1, 1, 2)), *([jnp.zeros((1, 1))] * 2), terms)

    def by_hand(weights: np.ndarray) -> float:
        numbers = skill.imitation
        position = np.exp(-numbers.alpha * weights[0] * 0.5)
        return 0.7 * (position + numbers.lam) / (1.0 + numbers.lam) + 0.3 * 0.4

    for errors in ([0.01, 0.01], [0.16, 0.01]):
        state = JointErrors(jnp.array(errors))
        weights = np.asarray(joint_weights(skill.imitation, state))
        reward = float(objective.reward(state, drawn)[0, 0])
        assert reward == pytest.approx(by_hand(weights), rel=1e-5)


# ---- what an expert sees, and the balance under it

WALK = clips_for("walk")
REFS = build_motion_library("h1", WALK)


def _turned(qpos: np.ndarray, qvel: np.ndarray, yaw: float, by: tuple[float, float]):
    from scipy.spatial.transform import Rotation

    turn = Rotation.from_euler("z", yaw)
    q, v = qpos.copy(), qvel.copy()
    q[:3] = turn.apply(qpos[:3]) + np.array([*by, 0.0])
    before = Rotation.from_quat(qpos[3:7], scalar_first=True)
    q[3:7] = (turn * before).as_quat(scalar_first=True)
    v[:3] = turn.apply(qvel[:3])
    return q, v


@pytest.mark.parametrize("yaw", [0.7, -2.9])
def test_features_do_not_know_place_or_heading(yaw):
    rng = np.random.default_rng(0)
    qpos = WALK[1].qpos[7] + 0.1 * rng.normal(size=26)
    qpos[3:7] /= np.linalg.norm(qpos[3:7])
    qvel = rng.normal(size=25)
    moved = _turned(qpos, qvel, yaw, (3.0, -2.0))
    here, there = (
        robot_features(body_frame("h1", *map(jnp.asarray, s))) for s in ((qpos, qvel), moved)
    )
    np.testing.assert_allclose(here, there, atol=2e-5)


def test_places_of_a_command_stay_in_the_world_while_the_robot_moves():
    library = build_motion_library("h1", clips_for("reach"))
    qpos = jnp.asarray(clips_for("reach")[0].qpos[0], jnp.float32)
    body = body_frame("h1", qpos, jnp.zeros(25))
    motion = init_command(library, jnp.int32(0), jnp.zeros(()), body)
    at_first = command_features(library, motion, body, 1.0)
    np.testing.assert_allclose(at_first[2:8], library.command[0, 2:8], atol=1e-5)
    moved = body_frame("h1", qpos.at[0].add(0.3), jnp.zeros(25))
    ahead = command_features(library, motion, moved, 1.0)
    asked = np.asarray(library.command[0, 2:8]).reshape(2, 3)
    moved = np.asarray(ahead[2:8]).reshape(2, 3)
    for before, after in zip(asked, moved, strict=True):
        expected = before - [0.3, 0.0, 0.0] if before.any() else before
        np.testing.assert_allclose(after, expected, atol=1e-5)


def test_targets_lie_between_frames_and_loops_go_round():
    clip = 2
    period = float(REFS.duration[clip])
    first = reference_frame_at(REFS, jnp.int32(clip), jnp.float32(0.25 * period))
    round_ = reference_frame_at(REFS, jnp.int32(clip), jnp.float32(3.25 * period))
    np.testing.assert_allclose(first.qpos[7:], round_.qpos[7:], atol=1e-4)
    frame = round(0.25 * (WALK[clip].frames - 1))
    np.testing.assert_allclose(first.qpos[7:], WALK[clip].qpos[frame][7:], atol=0.05)


def test_balance_is_silent_on_the_reference_and_pushes_against_a_fall():
    law = BalanceController(robot_tree("h1").joints)
    target = reference_frame_at(REFS, jnp.int32(2), jnp.float32(0.1))
    yaw = jnp.zeros(())
    errors = balance_errors(target, yaw, body_frame("h1", target.qpos, target.qvel))
    np.testing.assert_allclose(errors, 0.0, atol=1e-4)
    standing = build_motion_library("h1", clips_for("stand"))
    target = reference_frame_at(standing, jnp.int32(0), jnp.float32(0.0))
    faster = target.qvel.at[0].add(0.1)
    errors = balance_errors(target, yaw, body_frame("h1", target.qpos, faster))
    gains = jnp.asarray(standing_gains(8.0))
    offsets = np.asarray(law.offsets(gains, errors, target.contacts))
    ankles = [robot_tree("h1").joints.index(f"{side}_ankle") for side in ("left", "right")]
    np.testing.assert_allclose(offsets[ankles], 8.0 * 0.1 / 3.3, rtol=1e-3)
    assert np.count_nonzero(np.abs(offsets) > 1e-6) == 2


# ---- files, and acting together


def _expert(name: str, seed: int, **sizes: int) -> Expert:
    skill = skill_named(name)
    config = AgentConfig(
        **{"obs_size": 77, "action_size": 19, **sizes}, encoder_size=16, latent_size=16,
        hidden_size=16, num_q=2, normalise_obs=True,
    )  # fmt: skip
    params = acting_part(init(config, jax.random.key(seed)).params)
    return Expert(skill, acting_sizes(config), params, tuple(clips_of(skill)), {"seed": seed})


@pytest.fixture(scope="module")
def experts() -> list[Expert]:
    return [_expert("stand", 0), _expert("walk", 1)]


@pytest.fixture(scope="module")
def pool(experts) -> ExpertPool:
    made = ExpertPool(experts)
    made.act = jax.jit(made.act)  # type: ignore[method-assign]
    return made


def _states(count: int) -> tuple[jax.Array, jax.Array]:
    rng = np.random.default_rng(1)
    qpos = np.repeat(clips_for("stand")[0].qpos[:1], count, axis=0)
    qpos[:, 7:] += 0.05 * rng.normal(size=(count, 19))
    return jnp.asarray(qpos, jnp.float32), jnp.asarray(rng.normal(size=(count, 25)), jnp.float32)


def test_a_pool_acts_as_its_experts_do_alone(experts, pool):
    body = pool.body_frame(*_states(2))
    together = np.asarray(pool.act(pool.begin(body), body))
    assert together.shape == (2, 2, 19) and np.abs(together).max() <= 1.0
    for k, expert in enumerate(experts):
        alone = ExpertPool([expert])
        action = np.asarray(jax.jit(alone.act)(alone.begin(body), body))[:, 0]
        np.testing.assert_allclose(together[:, k], action, atol=2e-5)


def test_an_expert_acts_in_its_task_as_in_its_tracking_environment(experts):
    expert = experts[1]
    plain = make("h1-walk", "native", None, EnvConfig(auto_reset=False))
    library = build_motion_library("h1", expert.clips)
    tracking = MotionTrackingEnv(plain, library, expert.skill, training=False)
    state = jax.jit(tracking.reset)(jax.random.split(jax.random.key(3), 2))
    other = jax.jit(plain.reset)(jax.random.split(jax.random.key(3), 2))
    pool = ExpertPool([expert])
    from metaworldx.agents.tdmpc2.learner import act

    step, step_plain = jax.jit(tracking.step), jax.jit(plain.step)
    other = other.replace(physics=state.physics, readings=state.readings)
    motion = pool.begin(pool.body_frame(state.readings.qpos, state.readings.qvel))
    for _ in range(5):
        offset = act(expert.sizes, expert.params, state.obs, jax.random.key(0), deterministic=True)
        body = pool.body_frame(other.readings.qpos, other.readings.qvel)
        action = pool.act(motion, body)[:, 0]
        motion = pool.advance(motion, body)
        state, other = step(state, offset), step_plain(other, action)
        np.testing.assert_allclose(state.readings.qpos, other.readings.qpos, atol=2e-3)


def test_a_robot_with_hands_moves_the_same_joints(experts, pool):
    handy = ExpertPool(experts, "h1hand")
    qpos, qvel = (x[:1] for x in _states(2))
    tree, own = robot_tree("h1hand"), robot_tree("h1")
    hinges = np.array([tree.joints.index(name) for name in own.joints])
    wide_q = jnp.zeros((1, 76)).at[:, :7].set(qpos[:, :7]).at[:, 7 + hinges].set(qpos[:, 7:])
    wide_v = jnp.zeros((1, 75)).at[:, :6].set(qvel[:, :6]).at[:, 6 + hinges].set(qvel[:, 6:])
    wide = handy.body_frame(wide_q, wide_v)
    action = np.asarray(jax.jit(handy.act)(handy.begin(wide), wide))
    assert action.shape == (1, 2, 61)
    names = [tree.model.actuator(i).name for i in range(61)]
    actuators = [names.index(name) for name in own.joints]
    both = pool.body_frame(*_states(2))
    expected = np.asarray(pool.act(pool.begin(both), both))[:1]
    np.testing.assert_allclose(action[..., actuators], expected, atol=2e-5)


def test_experts_come_back_from_their_files(experts, tmp_path):
    for expert in experts:
        add_expert(expert, tmp_path / "pool")
    pool = load_pool(tmp_path / "pool")
    assert pool.names == ("stand", "walk")
    for before, after in zip(experts, pool.experts, strict=True):
        assert (before.skill, before.sizes, before.record) == (
            after.skill,
            after.sizes,
            after.record,
        )
        jax.tree.map(np.testing.assert_array_equal, before.params, after.params)
        for one, other in zip(before.clips, after.clips, strict=True):
            assert (one.name, one.command, one.loop) == (other.name, other.command, other.loop)
            np.testing.assert_allclose(one.qpos, other.qpos, atol=1e-6)
            np.testing.assert_allclose(one.qvel, other.qvel, atol=1e-4)
    add_expert(fresh_expert(experts[0], 5), tmp_path / "pool")
    again = load_pool(tmp_path / "pool")
    assert again.names == ("stand", "walk") and again.experts[0].record["untrained"]


def test_pools_that_do_not_fit_are_told_in_one_line(experts, tmp_path):
    with pytest.raises(UserError, match="same sizes"):
        ExpertPool([experts[0], _expert("walk", 0, simnorm_size=4)])
    with pytest.raises(UserError, match="two experts of one skill"):
        ExpertPool([experts[0], experts[0]])
    with pytest.raises(UserError, match="did you mean 'walk'"):
        ExpertPool(experts).index("wlak")
    with pytest.raises(UserError, match="no pool of experts"):
        load_pool(tmp_path)
    with pytest.raises(UserError, match="did you mean 'walk'"):
        skill_named("wlak")


@pytest.mark.parametrize(
    ("size", "told"),
    [
        ({"action_size": 61}, "expert 'stand' has 61 actions; an expert of the robot h1 has 19"),
        ({"action_size": 5}, "expert 'stand' has 5 actions; an expert of the robot h1 has 19"),
        ({"obs_size": 90}, "'stand' has 90 observations; an expert of the robot h1 has 77"),
    ],
)
@pytest.mark.parametrize("robot", ["h1", "h1hand"])
def test_experts_that_agree_but_do_not_fit_the_robot_are_told(size, told, robot):
    with pytest.raises(UserError, match=told):
        ExpertPool([_expert("stand", 0, **size), _expert("walk", 1, **size)], robot)


def test_the_shipped_pool_loads_and_acts():
    shipped = load_pool()
    assert {"stand", "walk", "sit"} <= set(shipped.names)
    body = shipped.body_frame(*_states(2))
    action = np.asarray(jax.jit(shipped.act)(shipped.begin(body), body))
    assert action.shape == (2, len(shipped), 19) and np.all(np.isfinite(action))
    size = sum(path.stat().st_size for path in shipped_pool().iterdir())
    assert size < 40e6


def test_damaged_expert_files_are_told_in_one_line(experts, tmp_path):
    path = tmp_path / "walk.npz"
    save_expert(experts[1], path)
    whole = path.read_bytes()
    with np.load(path) as file:
        data = {key: file[key] for key in file.files}
    name = next(key for key in data if key.startswith("weights/"))
    wrong = {
        "cut": whole[: len(whole) // 2],
        "empty": b"",
        "text": b"not an archive",
    }
    for case, content in wrong.items():
        path.write_bytes(content)
        with pytest.raises(UserError) as caught:
            load_expert(path)
        assert "\n" not in str(caught.value), case
    for case, change in (
        ("sizes", {name: data[name][..., :-1]}),
        ("finite", {name: np.full_like(data[name], np.nan)}),
        ("pickle", {name: np.array([{"a": 1}], dtype=object)}),
        ("about", {"about": np.array("{}")}),
    ):
        np.savez(path, **{**data, **change})
        with pytest.raises(UserError) as caught:
            load_expert(path)
        assert "\n" not in str(caught.value), case


# ---- motion quality


def test_quality_of_a_path_made_by_hand():
    frames, rate = 41, 50.0
    times = np.arange(frames) / rate
    clip = clips_for("stand")[0]
    qpos = np.repeat(clip.qpos[:1], frames, axis=0)[:, None]
    qvel = np.zeros((frames, 1, 25))
    qpos[:, 0, 0] += 0.3 * times
    qpos[:, 0, 18] = 0.5 * times**3
    qvel[:, 0, 17] = 1.5 * times**2
    force = np.zeros((frames - 1, 1, 19))
    force[..., 11] = 4.0
    path = Moved(
        qpos=qpos,
        qvel=qvel,
        force=force,
        ctrl=np.zeros((frames - 1, 1, 19)),
        alive=np.ones((frames - 1, 1), bool),
        reference=qpos[1:, :, 7:] + 0.1,
    )
    found = motion_metrics("h1", path, np.arange(19))
    assert found.forward_speed_mean == pytest.approx(0.3, rel=1e-6)
    # The whole robot glides: both soles slide as fast as it moves.
    assert found.foot_slip == pytest.approx(0.3, rel=1e-3)
    assert found.tracking_error == pytest.approx(0.1, rel=1e-6)
    assert found.jerk == pytest.approx(3.0 / np.sqrt(19), rel=1e-6)
    assert found.energy == pytest.approx(4.0 * (1.5 * times[1:] ** 2).mean(), rel=1e-6)
    assert found.alternating_contacts == 0.0
    assert GAINS == 36
