"""Lexicon of the offline teacher: English words and phrases with the motor skills they indicate.

The words are in `assets/lexicon.toml`.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache

from metaworldx.core.assets import asset_text

VERB, STRONG, FAIR, WEAK = 3.0, 2.0, 1.2, 0.6

SIGNS: tuple[str, ...] = (
    "go",  # getting somewhere by any gait
    "haste",  # what makes that running
    "calm",  # what keeps it from it
    "under",  # being under something
    "offer",  # what makes a seat one to be taken
    "seated",  # a seat that somebody is in
    "bring",  # a thing is to be elsewhere than it is
    "load",  # a thing that is mostly carried
    "unsteady",  # what must not happen to who keeps their balance
    "shake",  # what others do to it
)

Entries = tuple[tuple[str, float, tuple[str, ...]], ...]
"""Signs with a strength and the words for it. A sign is a skill or becomes one in its clause."""


@dataclass(frozen=True)
class Lexicon:
    """Words and phrases; a `+` joins a phrase, an `@` marks words that count as verbs only."""

    acts: Entries  # actions, with little weight as nouns (`the push`) or as others' actions
    things: Entries  # objects, places, manners, with little weight as landmarks (`past the stairs`)
    neutral: frozenset[str]  # neutral phrases of words that are not
    dull: frozenset[str]  # words of descriptions that indicate no skill
    negations: frozenset[str]
    away: frozenset[str]
    landmarks: frozenset[str]  # words before a location rather than an action
    towards: frozenset[str]  # words that end a landmark or a starting point
    destinations: frozenset[str]  # words before a destination
    skipped: frozenset[str]  # words that may occur within a known phrase
    go_on: frozenset[str]  # verbs whose negation means to continue
    loads: frozenset[str]  # objects that are carried when moved
    rooms: frozenset[str]  # destinations of carried objects
    whither: frozenset[str]  # destinations of accompanied people, besides `places`
    far: frozenset[str]  # distances that mean carrying
    puts: frozenset[str]
    takes: frozenset[str]  # verbs that mean carrying with an object and a destination
    lifts: frozenset[str]
    places: frozenset[str]
    limbs: frozenset[str]  # objects whose moving is not carrying
    ways: frozenset[str]  # routes: to take these is to walk along them
    beasts: frozenset[str]  # animals whose imitation is crawling
    mimics: frozenset[str]
    shows: frozenset[str]  # verbs that mean walking with people as their object
    people: frozenset[str]  # to take them somewhere is to walk with them
    determiners: frozenset[str]
    light: frozenset[str]  # verbs that say little beside a noun (`take a walk`)
    robot: frozenset[str]
    others: frozenset[str]  # subjects that are not the robot
    auxiliaries: frozenset[str]
    before_verbs: frozenset[str]
    subordinate: frozenset[str]  # conjunctions before what others do
    whole: frozenset[str]  # without stemming: stairs are many steps, a landing is no verb form
    irregular: dict[str, str]  # stems of irregular verbs by their forms


@cache
def lexicon() -> Lexicon:
    """The lexicon, read once."""
    lists = tomllib.loads(asset_text("lexicon.toml"))
    acts, things = (
        tuple(
            (each["sign"], each["strength"], tuple(each["words"].split())) for each in lists[kind]
        )
        for kind in ("acts", "things")
    )
    words = {name: frozenset(text.split()) for name, text in lists["words"].items()}
    irregular = {form: stem for stem, forms in lists["irregular"].items() for form in forms.split()}
    return Lexicon(acts, things, irregular=irregular, **words)
