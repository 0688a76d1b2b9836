"""Parser of the offline teacher: clauses, their subjects, and stemmed words.

It knows no skills. Determiners are dropped and mark the word after them as a noun.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

from metaworldx.vlm.offline.lexicon import lexicon

_CLAUSES = re.compile(
    r"([.;:!?,](?=\s|$)|\b(?:and then|then"
    r"|and(?! (?:into|onto|to|through|along|under|over|across|around|down|up|out|back)\b)"
    r"|but|so that|so|before|after|while"
    r"|until|when|whenever|if|once|because|since|although|though|unless|whose|which|who)\b)"
)
_ALL_FOURS = re.compile(
    r"\b(?:on )?(?:your |the |its |his |her )?"
    r"(?:(?:hands?|palms?|paws?|forearms?|elbows?)"
    r" and (?:your )?(?:feet|foot|knees?|soles?|shins?|toes)"
    r"|(?:knees|feet|shins|soles) and (?:your )?(?:hands|palms|elbows|forearms))\b",
    re.IGNORECASE,
)
_WHILE_STANDING = re.compile(r"\bwhile standing(?: still| upright)?\b", re.IGNORECASE)
_NUMBER = r"(?:\d+(?:\.\d+)?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty)"
_LIFT = r"(?:lift|elevator|escalator)s?"
_SHAPES: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), word)
    for pattern, word in (
        ("\u2019", "'"),
        (r"\b(\w+)-(\w+)", r"\1 \2"),
        (r"\bfour legged\b", "quadruped"),
        (r"\bhigh fives?\b", "highfive"),
        (r"\bby (?:way|means) of\b", "via"),
        (r"\b(?:four|all) (?:limbs|legs|paws|contact points?|contacts|points of contact)\b",
         " all fours "),
        # Lifts that cannot or may not be taken.
        (rf"\b(?:no|skip|without|forget|avoid|not|ignore|never|instead of|rather than)\b"
         rf"(?: \w+){{0,3}}? {_LIFT}\b(?! button)", " nolift "),
        (rf"\b{_LIFT} \w*(?: \w+)? ?(?:out of (?:order|service|action)|broken|stuck|jammed|dead"
         rf"|not working|repair\w*|unavailable|switched off|closed|full|fail\w*)\b", " nolift "),
        (rf"\b{_LIFT} (?:does not|doesn't|isn't|is not|stopped|has stopped|has broken)\b",
         " nolift "),
        (rf"\b(?:broken|stopped|switched off|stuck|halted|dead|jammed|closed) (?:down )?{_LIFT}\b",
         " nolift "),
        # Storeys.
        (r"\b(?:floor|level|storey|story|deck) (?:\d+|one|two|three|four|five|six|seven)\b",
         " nth floor "),
        (r"\b(?:\d+(?:st|nd|rd|th)|first|second|third|fourth|fifth|sixth|seventh|eighth|ninth"
         r"|tenth|eleventh|twelfth|topmost|uppermost|next|upper|top|lower|lowest)"
         r" (floor|storey|story|level|deck|balcony|tier)\b", r" nth floor "),
        # Speeds, sizes and times.
        (rf"\b{_NUMBER} ?(?:m/s|mps|metres? (?:per|a) second|meters? (?:per|a) second"
         rf"|km/h|kph|mph)(?!\w)", lambda found: _speed(found.group())),
        (r"\b(?:[4-9]\d ?(?:cm|centimet\w+)|0?\.[4-9]\d? ?(?:m|met\w+)\b"
         r"|(?:forty|fifty|sixty|seventy|eighty|ninety)(?: five)? centimet\w+|half (?:a )?met\w+"
         r"|(?:two|three) f(?:ee|oo)t(?= (?:high|tall|wide|across|of clear|off|above)))",
         " lowsize "),
        (rf"\b(?:in|within|under|have|only|got|less than|at most) (?:just |only |the next |about )?"
         rf"(?:{_NUMBER}|a few|a couple of|a|half a) (?:seconds?|s|minutes?|moments?)\b",
         " deadline "),
        (rf"\b(?:in )?(?:under|within|less than) (?:{_NUMBER}|a few|an|half an) (?:hours?|days?)\b",
         " "),
        # What is denied, and what is not.
        (r"\bwhy (?:not|don't you)\b", ""),
        (r"\b(?:keep|refrain|abstain|desist|resist|prevent \w+) from\b", "not"),
        (r"\b(?:rather than|instead of|no need (?:to|for)|need not|needn't|no longer)\b", "not"),
        (r"\b(?:don't|doesn't|won't|can't|cannot|mustn't|shouldn't|isn't|aren't|hasn't|haven't"
         r"|wouldn't|couldn't)\b", "not"),
    )
)  # fmt: skip
_FORBIDDEN = re.compile(
    r"\b(?:not (?:do|enough|work|allowed|permitted|possible|suffice|an option)|forbidden|banned"
    r"|prohibited|out of the question|off limits)\b"
)
_REQUEST = re.compile(
    r"\b(?:should|must|shall|(?:has|have|had|is|are|need|needs|ought|want|wants) to"
    r"|needs? \w+ing|can you|could you|will you|would you)\b"
)
_ENDINGS = (("ies", "y"), ("ied", "y"), ("ing", ""), ("ed", ""), ("es", ""), ("s", ""))


@dataclass(frozen=True)
class Word:
    """A stemmed word."""

    stem: str
    named: bool = False
    """Whether it follows a determiner: an object, or a nominalized action."""
    verb: bool = False
    """Whether it is in a verb's position."""


