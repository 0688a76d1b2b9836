"""A router's lessons, demonstrations, its file, who chooses weights, and the guided environment."""

import dataclasses
import json

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.cli import main
from metaworldx.envs.factory import make
from metaworldx.envs.state import EnvConfig
from metaworldx.errors import UserError
from metaworldx.experts.pool import ExpertPool, load_experts
from metaworldx.router.choosers import always, by_router, by_rules, by_teacher
from metaworldx.router.distil import DistilConfig, distil
from metaworldx.router.guided import GuidedEnv, Turn
from metaworldx.router.lessons import joined, of_any_guidance, of_task
from metaworldx.router.observe import OBS_SIZE
from metaworldx.router.parts import PLAIN, Parts, PartsConfig
from metaworldx.router.router import FILE, Router, load_router, save_router
from metaworldx.router.told import features, guided, stage_at, told
from metaworldx.router.turns import DemoConfig, begin_turns, leading, take_turns
from metaworldx.training.compare import paired
from metaworldx.training.guiding import GuideConfig, turns_for
from metaworldx.training.routing import (
    RouterConfig,
    kept_guidance,
    train_router,
    write_demonstrations,
)
from metaworldx.vlm.guidance import Guidance, Stage
from router_demos import made_up

NAMES = ("stand", "walk", "reach")
ANSWER = Guidance(
    {"stand": 1.0, "walk": 9.0, "reach": 6.0},
    (Stage("go", {"walk": 1.0}), Stage("take", {"reach": 0.8, "stand": 0.2})),
    0.9,
    "offline",
)


def _demos():
    """Walks while the way is long, reaches once it is not."""
    return made_up(len(NAMES), NAMES.index("walk"), NAMES.index("reach"))


@pytest.fixture(scope="module")
def router():
    """A router of three experts trained on made-up demonstrations."""
    guidance = told(ANSWER, NAMES)
    shown = of_task(_demos(), guidance)
    free = of_any_guidance(3, [guidance], shown.obs, jax.random.key(1))
    config = DistilConfig(steps=2000, eta=0.999)
    sizes, params, _ = distil(config, joined([shown, free]), jax.random.key(0))
    return Router(NAMES, sizes, params, {"teacher": "offline"})


def test_stages_follow_the_share_of_the_milestones():
    guidance = told(ANSWER, NAMES)
    progress = jnp.array([0.0, 0.49, 0.5, 1.0])
    np.testing.assert_array_equal(stage_at(guidance, progress), [0, 0, 1, 1])
    seen = guided(guidance, progress)
    for row, stage in zip(seen, (0, 0, 1, 1), strict=True):
        np.testing.assert_allclose(row, features(guidance, jnp.int32(stage)), rtol=1e-6)


def test_lessons_are_the_running_episodes_states():
    lessons = of_task(_demos(), told(ANSWER, NAMES))
    assert len(lessons.obs) == 4 * 1000 - 10 * (0 + 1 + 2 + 3)
    # Returns 0 to 3: each is e times the next.
    counts = np.unique(np.asarray(lessons.demonstrated))
    np.testing.assert_allclose(counts, np.exp([-3.0, -2.0, -1.0, 0.0]), rtol=1e-5)


def test_free_guidance_is_on_the_simplex_and_says_nothing_of_demonstrations():
    guidance = told(ANSWER, NAMES)
    lessons = of_any_guidance(3, [guidance], jnp.ones((5, OBS_SIZE)), jax.random.key(0))
    np.testing.assert_allclose(lessons.prior.sum(axis=-1), 1.0, atol=1e-5)
    assert float(lessons.prior.min()) >= 1e-3 - 1e-6 and float(lessons.demonstrated.max()) == 0.0


def test_the_top_expert_changes_with_the_demonstrations(router):
    guidance = told(ANSWER, NAMES)
    held_out = np.random.default_rng(1).normal(size=(400, OBS_SIZE)).astype(np.float32)
    near = held_out[:, 0] > 0.0
    clear = np.abs(held_out[:, 0]) > 0.3
    got = router.weights(jnp.asarray(held_out), guidance, jnp.asarray(near, jnp.float32))
    assert np.mean((np.argmax(got, axis=-1) == np.where(near, 2, 1))[clear]) > 0.97


