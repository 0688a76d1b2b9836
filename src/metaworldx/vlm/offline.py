"""The teacher that needs no network: how near a task's words are to what the experts do.

Deterministic. A lexicon maps words and phrases to skills; an expert means the skills that its own
name and description speak of, so that other experts than the shipped ones are understood too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from functools import cache

from metaworldx.vlm.guidance import MAX_STAGES, MOST, Guidance, Question, Stage
from metaworldx.vlm.lexicon import (
    AWAY,
    DULL,
    FAIR,
    GO_ON,
    LIFTS,
    LOADS,
    NOT,
    PLACES,
    STRONG,
    TAKES,
    VERB,
    WORDS,
)

SKILLS: tuple[str, ...] = ("stand", "walk", "run", "sit", "carry", "reach", "crawl", "stair")
_LONGEST_PHRASE = 5
_FROM = 0.3
_MOVING = ("walk", "run", "carry")
_NEGATED = 5
"""Words after a negation that it takes back."""
_BALANCE = 0.4
"""What manipulating asks of standing besides."""
_OWN_WORD = 1.0
"""What a word of an expert's own description counts."""
_SCENE = 0.15
_STAGE_SHARE = 0.2
"""Experts with less of a stage than this are left out of it."""
_CLAUSES = re.compile(r"[.;:!?,]|\b(?:and then|then|and|before|after|while|until|once)\b")
_LIMBS = re.compile(r"\b(?:on )?(?:your |the |its )?hands and (?:feet|knees)\b", re.IGNORECASE)
_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))
_IRREGULAR = {
    **{word: "run" for word in ("ran", "running", "runs")},
    **{word: "sit" for word in ("sat", "sitting", "sits")},
    **{word: "go" for word in ("went", "gone", "goes", "going")},
    **{word: "stand" for word in ("stood", "standing", "stands")},
    **{word: "bring" for word in ("brought", "bringing")},
    **{word: "take" for word in ("took", "taken", "taking")},
    **{word: "carry" for word in ("carries", "carried", "carrying")},
    **{word: "hold" for word in ("held", "holding")},
    **{word: "catch" for word in ("caught", "catches")},
    **{word: "put" for word in ("putting", "puts")},
    **{word: "get" for word in ("got", "getting", "gets")},
    **{word: "keep" for word in ("kept", "keeping")},
    **{word: "speed" for word in ("sped", "speeding")},
    **{word: "creep" for word in ("crept", "creeping")},
    **{word: "flee" for word in ("fled", "fleeing")},
}


class OfflineTeacher:
    """Answers every question, with little confidence where it knows few of the words."""

    name = "offline"

    def ask(self, question: Question) -> Guidance:
        """Relevance and stages from the text, and from the scene's words a little."""
        clauses = _clauses(question.text)
        meaning = {name: _meaning(name, told) for name, told in question.experts.items()}
        own = {name: _own_words(name, told) for name, told in question.experts.items()}
        stages, total, load = [], dict.fromkeys(question.experts, 0.0), False
        known = 0.0
        for text in clauses:
            words = _stems(text)
            evidence = _evidence(words, load)
            load = load or any(word in _stemmed(LOADS) for word in words)
            known += sum(evidence.values())
            scores = _by_expert(evidence, meaning)
            for name, vocabulary in own.items():
                scores[name] += _OWN_WORD * len(vocabulary.intersection(words))
            for name in total:
                total[name] += scores[name]
            if any(scores.values()):
                stages.append(Stage(text, _shares(scores)))
        hint = _by_expert(_evidence(_stems(question.scene), False), meaning)
        if any(total.values()):
            for name in total:
                total[name] += _SCENE * hint[name]
        relevance = _relevance(total, question.experts)
        ordered = sorted(relevance.values(), reverse=True)
        margin = (ordered[0] - ordered[1]) / MOST if len(ordered) > 1 else 1.0
        confidence = known / (known + VERB) * (0.6 + 0.3 * margin)
        notes = () if known else ("no word of the task is known",)
        return Guidance(
            relevance, tuple(stages[:MAX_STAGES]), round(confidence, 3), self.name, notes
        )


