"""Gemini's answers as models write them, over the network: wrapped, spelt their own way, or empty.

Each goes through Google's client and a server on this machine; the next teacher is a stub.
"""

from __future__ import annotations

import json
import math

import pytest

from helpers import gemini_server as serve
from metaworldx.vlm.base import FallbackTeacher
from metaworldx.vlm.gemini.teacher import GeminiSettings, GeminiTeacher
from metaworldx.vlm.schema import Guidance, Question

EXPERTS = {"walk": "walks on the flat", "reach": "reaches with the hands", "stand": "keeps upright"}
QUESTION = Question("walk to the door", EXPERTS, scene="a door")
ANSWER = {
    "relevance": {"walk": 9, "reach": 2.5, "stand": 0},
    "stages": [{"text": "go [there] {now}", "experts": {"walk": 0.75, "stand": 0.25}}],
    "confidence": 0.8,
}
JSON = json.dumps(ANSWER)
LINES = json.dumps(ANSWER, indent=2)
SHORT = '{"relevance": {"walk": 9}}'


@pytest.fixture(autouse=True)
def _key(monkeypatch):
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-not-a-key")
    monkeypatch.setenv("NO_PROXY", "*")


class _Next:
    name = "stub"

    def ask(self, question):
        return Guidance(dict.fromkeys(question.experts, 1.0), (), 0.5, "stub")


def ask(*plays, experts=EXPERTS, **settings):
    """What is answered in turn, and how often the server was asked."""
    with serve.gemini(*plays) as server:
        given = {"requests_per_minute": math.inf, "base_url": server.url, **settings}
        teacher = GeminiTeacher(GeminiSettings(**given), sleep=lambda seconds: None)
        found = FallbackTeacher([teacher, _Next()]).ask(
            Question(QUESTION.text, experts, QUESTION.scene)
        )
    return found, len(server.seen)


def refused(*plays, **given):
    """The reason why Gemini's answer was passed over, and how often it was asked."""
    found, asked = ask(*plays, **given)
    assert found.teacher == "stub"
    (reason,) = found.notes
    assert reason.startswith("gemini: ") and "\n" not in reason and len(reason) < 250
    return reason.removeprefix("gemini: "), asked


WRAPPED = {
    "a fence": f"```json\n{LINES}\n```",
    "a fence of no language": f"```\n{LINES}\n```\n",
    "a fence of another": f"```JSON5 \n{JSON}```",
    "a fence of tildes": f"~~~json\n{LINES}\n~~~",
    "a fence in CRLF": f"```json\r\n{LINES}\r\n```\r\n".replace("\n", "\r\n"),
    "a fence in a line": f"```json {JSON} ```",
    "a fence that is not closed": f"```json\n{LINES}\n",
    "quotes of code": f"`{JSON}`",
    "a sentence before": f"Here is the JSON: {JSON}",
    "a sentence after": f"{LINES}\n\nLet me know if you need anything else!",
    "sentences around": f"Sure! Here is the JSON:\n\n{JSON}\n\nIt mostly walks.",
    "a fence among sentences": f"Here you go (as asked):\n```json\n{LINES}\n```\nGood luck.",
    "a list of one": f"[{JSON}]",
    "a list of one in a fence after a sentence": f"Here it is.\n```json\n[\n{LINES}\n]\n```",
    "a byte order mark": f"\ufeff{JSON}",
    "a byte order mark before a fence": f"\ufeff```json\n{LINES}\n```",
    "braces in the sentence": f"Of {{walk, reach, stand}} [all three], so: {JSON} (see [1]).",
    "blanks": f"\n\n  {LINES} \t\n",
}


@pytest.mark.parametrize("how", WRAPPED)
def test_an_answer_is_taken_out_of_what_it_comes_in(how):
    found, asked = ask(serve.text(WRAPPED[how]))
    assert (found.teacher, asked) == ("gemini (gemini-2.5-flash)", 1)
    assert found.relevance == {"walk": 9.0, "reach": 2.5, "stand": 0.0}
    assert found.stages[0].experts == {"walk": 0.75, "stand": 0.25}
    assert (found.confidence, found.notes) == (0.8, ())