def test_guidance_of_a_task_without_demonstrations_moves_the_router(router):
    stand = Guidance({"stand": 10.0, "walk": 1.0, "reach": 1.0}, (), 0.9, "offline")
    obs = jnp.zeros((1, OBS_SIZE))
    got = router.weights(obs, told(stand, NAMES), jnp.zeros(1))
    assert int(jnp.argmax(got)) == 0


def test_a_router_s_file_gives_it_back(router, tmp_path):
    save_router(router, tmp_path / FILE)
    again = load_router(tmp_path)
    assert again.names == router.names and again.record == router.record
    obs, guidance = jnp.ones((2, OBS_SIZE)), told(ANSWER, NAMES)
    np.testing.assert_array_equal(
        again.weights(obs, guidance, jnp.zeros(2)), router.weights(obs, guidance, jnp.zeros(2))
    )


@pytest.mark.parametrize("damage", ["missing", "cut", "text", "sizes"])
def test_a_damaged_router_is_one_line(router, tmp_path, damage):
    path = tmp_path / FILE
    if damage != "missing":
        save_router(router, path)
    if damage == "cut":
        path.write_bytes(path.read_bytes()[:200])
    if damage == "text":
        path.write_text("no router")
    if damage == "sizes":
        with np.load(path) as file:
            data = {name: file[name] for name in file.files}
        about = json.loads(str(data["about"]))
        about["sizes"]["obs_size"] += 1
        data["about"] = np.array(json.dumps(about))
        np.savez(path, **data)
    with pytest.raises(UserError, match=r"router"):
        load_router(tmp_path)


def test_a_router_of_other_experts_is_refused(router):
    with pytest.raises(UserError, match="the pool has"):
        by_router(router, told(ANSWER, NAMES), ("walk", "stand", "reach"))


# ---- turns


def test_turns_are_held_and_stay_among_the_drawn():
    config = DemoConfig(staged=0.0, most=2, shortest_s=0.2, longest_s=0.5, mixed=0.0)
    even = jnp.full(5, 0.2)
    turn = begin_turns(config, even, even, jax.random.key(0))
    among = np.isfinite(np.asarray(turn.among))
    assert 1 <= among.sum() <= 2
    step = jax.jit(lambda t: take_turns(config, t, 0.02))
    leads = []
    for _ in range(300):
        turn = step(turn)
        leads.append(int(jnp.argmax(turn.weights)))
        assert float(turn.weights.sum()) == pytest.approx(1.0)
    assert set(leads) <= set(np.flatnonzero(among))
    changes = np.flatnonzero(np.diff(leads))
    assert np.all(np.diff(changes) >= 10)


def test_a_staged_leader_is_held_until_a_milestone_is_reached():
    config = DemoConfig(staged=1.0, mixed=0.0, shortest_s=0.1, longest_s=0.2)
    even = jnp.full(5, 0.2)
    turn = begin_turns(config, even, even, jax.random.key(0))
    assert len(set(np.asarray(turn.stages)[:2].tolist())) == 2  # else nothing is tested
    for reached in (0, 1):
        for _ in range(30):
            turn = take_turns(config, turn, 0.02, reached)
            assert int(jnp.argmax(turn.weights)) == int(turn.stages[reached])


def test_the_same_turn_goes_on_the_same_way_again():
    config = DemoConfig(staged=0.0, most=3, shortest_s=0.1, longest_s=0.3)
    even = jnp.full(5, 0.2)
    keys = jax.random.split(jax.random.key(0), 8)
    ways = jax.vmap(lambda key: begin_turns(config, even, even, key))(keys)
    step = jax.jit(jax.vmap(lambda turn: take_turns(config, turn, 0.02)))
    told = []
    for turn in (ways, jax.tree.map(lambda x: jnp.repeat(x, 2, axis=0), ways)):
        weights = []
        for _ in range(50):
            turn = step(turn)
            weights.append(np.asarray(turn.weights))
        told.append(np.stack(weights, axis=1))
    np.testing.assert_array_equal(np.repeat(told[0], 2, axis=0), told[1])
    assert np.any(told[0][:, 0] != told[0][:, -1])  # somebody took turns at all