def _relevance(total: Mapping[str, float], experts: Mapping[str, str]) -> dict[str, float]:
    most = max(total.values())
    if most <= 0.0:
        # Nothing is known of the task: keep the balance, if somebody can.
        calm = {name: _meaning(name, told).get("stand", 0.0) for name, told in experts.items()}
        best = max(calm.values())
        return {name: 5.0 if best <= 0.0 or value == best else 1.0 for name, value in calm.items()}
    return {name: round(MOST * math.sqrt(value / most), 2) for name, value in total.items()}


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
    words = _stems(name.replace("_", " "))
    evidence = _evidence(words, False)
    for skill, value in _evidence(_stems(told), False).items():
        evidence[skill] += 0.5 * value
    length = math.sqrt(sum(value**2 for value in evidence.values()))
    return {k: v / length for k, v in evidence.items()} if length else {}


@cache
def _own_words(name: str, told: str) -> frozenset[str]:
    """What an expert's name and description say beyond the lexicon."""
    known = _lexicon()
    return frozenset(
        word
        for word in _stems(f"{name.replace('_', ' ')} {told}")
        if word not in _stemmed(DULL) and (word,) not in known
    )


def _evidence(words: list[str], load: bool) -> dict[str, float]:
    """How strongly words speak for every skill.

    Args:
      load: a thing to carry was named before.
    """
    found: dict[str, float] = dict.fromkeys(SKILLS, 0.0)
    at, taken_back, away, moving = 0, 0, False, False
    while at < len(words):
        size, entries = _longest(words, at)
        if not entries and words[at] in _stemmed(NOT):
            goes_on = at + 1 < len(words) and words[at + 1] in GO_ON
            at, taken_back = (at + 2, 0) if goes_on else (at + 1, _NEGATED)
            continue
        away = away or words[at] in AWAY
        for skill, strength in entries:
            if taken_back and skill != "stand":
                continue
            # What somebody comes from is not what they are asked to do.
            found[skill] += strength * (_FROM if away and strength < VERB else 1.0)
            moving = moving or (skill in _MOVING and strength >= STRONG)
        taken_back = max(0, taken_back - size)
        at += size
    _add_loads(found, set(words), load, moving, away)
    if found["reach"] and not (found["walk"] or found["run"]):
        found["stand"] += _BALANCE * min(found["reach"], VERB)
    if found["carry"] >= VERB:
        # Carrying is walking already.
        found["walk"] = min(found["walk"], found["carry"] - FAIR)
    return found


def _add_loads(
    found: dict[str, float], words: set[str], load: bool, moving: bool, away: bool
) -> None:
    """Adds what follows from things that can be carried being named."""
    if not (words & _stemmed(LOADS) - {"it", "them"} or (load and words & {"it", "them"})):
        return
    if words & _stemmed(TAKES) and words & PLACES and not away:
        found["carry"] += VERB
    if moving and words & {"hold", "both"}:
        found["carry"] += VERB
    elif moving and "with" in words:
        found["carry"] += STRONG
    if words & _stemmed(LIFTS):
        found["carry"] += FAIR


@cache
def _stemmed(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_stem, words))


def _longest(words: list[str], at: int) -> tuple[int, list[tuple[str, float]]]:
    """How many words the longest known phrase from there has, and what it says."""
    lexicon = _lexicon()
    for size in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
        entries = lexicon.get(tuple(words[at : at + size]))
        if entries:
            return size, entries
    return 1, []


@cache
def _lexicon() -> dict[tuple[str, ...], list[tuple[str, float]]]:
    table: dict[tuple[str, ...], list[tuple[str, float]]] = {}
    for skill, strength, words in WORDS:
        for entry in words.split():
            key = tuple(_stem(word) for word in entry.split("+"))
            if skill not in (known for known, _ in table.setdefault(key, [])):
                table[key].append((skill, strength))
    return table


def _clauses(text: str) -> list[str]:
    whole = _LIMBS.sub("on all fours", text)
    parts = (" ".join(part.split()) for part in _CLAUSES.split(whole))
    return [part for part in parts if part]


def _stems(text: str) -> list[str]:
    return [_stem(word) for word in re.findall(r"[a-z']+", text.lower())]


def _stem(word: str) -> str:
    """A word without its ending, so that `pushes`, `pushing` and `pushed` are one."""
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    for ending, instead in (
        ("ies", "y"),
        ("ied", "y"),
        ("ing", ""),
        ("ed", ""),
        ("es", ""),
        ("s", ""),
    ):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            base = word[: len(word) - len(ending)] + instead
            if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            return base.rstrip("e") if len(base) > 3 else base
    return word.rstrip("e") if len(word) > 3 else word
