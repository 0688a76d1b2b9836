"""Scoring of the offline teacher: evidence for every skill in a text.

Words and phrases yield signs (`_signs`); the evidence of a clause follows from its signs and from
those of the rest of the text (`_resolved`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from metaworldx.vlm.offline.lexicon import FAIR, SIGNS, STRONG, VERB, WEAK, lexicon
from metaworldx.vlm.offline.parser import Clause, Word, words_of
from metaworldx.vlm.offline.phrase_matcher import is_known, longest, stemmed

SKILLS: tuple[str, ...] = ("stand", "walk", "run", "sit", "carry", "reach", "crawl", "stair")
_GAITS = ("run", "crawl", "stair", "carry")
"""Gaits besides walking."""
_FAINT = 0.3
"""Weight of landmarks and starting points."""
_LANDMARK = 3
"""Number of words after `past`, `beside` and the like that count as landmarks."""
_PLACE = 0.5
"""Weight of an object to touch or to sit on as a destination."""
_ONTO = frozenset({"to", "into", "onto", "over", "back"})
_SEATS = frozenset({"on", "onto", "into", "in"})
_SEATED = 1.5
"""Weight of a seat after these."""
_NAMED = 0.4
"""Weight of a nominalized action, as in `the push`."""
_OTHERS = 0.4
"""Weight of others' actions."""
_NEGATED = 5
"""Number of words that a negation covers."""
_BALANCE = 0.24
"""Evidence for standing that manipulation adds."""


def read(parsed: list[Clause]) -> Iterable[tuple[Clause, dict[str, float]]]:
    """Every clause with its evidence for every skill."""
    signs = [_signs(clause) for clause in parsed]
    # Descriptions determine the gait of other clauses: by the stairs, or in a hurry.
    around = {sign: sum(found[sign] for found in signs) for sign in (*SKILLS, *SIGNS)}
    load = False
    for clause, found in zip(parsed, signs, strict=True):
        yield clause, _resolved(clause, found, around, load)
        load = load or clause.theirs or bool(_stems(clause) & stemmed(lexicon().loads))


def of_words(text: str) -> dict[str, float]:
    """Evidence for every skill in a description of a scene or an expert."""
    clause = Clause(text, words_of(text), theirs=True)
    found = _signs(clause)
    return _resolved(clause, found, found, False)


def _stems(clause: Clause) -> frozenset[str]:
    return frozenset(word.stem for word in clause.words)


@dataclass
class _Context:
    """Context from the preceding words: for how many words it still holds."""

    negated: int = 0
    landmark: int = 0
    place: int = 0
    seat: int = 0
    away: bool = False

    def update(self, stem: str, staying: bool) -> None:
        """Updates with a word; `by` names a route, or a landmark if one stays."""
        if stem in lexicon().away:
            self.away = True
        elif stem in stemmed(lexicon().landmarks) or (stem == "by" and staying):
            self.landmark = _LANDMARK + 1
        elif stem in lexicon().towards:
            self.away, self.landmark = False, 0
        if stem in stemmed(lexicon().destinations):
            self.place = _LANDMARK + 1
        if stem in _SEATS:
            self.seat = _LANDMARK + 1

    def advance(self, size: int) -> None:
        """Advances by some words."""
        self.negated = max(0, self.negated - size)
        self.landmark = max(0, self.landmark - size)
        self.place = max(0, self.place - size)
        self.seat = max(0, self.seat - size)

    def share(self, sign: str, strength: float) -> float:
        """Weight of an object's sign."""
        if self.landmark or (self.away and strength < VERB):
            return _FAINT
        if self.seat and sign == "sit":
            return _SEATED
        return _PLACE if self.place and sign in ("reach", "sit") else 1.0