@dataclass(frozen=True)
class Clause:
    """A clause of a text."""

    text: str
    words: tuple[Word, ...]
    theirs: bool = False
    """Whether its subject is not the robot."""
    others: bool = False
    """Whether it describes others or the scene, and instructs nothing."""
    deadline: bool = False
    """Whether it names the event before which something has to be done."""


def clauses(text: str) -> list[Clause]:
    """The clauses of a text in order, without prohibitions."""
    pieces = _CLAUSES.split(
        _WHILE_STANDING.sub("on the spot", _ALL_FOURS.sub("on all fours", text))
    )
    found = []
    for at in range(0, len(pieces), 2):
        part = " ".join(pieces[at].split())
        before = pieces[at - 1].lower() if at else ""
        if not part:
            continue
        shaped = _shaped(part)
        if _FORBIDDEN.search(shaped):
            continue
        raw = _raw(shaped)
        theirs = _of_others(raw, before)
        others = theirs and not _REQUEST.search(shaped)
        found.append(
            Clause(
                part, _words(raw), theirs, others, others and before == "before" and len(raw) > 2
            )
        )
    return found


def words_of(text: str) -> tuple[Word, ...]:
    """The words of a text, without splitting into clauses."""
    return _words(_raw(_shaped(text)))


def _shaped(text: str) -> str:
    """A text in lower case, with sizes, speeds and the like as single words."""
    shaped = text.lower()
    for pattern, word in _SHAPES:
        shaped = pattern.sub(word, shaped)
    return " ".join(shaped.split())


def _speed(phrase: str) -> str:
    number = re.match(r"[\d.]+", phrase)
    words = {"one": 1.0, "two": 2.0, "twenty": 20.0, "thirty": 30.0}
    value = float(number.group()) if number else words.get(phrase.split()[0], 5.0)
    per_hour = re.search(r"km/h|kph|mph", phrase)
    return " fastspeed " if value / (3.6 if per_hour else 1.0) >= 2.2 else " slowspeed "


def _raw(shaped: str) -> list[str]:
    return re.findall(r"[a-z']+", shaped)


def _of_others(raw: list[str], before: str) -> bool:
    """Whether a clause has another subject than the robot."""
    head = raw[:5]
    if not head or lexicon().robot.intersection(head[:3]):
        return False
    if before in lexicon().subordinate:
        return not head[0].endswith("ing") and not {"hand", "palm"} & set(head)
    if head[0] in lexicon().others or head[0] in lexicon().determiners:
        return True
    return bool(lexicon().auxiliaries.intersection(head[1:4])) and head[0] != "not"


def _words(raw: list[str]) -> tuple[Word, ...]:
    return tuple(
        Word(stem(word), _is_named(raw, at), _is_verb(raw, at))
        for at, word in enumerate(raw)
        if word not in lexicon().determiners
    )


def _is_named(raw: list[str], at: int) -> bool:
    """Whether the word is in a noun's or adjective's position: `the push`, `a sideways push`."""
    back = raw[max(0, at - 3) : at]
    if back and back[-1] in lexicon().determiners:
        return not (len(back) > 1 and back[-1] in ("a", "an") and stem(back[-2]) in lexicon().light)
    if len(back) < 2 or back[-2] not in lexicon().determiners or back[-1] in lexicon().robot:
        return False
    if len(back) > 2 and back[-2] in ("a", "an") and stem(back[-3]) in lexicon().light:
        return False
    return not raw[at].endswith(("s", "ing", "ed"))


def _is_verb(raw: list[str], at: int) -> bool:
    if at == 0:
        return not (
            len(raw) > 2 and raw[1] not in lexicon().determiners and raw[2] in lexicon().auxiliaries
        )
    if raw[at - 1] in lexicon().before_verbs:
        return True
    return (
        at + 1 < len(raw)
        and (raw[at + 1] in lexicon().determiners or raw[at + 1] in ("it", "them"))
        and raw[at - 1] not in lexicon().determiners
    )


@cache
def stem(word: str) -> str:
    """The stem of a word, the same for `pushes`, `pushing` and `pushed`."""
    word = re.sub("'s?$", "", word)
    word = lexicon().irregular.get(word, word)
    if word in lexicon().whole:
        return word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            base = word[: len(word) - len(ending)] + instead
            if len(base) > 3 and base[-1] == base[-2] and base[-1] not in "lsz":
                base = base[:-1]
            return base.rstrip("e") if len(base) > 3 else base
    return word.rstrip("e") if len(word) > 3 else word