def test_a_mixture_is_held_all_along():
    config = DemoConfig(staged=0.0, most=1, shortest_s=0.1, longest_s=0.1, mixed=1.0)
    even = jnp.full(5, 0.2)
    begin = jax.vmap(lambda key: begin_turns(config, even, even, key))
    step = jax.jit(jax.vmap(lambda turn: take_turns(config, turn, 0.02)))
    turn = first = begin(jax.random.split(jax.random.key(0), 32))
    for _ in range(20):
        turn = step(turn)
        np.testing.assert_array_equal(turn.weights, first.weights)
    share = np.sort(np.asarray(first.weights), axis=-1)[:, ::-1]
    alone = share[:, 1] == 0.0  # its partner is itself
    assert np.all((share[~alone, 1] >= 0.2) & (share[~alone, 1] <= 0.4)) and alone.mean() < 0.6
    np.testing.assert_allclose(share[:, :2].sum(axis=-1), 1.0, rtol=1e-6)


def test_ways_to_switch_are_ranked_by_a_lower_bound():
    from metaworldx.router.demonstrations import _best, _scored

    # One lucky start of four, four good ones, and one that succeeds.
    returns = np.array([300.0, 240.0, 240.0, 240.0, 254.0, 253.0, 254.0, 253.0, 1.0, 1.0, 1.0, 1.0])
    seen = _scored(returns, np.arange(12) == 9, 4)
    np.testing.assert_allclose(seen["scores"][:4], 255.0 - 15.0)
    assert _best(seen, 12).tolist()[:8] == [8, 9, 10, 11, 4, 6, 5, 7]
    np.testing.assert_array_equal(_scored(returns, np.zeros(12, bool), 1)["scores"], returns)


@pytest.mark.parametrize("succeeds", [0.0, 0.25, 0.75])
def test_a_way_that_mostly_succeeds_is_found_among_the_best_and_shown_alone(succeeds):
    from metaworldx.router.demonstrations import _best, _scored, search

    config, asked = DemoConfig(rollouts=64, starts=4, keep=8), []

    def drawn(leads, partners, count, key):
        return np.arange(count)

    def tried(ways, starts, key):
        # Way 5 succeeds from some starts, the higher ones score more.
        asked.append((ways.tolist(), starts))
        whose = np.repeat(ways, starts)
        nth = np.tile(np.arange(starts), len(ways)) / starts
        weights = np.zeros((len(whose), 2, 3))
        weights[..., 0] = 1.0
        seen = _scored(1.0 * whose, (whose == 5) & (nth < succeeds), starts)
        return seen | {"weights": weights, "alive": np.ones((len(whose), 2)), "whose": whose}

    rounds, most = search(config, drawn, tried, np.full(3, 1 / 3), jax.random.key(0))
    assert asked[:2] == [(list(range(32)), 1), (list(range(8)), 4)]
    shown = rounds[-1]["whose"][_best(rounds[-1], most)].tolist()
    if succeeds == 0.75:
        assert asked[2:] == [([5, 7], 16)] and shown == [5] * 8
    else:
        best = [5, 7] if succeeds else [7, 6]
        assert len(rounds) == 2 and shown == [best[0]] * 4 + [best[1]] * 4