def _signs(clause: Clause) -> dict[str, float]:
    """Strengths of a clause's words and phrases, by skill and sign."""
    found: dict[str, float] = dict.fromkeys((*SKILLS, *SIGNS), 0.0)
    words, at, near, acted = clause.words, 0, _Context(), False
    doings = _OTHERS if clause.others else 1.0
    while at < len(words):
        size, entries = longest(words, at)
        stem, named = words[at].stem, size == 1 and words[at].named
        if not entries and stem in stemmed(lexicon().negations):
            skipped = _goes_on(words, at + 1)
            near.negated = 0 if skipped else _NEGATED
            at += 1 + skipped
            continue
        if size == 1 and _arrives(words, at):
            entries = [("go", STRONG, True)]
        near.update(stem, found["stand"] + found["sit"] + found["reach"] >= VERB)
        for sign, strength, act in entries:
            if sign == "unsteady":
                # Not to fall means to stand.
                found["stand"] += strength if near.negated else 0.0
            elif near.negated:
                continue
            elif sign == "shake":
                found[sign] += strength if clause.others or named else 0.0
            elif act:
                found[sign] += strength * doings * (_NAMED if named else 1.0)
            else:
                theirs = doings if sign == "stand" else 1.0
                found[sign] += strength * near.share(sign, strength) * theirs
                found["seated"] += float(sign == "sit" and near.seat > 0)
            acted = acted or (act and not near.negated)
        near.advance(size)
        at += size
    found["haste"] += STRONG if clause.deadline else 0.0
    if not (acted or clause.theirs or found["go"] >= STRONG):
        _add_unknown(found, words)
    return found


def _arrives(words: tuple[Word, ...], at: int) -> bool:
    """Whether `reach` means to arrive: no object to touch follows."""
    if words[at].stem != "reach" or at + 1 == len(words) or not words[at + 1].named:
        return False
    touched = stemmed(lexicon().loads) | {"point", "spot", "dot", "marker", "pose", "position"}
    return not any(
        words[to].stem in touched or "reach" in {sign for sign, *_ in longest(words, to)[1]}
        for to in range(at + 1, min(at + 4, len(words)))
    )


def _goes_on(words: tuple[Word, ...], at: int) -> int:
    """1 where a negated word means to continue, as in `without stopping`."""
    return int(at < len(words) and words[at].stem in stemmed(lexicon().go_on))


def _add_unknown(found: dict[str, float], words: tuple[Word, ...]) -> None:
    """An unknown verb with a place means to go there; with an object, to manipulate it."""
    if (
        len(words) < 2
        or not words[0].verb
        or is_known(words[0])
        or words[0].stem in stemmed(lexicon().dull)
    ):
        return
    if words[1].stem in stemmed(lexicon().places) | {"toward", "around"}:
        found["go"] += FAIR
    elif words[1].named:
        found["reach"] += WEAK if any(found[skill] for skill in ("run", "sit", "crawl")) else FAIR


def _resolved(
    clause: Clause, signs: Mapping[str, float], around: Mapping[str, float], load: bool
) -> dict[str, float]:
    """Evidence of a clause for every skill.

    Args:
      signs: of its own words.
      around: of the whole text.
      load: whether an object to carry was named before.
    """
    found = {skill: signs[skill] for skill in SKILLS}
    _add_loads(found, clause, signs, load)
    if around["carry"] or found["carry"] or signs["go"] >= FAIR or found["walk"] >= VERB:
        found["carry"] += signs["load"]
    else:
        found["carry"] += _FAINT * signs["load"]
    if signs["seated"] and found["sit"]:
        # Waiting in a seat is sitting.
        found["stand"] *= 0.5
    acts = found["stand"] + found["reach"] + found["sit"] + found["carry"]
    found["crawl"] += signs["under"] * (1.0 if acts < VERB else _FAINT)
    if _mimics(_asked(clause)) and found["run"] < STRONG:
        found["crawl"] += VERB + FAIR
    found["stand"] += signs["shake"] * (0.75 if around["stand"] else 0.5)
    if around["sit"]:
        found["sit"] += signs["offer"]
    _add_going(found, signs, around)
    if found["reach"] and not (found["walk"] or found["run"]):
        found["stand"] += _BALANCE * min(found["reach"], VERB)
    if found["carry"] >= VERB:
        # Carrying is walking already.
        found["walk"] = min(found["walk"], found["carry"] - FAIR)
    return found


def _add_going(
    found: dict[str, float], signs: Mapping[str, float], around: Mapping[str, float]
) -> None:
    """Locomotion is walking unless another gait is named."""
    going, hurry = signs["go"], 0.0 if around["calm"] else min(around["haste"], VERB)
    busy = sum(around[skill] for skill in ("stand", "sit", "carry", "reach")) >= VERB
    if hurry and (going or found["run"] or (signs["haste"] and not busy)):
        found["run"] += hurry if going >= FAIR or not busy else WEAK
    gait = max(_GAITS, key=lambda skill: found[skill])
    if found[gait] < FAIR:
        gait = max(_GAITS, key=lambda skill: around[skill])
        strength = around[gait] if going >= FAIR else 0.0
    else:
        strength = found[gait]
    if going and strength >= FAIR and found["walk"] < VERB:
        found[gait] += 0.7 * going
        going *= 0.3
    found["walk"] += going


