"""MetaWorld's fusion in the loop, and a teacher that is asked again as a task goes on."""

import json
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from metaworldx.agents import tdmpc2
from metaworldx.cli import main
from metaworldx.composition.composer import ExpertProposals
from metaworldx.composition.gating_policies import constant_gating, fusion_gating, teacher_gating
from metaworldx.composition.guidance_arrays import encode_guidance, stage_index
from metaworldx.composition.q_fusion import FusionConfig
from metaworldx.composition.replanning import ReplanConfig, Replanner
from metaworldx.core.errors import UserError
from metaworldx.experts.skills import SKILLS
from metaworldx.residual.expert_q_values import expert_q_of
from metaworldx.training.config import TrainConfig
from metaworldx.training.learner import make_learner
from metaworldx.training.trained_agent import TrainedAgent
from metaworldx.vlm.base import TeacherUnavailable
from metaworldx.vlm.offline.teacher import OfflineTeacher
from metaworldx.vlm.questions import question_of_rest
from metaworldx.vlm.schema import MAX_TEXT, Guidance, Question, Stage

B, K, A, OBS = 3, 2, 4, 5
NAMES = ("walk", "reach")
EXPERTS = {skill.name: skill.description for skill in SKILLS.values()}
MILESTONES = ("hatch turned", "door opened", "passed")


def _seen(proposals):
    return SimpleNamespace(progress=jnp.zeros(B), proposals=proposals)


def _offer(task_obs=True):
    random = np.random.default_rng(0)
    return ExpertProposals(
        task_obs=jnp.asarray(random.normal(size=(B, OBS))) if task_obs else None,
        last=jnp.zeros((B, A)),
        weights=jnp.full((B, K), 0.5),
        held=jnp.asarray(random.uniform(-1, 1, (B, A))),
        each=jnp.asarray(random.uniform(-1, 1, (B, K, A))),
    )


# ---- fusion


def test_weights_are_fused_with_the_world_model_s_selection():
    def value(obs, last, weights, held, each):
        return jnp.tile(jnp.array([[30.0, 10.0]]), (B, 1))

    gating = fusion_gating(constant_gating(jnp.array([0.2, 0.8])), value, FusionConfig(0.7, 0.5))
    # Less their mean and over their deviation, 30 and 10 are 1 and -1: p = 1 / (1 + e^(-2 / T)).
    p = 1.0 / (1.0 + np.exp(-4.0))
    wanted = [0.7 * 0.2 + 0.3 * p, 0.7 * 0.8 + 0.3 * (1.0 - p)]
    np.testing.assert_allclose(gating(_seen(_offer())), [wanted] * B, rtol=1e-5)


def test_before_experts_have_acted_the_router_alone_weighs():
    def value(*_):
        raise AssertionError("asked for values of nothing")

    gating = fusion_gating(constant_gating(jnp.array([0.2, 0.8])), value, FusionConfig())
    np.testing.assert_allclose(gating(_seen(None)), [[0.2, 0.8]] * B)


def test_fusion_needs_the_task_s_own_observation():
    gating = fusion_gating(
        constant_gating(jnp.array([0.2, 0.8])), lambda *_: jnp.zeros((B, K)), FusionConfig()
    )
    with pytest.raises(UserError, match="own observation"):
        gating(_seen(_offer(task_obs=False)))


def _trained(obs_size):
    config = TrainConfig(task="h1-door", horizon=3)
    learner = make_learner(config, 1000)
    sizes = learner.config(obs_size, A)
    params = jax.jit(lambda key: tdmpc2.init(sizes, key).params)(jax.random.key(0))
    # The last layer of Q begins at zero, where all actions are worth the same.
    qs = jax.tree.map(
        lambda w: w + 0.1 * jax.random.normal(jax.random.key(1), w.shape), params.model.qs
    )
    params = params.replace(model=params.model.replace(qs=qs))
    return TrainedAgent(config, learner, obs_size, A, params, 0)


def test_an_agent_from_scratch_values_the_experts_actions_themselves():
    trained, offer = _trained(OBS), _offer()
    q = expert_q_of(trained)(offer.task_obs, offer.last, offer.weights, offer.held, offer.each)
    config, params = trained.agent_config, trained.params
    for k in range(K):
        one = tdmpc2.ensemble_q(config, params, offer.task_obs, offer.each[:, k][:, None])
        np.testing.assert_allclose(q[:, k], one[:, 0], rtol=1e-4, atol=1e-5)
    assert q.shape == (B, K) and np.ptp(np.asarray(q)) > 1e-3


