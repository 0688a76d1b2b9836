"""Phrase matcher: finds the lexicon's words and phrases in a text."""

from __future__ import annotations

from functools import cache

from metaworldx.vlm.offline.lexicon import lexicon
from metaworldx.vlm.offline.parser import Word, stem

Entry = tuple[str, float, bool]
"""A sign, its strength, and whether it is an action."""
_LONGEST_PHRASE = 5


def is_known(word: Word) -> bool:
    """Whether the lexicon has the word as a single-word entry."""
    stem = word.stem
    return bool({(stem,), ("@" + stem,)} & _entries().keys()) or stem in stemmed(lexicon().takes)


@cache
def stemmed(words: frozenset[str]) -> frozenset[str]:
    """Stems of words."""
    return frozenset(map(stem, words))


def longest(words: tuple[Word, ...], at: int) -> tuple[int, list[Entry]]:
    """Length in words of the longest known phrase from there, and its signs."""
    known = _entries()
    for size in range(min(_LONGEST_PHRASE, len(words) - at), 0, -1):
        key = tuple(word.stem for word in words[at : at + size])
        for each in (key, (key[0], *(word for word in key[1:] if word not in lexicon().skipped))):
            said = known.get(each)
            as_verb = known.get(("@" + each[0], *each[1:])) if words[at].verb else None
            if as_verb is not None:
                said = as_verb + [entry for entry in said or [] if entry[2]]
            if (said is not None and key[-1] not in lexicon().skipped) or (said and size == 1):
                return size, said
    return 1, []


@cache
def _entries() -> dict[tuple[str, ...], list[Entry]]:
    """Signs of every known word and phrase; empty if it is neutral."""
    table: dict[tuple[str, ...], list[Entry]] = {_key(each): [] for each in lexicon().neutral}
    for acts, known in ((True, lexicon().acts), (False, lexicon().things)):
        for sign, strength, words in known:
            for each in words:
                said = table.setdefault(_key(each), [])
                if sign not in (already for already, *_ in said):
                    said.append((sign, strength, acts))
    return table


def _key(entry: str) -> tuple[str, ...]:
    mark, bare = ("@", entry[1:]) if entry.startswith("@") else ("", entry)
    stems = [stem(word) for word in bare.split("+") if word not in lexicon().determiners]
    return (mark + stems[0], *stems[1:])