def _add_loads(
    found: dict[str, float], clause: Clause, signs: Mapping[str, float], load: bool
) -> None:
    """Adds the evidence from objects that are moved or held."""
    stems = _stems(clause)
    if _shown(_asked(clause)):
        found["walk"] += VERB + FAIR
        found["carry"] *= _FAINT
        return
    if signs["bring"]:
        found["carry" if clause.theirs else "walk"] += signs["bring"]
    moved = _moved(clause)
    if moved:
        found["carry"] += moved
        # An object that is moved is neither a seat nor only touched.
        found["sit"] *= _FAINT
        found["reach"] *= _FAINT if found["reach"] < VERB else 1.0
    if not (stems & stemmed(lexicon().loads) - {"it", "them"} or (load and stems & {"it", "them"})):
        return
    moving = found["walk"] >= STRONG or found["run"] >= STRONG or signs["go"] >= STRONG
    moving = moving or found["carry"] >= STRONG
    if moving and stems & {"hold", "both"}:
        found["carry"] += VERB
    elif moving and "with" in stems:
        found["carry"] += STRONG
    if stems & stemmed(lexicon().lifts):
        found["carry"] += FAIR


def _asked(clause: Clause) -> tuple[Word, ...]:
    """A clause's words, without others' actions and negated ones."""
    denied = (
        at for at, word in enumerate(clause.words) if word.stem in stemmed(lexicon().negations)
    )
    return () if clause.others else clause.words[: next(denied, len(clause.words))]


def _mimics(words: tuple[Word, ...]) -> bool:
    """Whether the robot is to move like a four-legged animal."""
    return any(
        word.stem in stemmed(lexicon().beasts)
        and {each.stem for each in words[max(0, at - 3) : at]} & stemmed(lexicon().mimics)
        for at, word in enumerate(words)
    )


def _shown(words: tuple[Word, ...]) -> bool:
    """Whether people are to be accompanied: `see our guest off`."""
    stems = [word.stem for word in words]
    people, whither = stemmed(lexicon().people), stemmed(lexicon().places | lexicon().whither)
    for at, word in enumerate(words):
        if word.stem not in stemmed(lexicon().shows) or word.named:
            continue
        person = [to for to in range(at + 1, min(at + 4, len(words))) if stems[to] in people]
        if person and set(stems[person[0] + 1 :]) & whither:
            return True
    return False


def _moved(clause: Clause) -> float:
    """Confidence that something is moved somewhere: `get these over to the office`."""
    words = _asked(clause)
    stems = {word.stem for word in words}
    if clause.theirs and stems & stemmed(lexicon().takes) and stems & _ONTO:
        return VERB + 0.5
    return max((_moved_from(words, at) for at in range(len(words))), default=0.0)


def _moved_from(words: tuple[Word, ...], at: int) -> float:
    """Confidence that a word is a verb that moves something somewhere."""
    verb, loads = words[at], stemmed(lexicon().loads)
    after = [word.stem for word in words[at + 1 :]]
    puts = verb.stem in stemmed(lexicon().puts) and bool(
        stemmed(lexicon().rooms | lexicon().far).intersection(after)
    )
    unknown = at == 0 and not is_known(verb)
    if verb.named or not (puts or unknown or verb.stem in stemmed(lexicon().takes)):
        return 0.0
    places = stemmed(lexicon().places) | ({"in"} if puts else set())
    until = next((to for to, stem in enumerate(after) if stem in places), 0)
    taken = set(after[:until])
    if not taken or taken & stemmed(lexicon().limbs | lexicon().ways):
        return 0.0
    if after[until] in ("from", "off", "out") and not _ONTO.intersection(after[until:]):
        return 0.0
    if unknown and not puts and not taken & loads - {"it", "them"}:
        return 0.0
    if puts:
        return VERB + FAIR if taken & loads or words[at + 1].named else 0.0
    return VERB + 0.5 if taken & loads else VERB if words[at + 1].named else 0.0
