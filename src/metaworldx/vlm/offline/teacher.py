"""Offline teacher: relevance from the similarity of a task's text and the experts' descriptions.

It is deterministic and needs no network. A lexicon maps words and phrases to skills. An expert is
matched by its name and description, which also covers experts that are not shipped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache

from metaworldx.vlm.offline.lexicon import VERB, lexicon
from metaworldx.vlm.offline.parser import clauses, words_of
from metaworldx.vlm.offline.phrase_matcher import is_known, stemmed
from metaworldx.vlm.offline.scoring import SKILLS, of_words, read
from metaworldx.vlm.schema import MAX_SCORE, MAX_STAGES, Guidance, Question, Stage

_OWN_WORD = 1.0
"""Weight of a word that an expert's own description shares with the text."""
_ORIGIN = "the task's words read with a lexicon, no model"
_SCENE = 0.15
_STAGE_SHARE = 0.2
"""Minimum share of an expert in a stage; smaller ones are dropped."""


class OfflineTeacher:
    """Teacher that answers every question, with low confidence if few words are known."""

    name = "offline"

    def ask(self, question: Question) -> Guidance:
        """Relevance and stages from the text and, with less weight, from the scene."""
        meaning = {
            name: _meaning(name, description) for name, description in question.experts.items()
        }
        own = {
            name: _own_words(name, description) for name, description in question.experts.items()
        }
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
        stages = tuple(stages[:MAX_STAGES])
        return Guidance(relevance, stages, round(confidence, 3), self.name, notes, _ORIGIN)


# ---- from skills to experts


def _relevance(total: Mapping[str, float], experts: Mapping[str, str]) -> dict[str, float]:
    most = max(total.values())
    if most <= 0.0:
        # Without evidence the balancing expert, if any, is relevant.
        calm = {
            name: _meaning(name, description).get("stand", 0.0)
            for name, description in experts.items()
        }
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
def _meaning(name: str, description: str) -> dict[str, float]:
    """Skills of an expert as a vector of length 1."""
    if name in SKILLS:
        return {name: 1.0}
    evidence = of_words(name.replace("_", " "))
    for skill, value in of_words(description).items():
        evidence[skill] += 0.5 * value
    length = math.sqrt(sum(value**2 for value in evidence.values()))
    return {k: v / length for k, v in evidence.items()} if length else {}


@cache
def _own_words(name: str, description: str) -> frozenset[str]:
    """Words of an expert's name and description that the lexicon lacks."""
    dull = stemmed(lexicon().dull)
    return frozenset(
        word.stem
        for word in words_of(f"{name.replace('_', ' ')} {description}")
        if word.stem not in dull and not is_known(word)
    )
