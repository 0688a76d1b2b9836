"""JSON extraction from a language model's text, with normalized expert names.

Models asked for pure JSON may still add a code fence, a sentence before or after it, a list around
it, or capitalized expert names. Each of these is undone once. Text with nested wrapping, broken
JSON or several values is no answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from metaworldx.vlm.schema import InvalidResponse, printable

Pairs = list[tuple[str, Any]]

_BEGINS = re.compile(r"[{\[]")
_ASIDE = re.compile(r'\{[^{}"]*\}|\[[^\[\]{}]*\]')
"""Braces and brackets of a sentence: `{walk, reach}`, `[as asked]`."""
_VALUE = "\0"
"""Placeholder in the text for an extracted value."""
_BROKEN = re.compile(rf"[}}\]]|{_VALUE}\s*[,:]")
"""Unbalanced or continued JSON, which no sentence contains."""
_FENCE = re.compile(r"`{3,}|~{3,}")
_MARK = "\ufeff"


def value_in(text: str, tidied: Callable[[Pairs], dict[str, Any]]) -> Any:
    """The JSON value in a model's answer; a list of one object becomes the object.

    Integers are read as floats: those out of range become infinite.

    Args:
      tidied: builds an object from its names and values.

    Raises:
      InvalidResponse: no JSON, broken JSON, several values, or more than one code fence.
    """
    decoder = json.JSONDecoder(parse_int=float, object_pairs_hook=tidied)
    try:
        try:
            found = decoder.decode(text.removeprefix(_MARK))
        except json.JSONDecodeError:
            found = _value_among_words(text, decoder)
    except RecursionError:
        raise InvalidResponse("the answer is not JSON") from None
    if isinstance(found, list) and len(found) == 1 and isinstance(found[0], dict):
        return found[0]
    return found


def _value_among_words(text: str, decoder: json.JSONDecoder) -> Any:
    """The only object, or list of objects, within a text that is not JSON itself."""
    found: list[Any] = []
    words, at = "", 0
    while (begins := _BEGINS.search(text, at)) is not None:
        start = begins.start()
        words += text[at:start]
        value, at = _value_at(text, start, decoder)
        if value is not None:
            found.append(value)
            words += _VALUE
    if not found:
        raise InvalidResponse("the answer is not JSON")
    if len(found) > 1:
        raise InvalidResponse(f"the answer holds {len(found)} JSON values; needs one")
    words += text[at:]
    if _BROKEN.search(words):
        raise InvalidResponse("the answer is not JSON")
    if len(_FENCE.findall(words)) > 2:
        raise InvalidResponse("the answer is in more than one code fence")
    return found[0]


def _value_at(text: str, start: int, decoder: json.JSONDecoder) -> tuple[Any, int]:
    """The object or list that starts there (None for brackets of a sentence), and its end.

    Anything else that starts there is broken JSON, of which nothing is used.
    """
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError:
        value, end = None, start
    aside = _ASIDE.match(text, start)
    if isinstance(value, dict) or (value and any(isinstance(each, dict | list) for each in value)):
        return value, end
    if aside is None:
        raise InvalidResponse("the answer is not JSON")
    return None, aside.end()


def check_named_once(names: Sequence[str], experts: Mapping[str, Any]) -> None:
    """Raises InvalidResponse if one object has an expert in two spellings."""
    spelt: dict[str, str] = {}
    for name in names:
        known = known_name(name, experts)
        if known in experts and spelt.setdefault(known, name) != name:
            raise InvalidResponse(f"{known} is there twice, as {spelt[known]!r} and as {name!r}")


def with_known_names(data: Any, experts: Mapping[str, Any]) -> Any:
    """The data with expert names in the question's spelling, matched without case.

    The data may have any shape: invalid parts are left to the later checks.
    """
    if not isinstance(data, dict):
        return data
    found = dict(data)
    if "relevance" in found:
        found["relevance"] = _renamed(found["relevance"], experts)
    if isinstance(found.get("stages"), list):
        found["stages"] = [
            {**stage, "experts": _renamed(stage["experts"], experts)}
            if isinstance(stage, dict) and "experts" in stage
            else stage
            for stage in found["stages"]
        ]
    return found


def _renamed(given: Any, experts: Mapping[str, Any]) -> Any:
    """Scores by name, or a list of names."""
    if isinstance(given, list):
        return [known_name(each, experts) if isinstance(each, str) else each for each in given]
    if isinstance(given, dict):
        return {known_name(name, experts): value for name, value in given.items()}
    return given


def known_name(name: str, experts: Mapping[str, Any]) -> str:
    """The expert of a name, matched without case; the name itself without a unique match."""
    if name in experts:
        return name
    plain = printable(name).casefold()
    meant = [expert for expert in experts if expert.casefold() == plain]
    return meant[0] if len(meant) == 1 else name
