"""From what a language model wrote to the one JSON value in it, and the experts that it names.

Models that are asked for JSON alone put it in a code fence all the same, say a sentence before or
after it, make a list of one of it, or spell an expert as a sentence begins. Each of these is taken
off once: what is wrapped twice, broken or there twice is no answer.
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
"""What stands in the words for a value that was taken out."""
_BROKEN = re.compile(rf"[}}\]]|{_VALUE}\s*[,:]")
"""What no sentence has: a value's end without its beginning, or a value that goes on."""
_FENCE = re.compile(r"`{3,}|~{3,}")
_MARK = "\ufeff"


def value_in(text: str, tidied: Callable[[Pairs], dict[str, Any]]) -> Any:
    """The JSON value in a model's answer; a list of one object becomes the object.

    Whole numbers are read as floats: those too great for one become infinite.

    Args:
      tidied: makes an object of its names and values.

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
    """The only object, or list of objects, in a text that is no JSON as a whole."""
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
    """An object or list that begins there, None for an aside of a sentence, and where it ends.

    Whatever else begins there is JSON that is broken: nothing inside it is looked at.
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
    """Raises InvalidResponse if the names of one object spell an expert in two ways."""
    spelt: dict[str, str] = {}
    for name in names:
        known = known_name(name, experts)
        if known in experts and spelt.setdefault(known, name) != name:
            raise InvalidResponse(f"{known} is there twice, as {spelt[known]!r} and as {name!r}")


def with_known_names(data: Any, experts: Mapping[str, Any]) -> Any:
    """The data with experts' names as the question has them, whatever letters are capitals.

    Of an answer's shape nothing is taken for granted: what does not fit is left for the checks.
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
    """The expert that a name means; the name itself if it is none's, or several experts'."""
    if name in experts:
        return name
    plain = printable(name).casefold()
    meant = [expert for expert in experts if expert.casefold() == plain]
    return meant[0] if len(meant) == 1 else name