@pytest.mark.parametrize(("rollouts", "starts"), [(8, 4), (104, 4), (40, 2), (256, 4), (6, 1)])
def test_every_round_has_as_many_rollouts(rollouts, starts):
    from metaworldx.router.demonstrations import _scored, search

    def tried(ways, starts, key):
        count = len(ways) * starts
        asked.append(count)
        weights = np.ones((count, 2, 3)) / 3
        seen = _scored(np.arange(1.0, count + 1.0), np.ones(count, bool), starts)
        return seen | {"weights": weights, "alive": np.ones((count, 2))}

    asked = []
    config = DemoConfig(rollouts=rollouts, starts=starts, keep=rollouts // 2)
    rounds, most = search(
        config, lambda *x: np.arange(x[2]), tried, np.full(3, 1 / 3), jax.random.key(0)
    )
    # Of the surest way alone are shown, however many are to be kept.
    assert asked == [rollouts // 2] * 3 and len(set(rounds[-1]["scores"][-most:])) == 1


def test_the_best_say_who_leads_and_who_mixes_in():
    weights = np.zeros((2, 4, 3))
    weights[..., 1], weights[..., 2] = 0.7, 0.3
    leads, partners = leading(weights, np.ones((2, 4)))
    np.testing.assert_allclose(leads, np.array([0.02, 1.02, 0.02]) / 1.06)
    np.testing.assert_allclose(partners, np.array([0.02, 0.02, 1.02]) / 1.06)


@pytest.mark.parametrize(
    "wrong",
    [
        {"rollouts": 3},
        {"starts": 3},
        {"keep": 300},
        {"shortest_s": 0.0},
        {"elite": 0.0},
        {"width": 0.0},
    ],
)
def test_settings_of_demonstrations_are_checked(wrong):
    with pytest.raises(UserError):
        DemoConfig(**wrong)


# ---- parts


def test_plain_parts_are_equation_13_and_legs_and_arms_can_differ():
    actuators = ("left_hip_yaw", "left_shoulder_roll", "right_elbow")
    actions = jnp.arange(9.0).reshape(3, 3) / 10.0
    weights = jnp.array([0.0, 0.7, 0.3])
    asked = jnp.array([True, False])
    plain = Parts(PLAIN, NAMES, actuators).composed(weights, actions, asked)
    np.testing.assert_allclose(plain, weights @ actions, rtol=1e-6)
    apart = Parts(PartsConfig(sharpen=1.0, for_arms=7.0), NAMES, actuators)
    got = apart.composed(weights, actions, asked)
    arm = (0.7 * actions[1, 1] + 2.1 * actions[2, 1]) / 2.8
    np.testing.assert_allclose(got, [plain[0], arm, plain[2]], rtol=1e-5)


def test_legs_and_arms_are_explained_apart():
    actuators = ("left_hip_yaw", "left_shoulder_roll", "right_elbow")
    parts = Parts(PartsConfig(), NAMES, actuators)
    each = jnp.array([[0.0, 0.0, 0.0], [0.5, 0.5, 0.5], [1.0, 1.0, 1.0]])
    got = parts.explained(each, jnp.array([0.5, 1.0, 0.5]), jnp.array([True, False]), 0.05)
    np.testing.assert_allclose(got, [0.001, 0.699, 0.3], atol=2e-3)
    got = parts.explained(each, each[1], jnp.array([False, False]), 0.05)
    np.testing.assert_allclose(got, [0.001, 0.998, 0.001], atol=1e-4)


# ---- comparison


def test_paired_interval_is_student_s():
    better, other = np.array([3.0, 5.0, 4.0]), np.array([1.0, 2.0, 2.0])
    got = paired(better, other)
    mean, wide = 7.0 / 3.0, 4.302653 * np.std([2.0, 3.0, 2.0], ddof=1) / np.sqrt(3.0)
    assert got["difference_mean"] == pytest.approx(mean)
    assert got["low"] == pytest.approx(mean - wide, rel=1e-5)


# ---- the guided environment


@pytest.fixture(scope="module")
def guided_door():
    """The door under two experts, standing first by the schedule."""
    pool = ExpertPool([e for e in load_experts() if e.name in ("stand", "walk")])
    plain = make("h1-door", "native", None, EnvConfig(max_episode_steps=4))
    chooser = always(jnp.array([0.0, 1.0]))
    env = GuidedEnv(plain, pool, chooser, 1.0, 0.2, (Turn("stand", 4),), num_envs=2)
    reset, step = jax.jit(env.reset), jax.jit(env.step)
    return env, plain, reset(jax.random.split(jax.random.key(0), 2)), step


def test_a_guided_agent_adds_to_the_experts(guided_door):
    env, plain, state, step = guided_door
    after = step(state, jnp.zeros((2, env.action_size)))
    memory = after.memory
    np.testing.assert_allclose(
        after.obs,
        jnp.concatenate([after.obs[:, : plain.obs_size], memory.reference, memory.weights], 1),
    )
    added = env.whole_action(after, jnp.ones((2, env.action_size)))
    np.testing.assert_allclose(added, jnp.clip(memory.reference + 0.2, -1.0, 1.0), rtol=1e-6)


def test_the_schedule_counts_over_episodes(guided_door):
    env, _, state, step = guided_door
    leads = []
    for _ in range(6):
        state = step(state, jnp.zeros((2, env.action_size)))
        leads.append(int(jnp.argmax(state.memory.weights[0])))
    np.testing.assert_array_equal(state.memory.lived, [6, 6])
    # Two environments: 4 steps of the training are 2 of each.
    assert leads[:2] == [0, 0] and leads[-1] == 1


def test_rules_walk_to_the_goal_and_teachers_hold(guided_door):
    from metaworldx.router.compose import Composer

    _, plain, _, _ = guided_door
    pool = ExpertPool([e for e in load_experts() if e.name in NAMES])
    composer = Composer(pool, plain)
    state = jax.jit(plain.reset)(jax.random.split(jax.random.key(0), 2))
    reached = jax.vmap(composer.scene)(state).milestones
    seen = jax.jit(composer.sees)(state, reached)
    led = np.asarray(by_rules(pool.names)(seen)).argmax(axis=-1)
    assert set(led.tolist()) == {pool.index("walk")}
    guidance = told(ANSWER, pool.names)
    np.testing.assert_allclose(by_teacher(guidance)(seen), jnp.stack([guidance.prior] * 2))


def test_wrong_guides_are_told():
    pool = ExpertPool([e for e in load_experts() if e.name == "stand"])
    plain = make("h1-door", "native")
    with pytest.raises(UserError, match="authority"):
        GuidedEnv(plain, pool, always(jnp.ones(1)), authority=0.0)
    with pytest.raises(UserError, match="unknown expert"):
        GuidedEnv(plain, pool, always(jnp.ones(1)), schedule=(Turn("wlak", 1),))


# ---- the router's folder


_TRAIN = ("train", "router", "--tasks", "h1-door", "--teacher", "offline", "--steps", "2")


def _said(capsys, args):
    assert main(args) == 2
    err = capsys.readouterr().err
    assert err.startswith("metaworldx: error: ") and err.count("\n") == 1
    return err


def test_a_router_of_a_bad_pool_leaves_nothing_behind(tmp_path, capsys):
    out = tmp_path / "router"
    args = [*_TRAIN, "--out", str(out), "--pool", str(tmp_path / "nothere")]
    guidance = {"h1-door": ANSWER}
    with pytest.raises(UserError, match="no pool of experts"):
        train_router(RouterConfig(("h1-door",), pool=args[-1]), guidance, out)
    assert "no pool of experts" in _said(capsys, args) and not out.exists()


def test_a_router_of_bad_demonstrations_keeps_what_was_there(tmp_path):
    demos = tmp_path / "demonstrations" / "h1-door.npz"
    demos.parent.mkdir()
    demos.write_text("no demonstrations")
    (tmp_path / "guidance.json").write_text("kept")
    with pytest.raises(UserError, match="is no file of demonstrations"):
        train_router(RouterConfig(("h1-door",)), {"h1-door": ANSWER}, tmp_path)
    assert (tmp_path / "guidance.json").read_text() == "kept"
    assert not (tmp_path / "config.json").exists()


def test_a_router_s_folder_is_whole(tmp_path):
    names = [expert.name for expert in load_experts()]
    demos = made_up(len(names), names.index("walk"), names.index("reach"), steps=60)
    write_demonstrations(demos, tmp_path / "demonstrations" / "h1-door.npz")
    config = RouterConfig(("h1-door",), distil=DistilConfig(steps=3))
    train_router(config, {"h1-door": ANSWER}, tmp_path)
    assert kept_guidance(tmp_path, "h1-door") == ANSWER
    assert load_router(tmp_path).record["kept"]["h1-door"]["successes"] == 0
    # Other updates over the same demonstrations.
    other = dataclasses.replace(ANSWER, teacher="another")
    longer = dataclasses.replace(config, distil=DistilConfig(steps=4))
    train_router(longer, {"h1-door": other}, tmp_path)
    assert kept_guidance(tmp_path, "h1-door") == other
    assert load_router(tmp_path).record["teacher"] == "another"
    begun = json.loads((tmp_path / "config.json").read_text())
    assert begun["router"]["distil"]["steps"] == 4


@pytest.mark.parametrize("option", ["--beta", "--lambda-0"])
def test_infinite_settings_of_a_router_are_told(tmp_path, capsys, option):
    said = _said(capsys, [*_TRAIN, option, "inf", "--out", str(tmp_path / "router")])
    assert "is inf; needs a finite number of at least 0" in said
    assert not (tmp_path / "router").exists()


def test_a_router_that_is_not_finite_replaces_none(tmp_path):
    names = [expert.name for expert in load_experts()]
    demos = made_up(len(names), names.index("walk"), names.index("reach"), steps=60)
    write_demonstrations(demos, tmp_path / "demonstrations" / "h1-door.npz")
    for name in (FILE, "guidance.json", "curve.json"):
        (tmp_path / name).write_text("kept")
    steep = DistilConfig(steps=3, learning_rate=1e38)
    with pytest.raises(UserError, match="did not stay finite"):
        train_router(RouterConfig(("h1-door",), distil=steep), {"h1-door": ANSWER}, tmp_path)
    for name in (FILE, "guidance.json", "curve.json"):
        assert (tmp_path / name).read_text() == "kept"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, r"another seed \(0, not 1\)"),
        ({"demos": DemoConfig(rollouts=32)}, r"another rollouts \(256, not 32\)"),
    ],
)
def test_a_router_s_folder_says_which_setting_is_another(tmp_path, changed, said):
    config = RouterConfig(("h1-door",))
    data = {"router": json.loads(json.dumps(dataclasses.asdict(config)))}
    (tmp_path / "config.json").write_text(json.dumps(data))
    with pytest.raises(UserError, match=said):
        train_router(dataclasses.replace(config, **changed), {"h1-door": ANSWER}, tmp_path)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["train", "router", "--tasks", ""], "no tasks given"),
        (["train", "router", "--tasks", "h1-dor", "--teacher", "offline"], "did you mean"),
        (["train", "router", "--tasks", "h1-door,h1hand-door", "--teacher", "offline"], "several"),
        (["eval", "--router", "/nowhere"], "--router needs a task"),
        (["eval", "--router", "/nowhere", "--task", "h1-door"], "no router"),
        (["train", "agent", "--task", "h1-door", "--guide", "routr"], "did you mean 'router'"),
        (["train", "agent", "--task", "h1-door", "--guide", "router"], "needs the folder"),
        (["run", "--preset", "quick"], "did you mean 'quickstart'"),
        (["run", "--without", "vml"], "did you mean 'vlm'"),
        (["run", "--tasks", "h1-dor"], "did you mean"),
        (["run", "--pool", "/nowhere", "--out", "/dev/null/x"], "cannot write"),
    ],
)
def test_bad_input_is_one_line(capsys, args, said):
    assert main(args) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


# ---- reference schedules


def test_the_paper_s_schedule_is_table_iv_and_can_be_shortened():
    turns = turns_for(GuideConfig(schedule=("paper",)), "door", None)
    assert [(t.expert, t.until) for t in turns] == [
        ("stand", 170_000),
        ("walk", 740_000),
        ("reach", 2_000_000),
    ]
    short = turns_for(GuideConfig(schedule=("paper",), until=(20_000,)), "truck", None)
    assert [(t.expert, t.until) for t in short] == [
        ("stand", 5_700),
        ("walk", 16_100),
        ("reach", 20_000),
    ]


def test_a_teacher_s_stages_can_be_the_schedule():
    turns = turns_for(GuideConfig(schedule=("teacher",), until=(900,)), "door", ANSWER)
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
        turns_for(GuideConfig(**config), task, None)


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
        GuideConfig(**config)
