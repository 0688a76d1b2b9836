"""Questions to a teacher and its answers (guidance), with the validation of every answer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

MAX_SCORE = 10.0
"""The greatest relevance."""
MAX_TEXT = 2000
"""Maximum length of a task's text in characters; longer ones are refused."""
MAX_STAGES, _MAX_STAGE_TEXT, _LARGEST = 12, 300, 1e9
MIN_WEIGHT = 1e-3
"""Minimum weight of an expert, which keeps the KL divergence from the weights finite."""


class InvalidResponse(ValueError):
    """An invalid answer; the message gives the reason."""


@dataclass(frozen=True)
class Question:
    """A question to a teacher.

    Attributes:
      text: the task in words.
      experts: the experts' descriptions by name; answers cover these alone.
      scene: description of the scene in words; may be empty.
      task: id of the environment, e.g. `h1-door-v0`; empty for a free text.
      images: the scene as encoded images (PNG or JPEG).
    """

    text: str
    experts: Mapping[str, str]
    scene: str = ""
    task: str = ""
    images: tuple[bytes, ...] = ()

    def with_images(self, images: tuple[bytes, ...]) -> Question:
        """The same question with other images."""
        return replace(self, images=images)


@dataclass(frozen=True)
class Stage:
    """One stage of a task: its description, and the experts' shares in it, which sum to 1."""

    text: str
    experts: Mapping[str, float]


@dataclass(frozen=True)
class Guidance:
    """A teacher's answer.

    Attributes:
      relevance: 0 to 10 for every expert of the question.
      stages: in order; may be empty.
      confidence: 0 to 1.
      teacher: its name, e.g. `gemini (gemini-2.5-flash)`, `cached (offline)`, `offline`.
      notes: why other teachers failed, and what was dropped from the answer.
      origin: source of the answer, in words; empty if unknown.
    """

    relevance: Mapping[str, float]
    stages: tuple[Stage, ...]
    confidence: float
    teacher: str
    notes: tuple[str, ...] = field(default=())
    origin: str = ""

    def as_data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "relevance": dict(self.relevance),
            "stages": [{"text": s.text, "experts": dict(s.experts)} for s in self.stages],
            "confidence": self.confidence,
            "teacher": self.teacher,
            "teacher_origin": self.origin,
            "notes": list(self.notes),
        }


def printable(text: str) -> str:
    """A text as one printable line.

    Drops surrogates, which cannot be encoded, and control characters, which could command a
    terminal.
    """
    return " ".join("".join(c for c in text if c.isprintable() or c.isspace()).split())


def guidance_from(
    data: Any, experts: Mapping[str, str], teacher: str, origin: str = ""
) -> Guidance:
    """A validated answer.

    Unknown experts are dropped with a note; missing experts get relevance 0. Texts are made
    printable, since answers are untrusted.

    Args:
      data: JSON data: `relevance` by expert, `stages` (each `text` and `experts`, by share or as a
        list of names), `confidence`.
      teacher, origin: name of the teacher, and source of the answer.

    Raises:
      InvalidResponse: wrong structure, numbers that are negative, too large or not finite, or all
        relevance 0.
    """
    if not isinstance(data, Mapping):
        raise InvalidResponse(f"the answer is {_kind(data)}; needs an object")
    scores = data.get("relevance")
    if not isinstance(scores, Mapping):
        raise InvalidResponse(f"relevance is {_kind(scores)}; needs an object of scores by expert")
    notes: list[str] = []
    found = {name: _number(f"relevance of {name}", x, MAX_SCORE) for name, x in scores.items()}
    unknown = [printable(str(name))[:40] for name in found if name not in experts]
    if unknown:
        notes.append(f"left out unknown experts: {', '.join(unknown[:5])}")
    relevance = {name: found.get(name, 0.0) for name in experts}
    if not any(relevance.values()):
        raise InvalidResponse("no expert has any relevance")
    given = data.get("stages", [])
    if not isinstance(given, list):
        raise InvalidResponse(f"stages are {_kind(given)}; needs a list")
    if len(given) > MAX_STAGES:
        raise InvalidResponse(f"there are {len(given)} stages; {MAX_STAGES} at most")
    stages = [stage for each in given if (stage := _stage(each, experts)) is not None]
    if len(stages) < len(given):
        notes.append("left out stages without a known expert")
    confidence = _number("confidence", data.get("confidence", 0.5), 1.0)
    who, source = printable(teacher), printable(origin)[:_MAX_STAGE_TEXT]
    return Guidance(relevance, tuple(stages), confidence, who, tuple(notes), source)


def _stage(data: Any, experts: Mapping[str, str]) -> Stage | None:
    if not isinstance(data, Mapping) or not isinstance(data.get("text"), str):
        raise InvalidResponse("a stage has no text")
    shares = data.get("experts")
    if isinstance(shares, list):
        shares = {name: 1.0 for name in shares if isinstance(name, str)}
    if not isinstance(shares, Mapping):
        raise InvalidResponse(f"a stage's experts are {_kind(shares)}; needs an object or a list")
    known = {
        name: _number(f"share of {name}", share, math.inf)
        for name, share in shares.items()
        if name in experts
    }
    total = sum(known.values())
    if total <= 0.0 or not math.isfinite(total):
        return None
    text = printable(data["text"])[:_MAX_STAGE_TEXT]
    return Stage(text, {name: share / total for name, share in known.items() if share > 0.0})


def _number(what: str, value: Any, most: float) -> float:
    what = printable(what)[:60]
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InvalidResponse(f"{what} is {_kind(value)}; needs a number")
    # Comparison also works for integers that exceed a float.
    if not (0 <= value <= most and value < math.inf):
        text_of = f"{value:g}" if isinstance(value, float) else "an integer out of range"
        raise InvalidResponse(f"{what} is {text_of}; needs 0 to {most:g}")
    if value > _LARGEST:
        raise InvalidResponse(f"{what} is too large")
    return float(value)


def _kind(value: Any) -> str:
    names = {type(None): "missing", str: "a text", list: "a list", dict: "an object"}
    return names.get(type(value), f"a {type(value).__name__}")


def weights(scores: np.ndarray, temperature: float = 1.5, floor: float = MIN_WEIGHT) -> np.ndarray:
    """Relevance `[..., K]` as weights on the simplex: softmax(score / T), each at least `floor`."""
    scaled = np.asarray(scores, float) / temperature
    raised = np.exp(scaled - scaled.max(axis=-1, keepdims=True))
    share = raised / raised.sum(axis=-1, keepdims=True)
    return floor + (1.0 - floor * share.shape[-1]) * share