NOT_ONE = {
    "two answers": (f"{SHORT}\n{SHORT}", "2 JSON values"),
    "two fences": (f"```json\n{SHORT}\n```\nor\n```json\n{SHORT}\n```", "2 JSON values"),
    "a list of two": (f"[{SHORT}, {SHORT}]", "the answer is a list; needs an object"),
    "a list of two in a fence": (f"```\n[{SHORT}, 1]\n```", "a list; needs an object"),
    "a list in a list": (f"[[{SHORT}]]", "the answer is a list; needs an object"),
    "an empty list": ("[]", "the answer is a list; needs an object"),
    "JSON in a string": (json.dumps(SHORT), "the answer is a text; needs an object"),
    "a fence in a string": (json.dumps(f"```json\n{SHORT}\n```"), "the answer is a text"),
    "a string in a fence": (f"```json\n{json.dumps(SHORT)}\n```", "not JSON"),
    "a fence in a fence": (f"````\n```json\n{SHORT}\n```\n````", "more than one code fence"),
    "an object around": (f'{{"answer": {SHORT}}}', "relevance is missing"),
    "an object around, in a fence": (f'```\n{{"answer": {SHORT}}}\n```', "relevance is missing"),
    "a comma too many": ('{"relevance": {"walk": 9},}', "not JSON"),
    "a comma too many in a fence": ('```json\n{"relevance": {"walk": 9,}}\n```', "not JSON"),
    "a comma after it": (f"{SHORT},", "not JSON"),
    "single quotes": (f"Here: {{'relevance': {SHORT}}}", "not JSON"),
    "no quotes": ('{relevance: {"walk": 9}}', "not JSON"),
    "a broken one around": (f'{{"answer": {SHORT}, }}', "not JSON"),
    "a list that breaks off": (f"So: [{SHORT}, ", "not JSON"),
    "an end too many": (f"{SHORT}}}", "not JSON"),
    "another that breaks off": (f'{SHORT}\n{{"relevance": {{"walk', "not JSON"),
    "no braces": ('"relevance": {"walk": 9}, "confidence": 1', "not JSON"),
    "a comment": ('{"relevance": {"walk": 9} // mostly\n}', "not JSON"),
    "words": ("I should say that it walks {mostly} [1].", "not JSON"),
    "deep in a sentence": ("So: " + '{"a":' * 8000, "not JSON"),
}


@pytest.mark.parametrize("how", NOT_ONE)
def test_what_is_no_single_whole_answer_is_refused_as_ever(how):
    text, reason = NOT_ONE[how]
    said, asked = refused(serve.text(text))
    assert reason in said and asked == 1


CHECKED = {
    "negative": ('{"relevance": {"walk": -1}}', "relevance of walk is -1; needs 0 to 10"),
    "NaN": ('{"relevance": {"walk": NaN}}', "relevance of walk is nan"),
    "infinite": ('{"relevance": {"WALK": Infinity}}', "relevance of walk is inf"),
    "too great": ('{"relevance": {"Walk": 11}}', "relevance of walk is 11"),
    "huge": ('{"relevance": {"walk": 1%s}}' % ("0" * 400), "relevance of walk is inf"),
    "a text": ('{"relevance": {"walk": "9"}}', "relevance of walk is a text"),
    "nobody": ('{"relevance": {"fly": 9}}', "no expert has any relevance"),
    "a negative share": (
        '{"relevance": {"walk": 9}, "stages": [{"text": "go", "experts": {"Walk": -1}}]}',
        "share of walk is -1",
    ),
}


@pytest.mark.parametrize("how", CHECKED)
@pytest.mark.parametrize("wrapped", ["```json\n{}\n```", "Here is the JSON: {} I hope.", "[{}]"])
def test_what_was_taken_out_is_checked_as_ever(how, wrapped):
    text, reason = CHECKED[how]
    said, asked = refused(serve.text(wrapped.replace("{}", text)))
    assert reason in said and asked == 1


def test_experts_are_known_whatever_letters_are_capitals():
    stages = [
        {"text": "go", "experts": {"WALK": 3, " Stand ": 1}},
        {"text": "touch", "experts": ["Reach"]},
    ]
    scores = {"Walk": 9, "REACH ": 2.5, "stand": 1, "Fly": 8}
    found, _ = ask(serve.answer(relevance=scores, stages=stages, confidence=1))
    assert found.relevance == {"walk": 9.0, "reach": 2.5, "stand": 1.0}
    assert [each.experts for each in found.stages] == [{"walk": 0.75, "stand": 0.25}, {"reach": 1}]
    assert found.notes == ("left out unknown experts: Fly",)


