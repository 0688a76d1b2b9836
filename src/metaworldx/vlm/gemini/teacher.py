"""Gemini teacher: one validated answer over the network, or a one-line reason for its absence."""

from __future__ import annotations

import logging
import math
import os
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from metaworldx.vlm.base import TeacherUnavailable
from metaworldx.vlm.gemini.client import (
    Failure,
    GeminiSettings,
    Key,
    image_type,
    load_client,
    request,
)
from metaworldx.vlm.json_extraction import check_named_once, value_in, with_known_names
from metaworldx.vlm.schema import (
    MAX_TEXT,
    Guidance,
    InvalidResponse,
    Question,
    guidance_from,
    printable,
)

if TYPE_CHECKING:
    from google.genai.types import GenerateContentResponse

__all__ = ["KEY_VARIABLE", "GeminiSettings", "GeminiTeacher", "Tokens"]

log = logging.getLogger("metaworldx.vlm")

KEY_VARIABLE = "GEMINI_API_KEY"
_LONGEST_BACKOFF_S = 30.0
_ORIGIN = "Google's model {}, asked over the network"
_HELD_BACK = frozenset(
    {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR", "OTHER"}
)
"""Finish reasons of answers that Google blocks for their content."""


@dataclass(frozen=True)
class Tokens:
    """Billed tokens; `total` includes thinking tokens."""

    prompt: int = 0
    answer: int = 0
    total: int = 0

    def __add__(self, other: Tokens) -> Tokens:
        return Tokens(
            self.prompt + other.prompt, self.answer + other.answer, self.total + other.total
        )


class GeminiTeacher:
    """Teacher that asks Gemini.

    Attributes:
      settings: of the requests.
      tokens: total tokens used so far.
    """

    name = "gemini"

    def __init__(
        self,
        settings: GeminiSettings | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ):
        """Teacher with its own rate limit; `clock` and `sleep` are in seconds."""
        self.settings = settings or GeminiSettings()
        self.tokens = Tokens()
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._next_turn = -math.inf

    def ask(self, question: Question) -> Guidance:
        """Gemini's answer; blocks for `deadline_s` at most.

        Raises:
          TeacherUnavailable: no key, no server, refused, timed out, or no valid answer.
        """
        found = self._ask(question)
        if isinstance(found, Failure):
            raise TeacherUnavailable(found.reason)
        return found

    def _ask(self, question: Question) -> Guidance | Failure:
        value = os.environ.get(KEY_VARIABLE, "").strip()
        if not value:
            return Failure(f"{KEY_VARIABLE} is not set")
        if not re.fullmatch("[!-~]+", value):
            return Failure(f"{KEY_VARIABLE} is no key: it has blanks or letters beyond ASCII")
        if len(question.text) > MAX_TEXT:
            return Failure(f"the task has {len(question.text)} letters; {MAX_TEXT} at most")
        for place, image in enumerate(question.images, 1):
            if not image_type(image):
                return Failure(f"picture {place} is neither PNG nor JPEG")
        if not load_client():
            return Failure("the package google-genai cannot be imported")
        key = Key(value)
        text = self._text(question, key)
        return text if isinstance(text, Failure) else self._read(question, key, text)

    def _text(self, question: Question, key: Key) -> str | Failure:
        """The first answer with text, within the allowed attempts."""
        attempt = self.settings
        until = self._clock() + attempt.deadline_s
        failure, backoff_s = Failure("not tried for the rate limit"), 0.0
        for _ in range(attempt.retries + 1):
            if not self._take_turn(max(backoff_s, failure.wait_s), until):
                return Failure(f"{failure.reason} (no time left of {attempt.deadline_s:g} s)")
            found = request(question, attempt, key, min(attempt.timeout_s, until - self._clock()))
            if not isinstance(found, Failure):
                self._count(found)
                found = _text_in(found, key)
            if not isinstance(found, Failure) or not found.again:
                return found
            failure = found
            backoff_s = min(2.0 * backoff_s or attempt.backoff_s, _LONGEST_BACKOFF_S)
        return Failure(f"{failure.reason} (tries: {attempt.retries + 1})")

    def _take_turn(self, wait_s: float, until: float) -> bool:
        """Waits for backoff and rate limit; returns False at once if that would take too long."""
        with self._lock:
            now = self._clock()
            turn = max(now + wait_s, self._next_turn)
            if turn >= until:
                return False
            self._next_turn = turn + 60.0 / self.settings.requests_per_minute
        if turn > now:
            self._sleep(turn - now)
        return self._clock() < until

    def _read(self, question: Question, key: Key, text: str) -> Guidance | Failure:
        """The validated answer in a text."""
        experts = question.experts

        def tidied(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
            check_named_once([name for name, _ in pairs], experts)
            # Hide again: dropped characters may have split the key.
            tidy = {k: key.hide(printable(v)) if isinstance(v, str) else v for k, v in pairs}
            return {key.hide(printable(name)): value for name, value in tidy.items()}

        text = key.hide(text)
        if len(text) > self.settings.max_answer_chars:
            return Failure(f"the answer has more than {self.settings.max_answer_chars} letters")
        try:
            data = with_known_names(value_in(text, tidied), experts)
            model = self.settings.model
            return guidance_from(data, experts, f"{self.name} ({model})", _ORIGIN.format(model))
        except InvalidResponse as error:
            return Failure(key.line(str(error)))

    def _count(self, response: GenerateContentResponse) -> None:
        """Adds up and logs the tokens, which are billed for any answer."""
        used = response.usage_metadata
        if used is None:
            return
        new = Tokens(
            used.prompt_token_count or 0,
            used.candidates_token_count or 0,
            used.total_token_count or 0,
        )
        with self._lock:
            self.tokens = self.tokens + new
        usage = (self.settings.model, new.prompt, new.answer, new.total, self.tokens.total)
        log.info("%s: tokens: prompt %d, answer %d, total %d; so far %d", *usage)


def _text_in(response: GenerateContentResponse, key: Key) -> str | Failure:
    """The answer's text without thoughts, or the reason why it is missing or incomplete.

    Empty and blocked answers may be retried.
    """
    feedback, candidates = response.prompt_feedback, response.candidates
    if feedback is not None and feedback.block_reason is not None:
        why = f"the question was blocked ({feedback.block_reason.value})"
        return Failure(key.line(why), again=True)
    if not candidates:
        return Failure("no candidates in the response", again=True)
    text, finish = response.text or "", candidates[0].finish_reason
    if finish is not None and finish.value != "STOP":
        why = f"the answer was broken off ({finish.value})"
        return Failure(key.line(why), not text.strip() or finish.value in _HELD_BACK)
    return text if text.strip() else Failure("the answer is empty", again=True)