def test_a_guided_agent_values_the_way_towards_every_expert():
    trained, offer = _trained(OBS + A + K), _offer()
    q = expert_q_of(trained, authority=0.1)(
        offer.task_obs, offer.last, offer.weights, offer.held, offer.each
    )
    seen = jnp.concatenate([offer.task_obs, offer.last, offer.weights], axis=-1)
    towards = jnp.clip((offer.each - offer.held[:, None]) / 0.1, -1.0, 1.0)
    assert float(jnp.abs(towards).max()) == 1.0
    config, params = trained.agent_config, trained.params
    np.testing.assert_allclose(q, tdmpc2.ensemble_q(config, params, seen, towards), rtol=1e-5)


@pytest.mark.parametrize(
    "wrong", [{"alpha": -0.1}, {"alpha": 1.1}, {"alpha": float("nan")}, {"temperature": 0.0}]
)
def test_settings_of_fusion_are_checked(wrong):
    with pytest.raises(UserError):
        FusionConfig(**wrong)


# ---- asking again

ANSWER = Guidance(
    relevance={"walk": 8.0, "reach": 5.0},
    stages=tuple(
        Stage(text, {name: 1.0})
        for text, name in (
            ("Reach for the handle", "reach"),
            ("pull the door open", "reach"),
            ("walk through the doorway.", "walk"),
        )
    ),
    confidence=0.8,
    teacher="hand",
)
QUESTION = Question(
    "Open the door and walk through.", dict.fromkeys(NAMES, ""), "A door.", "h1-door"
)


class _Recorder:
    """Answers that walking is all, and remembers what it was asked."""

    name = "recorder"

    def __init__(self, silent=False):
        self.asked, self.silent = [], silent

    def ask(self, question):
        self.asked.append(question)
        if self.silent:
            raise TeacherUnavailable("lost for words")
        return Guidance({"walk": 10.0, "reach": 0.0}, (), 0.9, "recorder")


def _replanner(teacher, **config):
    return Replanner(teacher, QUESTION, ANSWER, NAMES, MILESTONES, ReplanConfig(**config))


def test_a_stage_s_end_is_asked_about_once_for_all_that_are_there():
    teacher = _Recorder()
    replanner = _replanner(teacher)
    guidance = replanner.first(4)
    none = np.zeros((4, 3), bool)
    assert replanner.again(guidance, none, 1.0, 0.0, None) is guidance and not teacher.asked
    some = none.copy()
    some[[0, 2], 0] = True
    after = replanner.again(guidance, some, 2.0, 1.0, lambda n: f"picture {n}".encode())
    (question,) = teacher.asked
    assert question.text == "pull the door open, then walk through the doorway"
    assert "Reached already: hatch turned." in question.scene
    assert "door opened, passed" in question.scene and question.images == (b"picture 0",)
    weights = np.asarray(teacher_gating(after)(SimpleNamespace(progress=jnp.zeros(4))))
    assert np.all(weights[[0, 2], 0] > 0.99)
    np.testing.assert_allclose(weights[[1, 3]], np.asarray(guidance.prior)[[1, 3]])
    np.testing.assert_allclose(after.progress_at_answer, [1 / 3, 0.0, 1 / 3, 0.0], rtol=1e-6)
    assert replanner.again(after, some, 3.0, 2.0, None) is after and len(teacher.asked) == 1


def test_a_teacher_is_asked_again_as_often_as_is_wished():
    teacher = _Recorder()
    replanner = _replanner(teacher, seconds=2.0)
    guidance, none = replanner.first(2), np.zeros((2, 3), bool)
    for now in range(1, 7):
        guidance = replanner.again(guidance, none, float(now), now - 1.0, None)
    assert len(teacher.asked) == 3