def test_experts_of_two_spellings_stay_two():
    experts = {"walk": "walks", "Walk": "walks otherwise"}
    found, _ = ask(serve.answer(relevance={"walk": 3, "Walk": 5, "WALK": 7}), experts=experts)
    assert found.relevance == {"walk": 3.0, "Walk": 5.0}
    assert found.notes == ("left out unknown experts: WALK",)


@pytest.mark.parametrize(
    "data",
    [
        {"relevance": {"walk": 9, "Walk": 1}},
        {"relevance": {"walk ": 9, "walk": 1}},
        {"relevance": {"WALK": 9, "Walk": 9}},
        {"relevance": {"walk": 9}, "stages": [{"text": "go", "experts": {"Reach": 1, "reach": 2}}]},
    ],
)
def test_an_expert_that_is_scored_under_two_names_is_refused(data):
    said, asked = refused(serve.answer(**data))
    assert "is there twice, as " in said and asked == 1


THOUGHT = {"parts": [{"text": "Let me think of walking.", "thought": True}]}
EMPTY = {
    "no text": (serve.text(""), "the answer is empty"),
    "blanks alone": (serve.text(" \n\t\u00a0"), "the answer is empty"),
    "no candidates": (serve.response({"candidates": []}), "no candidates in the response"),
    "nothing at all": (serve.response({}), "no candidates in the response"),
    "no parts": (serve.response({"candidates": [{"finishReason": "STOP"}]}), "the answer is empty"),
    "no content": (serve.response({"candidates": [{}]}), "the answer is empty"),
    "thoughts alone": (
        serve.response({"candidates": [{"content": THOUGHT, "finishReason": "STOP"}]}),
        "the answer is empty",
    ),
    "thoughts up to the limit": (
        serve.response({"candidates": [{"content": THOUGHT, "finishReason": "MAX_TOKENS"}]}),
        "the answer was broken off (MAX_TOKENS)",
    ),
    "a blocked question": (
        serve.response({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        "the question was blocked (PROHIBITED_CONTENT)",
    ),
    "an unsafe answer": (serve.text("", "SAFETY"), "the answer was broken off (SAFETY)"),
    "an unsafe half": (serve.text('{"rele', "SAFETY"), "the answer was broken off (SAFETY)"),
    "a recitation": (serve.text("", "RECITATION"), "the answer was broken off (RECITATION)"),
}


@pytest.mark.parametrize("how", EMPTY)
def test_who_says_nothing_is_asked_again(how):
    play, reason = EMPTY[how]
    found, asked = ask(play, play, serve.text(JSON))
    assert (found.teacher, found.relevance["walk"], asked) == ("gemini (gemini-2.5-flash)", 9.0, 3)
    assert refused(play, retries=2) == (f"{reason} (tries: 3)", 3)
    assert refused(play, retries=0) == (f"{reason} (tries: 1)", 1)


def test_who_says_nothing_until_the_deadline_is_given_up():
    clock = iter(range(0, 1000, 10))
    with serve.gemini(serve.text("")) as server:
        given = {"requests_per_minute": math.inf, "base_url": server.url, "retries": 99}
        teacher = GeminiTeacher(
            GeminiSettings(**given, deadline_s=100.0), lambda: float(next(clock)), lambda s: None
        )
        found = FallbackTeacher([teacher, _Next()]).ask(QUESTION)
    assert found.notes == ("gemini: the answer is empty (no time left of 100 s)",)
    assert 1 < len(server.seen) < 10


def test_the_tokens_of_empty_answers_are_paid_for_too():
    with serve.gemini(serve.text(""), serve.text("  "), serve.text(JSON)) as server:
        given = {"requests_per_minute": math.inf, "base_url": server.url}
        teacher = GeminiTeacher(GeminiSettings(**given), sleep=lambda seconds: None)
        teacher.ask(QUESTION)
    assert teacher.tokens.total == 3 * 20


def test_thoughts_before_an_answer_are_no_part_of_it():
    parts = [*THOUGHT["parts"], {"text": JSON[:20]}, {"text": JSON[20:]}]
    found, asked = ask(serve.response({"candidates": [{"content": {"parts": parts}}]}))
    assert (found.relevance["reach"], asked) == (2.5, 1)
