"""The teacher that needs no network: how near a task's words are to what the experts do.

Deterministic. A lexicon maps words and phrases to skills; an expert means the skills that its own
name and description speak of, so that other experts than the shipped ones are understood too.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from metaworldx.vlm.offline import lexicon
from metaworldx.vlm.offline.lexicon import VERB
from metaworldx.vlm.offline.parser import clauses, words_of
from metaworldx.vlm.offline.phrase_matcher import is_known, stemmed
from metaworldx.vlm.offline.scoring import SKILLS, of_words, read
from metaworldx.vlm.schema import MAX_SCORE, MAX_STAGES, Guidance, Question, Stage

_OWN_WORD = 1.0
"""What a word of an expert's own description counts."""
_ORIGIN = "the task's words read with a lexicon, no model"
_SCENE = 0.15
_STAGE_SHARE = 0.2
"""Experts with less of a stage than this are left out of it."""


class OfflineTeacher:
    """Answers every question, with little confidence where it knows few of the words."""

    name = "offline"

    def ask(self, question: Question) -> Guidance:
        """Relevance and stages from the text, and from the scene's words a little."""
        meaning = {name: _meaning(name, told) for name, told in question.experts.items()}
        own = {name: _own_words(name, told) for name, told in question.experts.items()}
        stages, total = [], dict.fromkeys(question.experts, 0.0)
        known = 0.0
        for clause, evidence in read(clauses(question.text)):
            known += sum(evidence.values())
            scores = _by_expert(evidence, meaning)
            stems = {word.stem for word in clause.words}
            for name, vocabulary in own.items():
                scores[name] += _OWN_WORD * len(vocabulary & stems)
            for name in total:
                total[name] += scores[name]
            if any(scores.values()):
                stages.append(Stage(clause.text, _shares(scores)))
        hint = _by_expert(of_words(question.scene), meaning)
        if any(total.values()):
            for name in total:
                total[name] += _SCENE * hint[name]
        relevance = _relevance(total, question.experts)
        ordered = sorted(relevance.values(), reverse=True)
        margin = (ordered[0] - ordered[1]) / MAX_SCORE if len(ordered) > 1 else 1.0
        confidence = known / (known + VERB) * (0.6 + 0.3 * margin)
        notes = () if known else ("no word of the task is known",)
        told = tuple(stages[:MAX_STAGES])
        return Guidance(relevance, told, round(confidence, 3), self.name, notes, _ORIGIN)


# ---- from skills to experts


def _relevance(total: Mapping[str, float], experts: Mapping[str, str]) -> dict[str, float]:
    most = max(total.values())
    if most <= 0.0:
        # Nothing is known of the task: keep the balance, if somebody can.
        calm = {name: _meaning(name, told).get("stand", 0.0) for name, told in experts.items()}
        best = max(calm.values())
        return {name: 5.0 if best <= 0.0 or value == best else 1.0 for name, value in calm.items()}
    return {name: round(MAX_SCORE * math.sqrt(value / most), 2) for name, value in total.items()}


def _shares(scores: Mapping[str, float]) -> dict[str, float]:
    whole = sum(scores.values())
    kept = {name: value for name, value in scores.items() if value >= _STAGE_SHARE * whole}
    return {name: round(value / sum(kept.values()), 3) for name, value in kept.items()}


def _by_expert(
    evidence: Mapping[str, float], meaning: Mapping[str, Mapping[str, float]]
) -> dict[str, float]:
    return {
        name: sum(evidence[skill] * share for skill, share in shares.items())
        for name, shares in meaning.items()
    }


@cache
def _meaning(name: str, told: str) -> dict[str, float]:
    """The skills that an expert stands for, as shares of length 1."""
    if name in SKILLS:
        return {name: 1.0}
    evidence = of_words(name.replace("_", " "))
    for skill, value in of_words(told).items():
        evidence[skill] += 0.5 * value
    length = math.sqrt(sum(value**2 for value in evidence.values()))
    return {k: v / length for k, v in evidence.items()} if length else {}


@cache
def _own_words(name: str, told: str) -> frozenset[str]:
    """What an expert's name and description say beyond the lexicon."""
    dull = stemmed(lexicon.DULL)
    return frozenset(
        word.stem
        for word in words_of(f"{name.replace('_', ' ')} {told}")
        if word.stem not in dull and not is_known(word)
    )
