"""Prompt for a vision-language model, and the JSON schema of its answer."""

from __future__ import annotations

import re
from typing import Any

from metaworldx.core.assets import asset_text
from metaworldx.vlm.schema import Question

_MARKS = re.compile(r"[<>]{3,}")
_IMAGES = "The pictures show the scene as it is at the beginning.\n"


def prompt_for(question: Question) -> str:
    """The prompt's text, made of `assets/prompt.txt`; images are sent beside it."""
    experts = "\n".join(
        f"- {name}: {description}" for name, description in question.experts.items()
    )
    return asset_text("prompt.txt").format(
        experts=experts,
        task=_inside(question.text),
        scene=_inside(question.scene) or "(nothing is said of it)",
        images=_IMAGES if question.images else "",
    )


def _inside(text: str) -> str:
    """Text that cannot close the delimiters around it."""
    return _MARKS.sub("", text).strip()


def schema_for(question: Question) -> dict[str, Any]:
    """JSON schema of the answer: scores and shares of the question's experts only."""
    names = list(question.experts)
    score = {"type": "number", "minimum": 0, "maximum": 10}
    share = {"type": "number", "minimum": 0, "maximum": 1}
    stage = {
        "type": "object",
        "properties": {
            "text": {"type": "string"},
            "experts": {"type": "object", "properties": {name: share for name in names}},
        },
        "required": ["text", "experts"],
    }
    return {
        "type": "object",
        "properties": {
            "relevance": {
                "type": "object",
                "properties": {name: score for name in names},
                "required": names,
            },
            "stages": {"type": "array", "items": stage, "maxItems": 8},
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        "required": ["relevance", "stages", "confidence"],
    }