def test_what_was_said_holds_on_where_there_is_no_answer(caplog):
    teacher = _Recorder(silent=True)
    replanner = _replanner(teacher)
    guidance, some = replanner.first(2), np.array([[True, False, False]] * 2)
    for now in (1.0, 2.0, 3.0):
        after = replanner.again(guidance, some, now, now - 1.0, None)
        for new, old in zip(jax.tree.leaves(after), jax.tree.leaves(guidance), strict=True):
            np.testing.assert_array_equal(new, old)
        guidance = after
    assert len(teacher.asked) == 1 and caplog.text.count("lost for words") == 1


def test_nobody_is_asked_once_all_is_done():
    teacher = _Recorder()
    replanner = _replanner(teacher, seconds=1.0)
    done = np.ones((2, 3), bool)
    replanner.again(replanner.first(2), done, 5.0, 4.0, None)
    assert not teacher.asked


def test_stages_of_a_later_answer_are_of_the_rest():
    later = encode_guidance(ANSWER, NAMES, progress_at_answer=1 / 3)
    # From one milestone of three to all of them, its three stages.
    stages = stage_index(later, jnp.array([0.0, 1 / 3, 0.6, 0.8, 1.0]))
    np.testing.assert_array_equal(stages, [0, 0, 1, 2, 2])


def test_the_offline_teacher_wants_walking_for_what_is_left_at_the_door():
    teacher = OfflineTeacher()
    whole = Question("Reach for the handle, turn it, then walk through the doorway.", EXPERTS)
    answer = teacher.ask(whole)
    assert max(answer.relevance, key=lambda name: answer.relevance[name]) == "reach"
    rest = question_of_rest(whole, answer.stages[-1:], MILESTONES[:2], MILESTONES[2:])
    again = teacher.ask(rest)
    assert max(again.relevance, key=lambda name: again.relevance[name]) == "walk"


def test_what_is_left_of_a_task_is_asked_within_a_text_s_length():
    long = tuple(Stage("walk on and on " * 20, {"walk": 1.0}) for _ in range(12))
    rest = question_of_rest(QUESTION, long, (), MILESTONES)
    assert len(rest.text) <= MAX_TEXT and rest.task == ""
    assert "Nothing is reached yet." in rest.scene


@pytest.mark.parametrize("seconds", [0.0, -1.0, float("nan"), float("inf")])
def test_times_of_asking_again_are_checked(seconds):
    with pytest.raises(UserError, match="needs over 0"):
        ReplanConfig(seconds)


# ---- commands

DOOR = ("teacher", "offline", "--task", "h1-door")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["expert", "walk", "--fuse", "x"], "unknown: --fuse"),
        (["scripted", "hold", "--task", "h1-walk", "--replan", "0"], "unknown: --replan"),
        (["router", "x", "--task", "h1-door", "--checkpoint", "best"], "unknown: --checkpoint"),
        (["expert", "walk", "--act-with", "mppi"], "unknown: --act-with"),
        (["agent", "x", "--pool", "y"], "unknown: --pool"),
        (["x", "--untrained"], "unknown: --offsets"),
        (["agent", "x", "--seed", "-1"], "seed is -1"),
        ([*DOOR, "--alpha", "2"], "--alpha is for --fuse"),
        ([*DOOR, "--fuse", "nowhere", "--alpha", "2"], "alpha is 2.0"),
        ([*DOOR, "--fuse", "nowhere", "--temperature", "0"], "temperature is 0.0"),
        ([*DOOR, "--fuse", "nowhere"], "nowhere"),
        (["teacher", "offline", "--task", "h1-walk", "--replan", "0"], "no milestones"),
        ([*DOOR, "--replan", "-1"], "needs over 0"),
    ],
)
def test_bad_input_is_one_line(capsys, args, said):
    assert main(["eval", *args]) == 2
    err = capsys.readouterr().err
    assert said in err and err.count("\n") == 1


@pytest.mark.slow
def test_experts_are_mixed_under_answers_that_are_asked_for_anew(capsys, monkeypatch):
    asked = []
    ask = OfflineTeacher.ask

    def counted(self, question):
        asked.append(question)
        return ask(self, question)

    monkeypatch.setattr(OfflineTeacher, "ask", counted)
    args = ["teacher", "offline", "--task", "h1-door", "--episodes", "2", "--replan", "5"]
    assert main(["eval", *args, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["replan"] == 5.0 and "asked again" in found["act_with"]
    assert len(asked) >= 4 and any("Not reached yet" in each.scene for each in asked)
