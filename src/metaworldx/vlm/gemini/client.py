"""Gemini client: one request, bounded in time and bytes, whose results never contain the key."""

from __future__ import annotations

import functools
import importlib
import logging
import math
import queue
import re
import threading
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, fields
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from metaworldx.core.errors import UserError
from metaworldx.vlm.prompt import prompt_for, schema_for
from metaworldx.vlm.schema import Question, printable

if TYPE_CHECKING:
    import ssl

    from google.genai.types import GenerateContentResponse, HttpOptions

_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})
_LONGEST_TOLD_WAIT_S = 60.0
_MAX_REASON = 200
_THREAD = "gemini"
_HTTP_LOGGERS = (
    *("httpx2", "httpcore2.connection", "httpcore2.http11", "httpcore2.http2"),
    *("httpcore2.proxy", "httpcore2.socks"),
)
_IMAGE_TYPES = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg"}
_LEAST_SERVER_DEADLINE_S = 10
"""Google refuses requests with a shorter server deadline."""
_BYTES_A_LETTER, _BYTES_BESIDE = 8, 2**18
"""Maximum bytes per character of the answer, escaped, and of the rest of a response."""


@dataclass(frozen=True)
class GeminiSettings:
    """Settings of requests to Gemini, without the key, which comes from `GEMINI_API_KEY` alone.

    Attributes:
      model: Google's name of it.
      base_url: None for Google's, or the value of `GOOGLE_GEMINI_BASE_URL`.
      timeout_s: timeout of one attempt, from connecting to the answer's last byte.
      deadline_s: timeout of an answer, over all attempts and pauses.
      retries: attempts after the first, for transient errors and empty or blocked answers.
      backoff_s: pause before the first retry; doubles each time, up to 30 s.
      requests_per_minute: rate limit of the attempts; infinity for none.
      max_answer_chars: longer answers are refused.
      max_output_tokens: token limit of the model, including its thinking tokens.
    """

    model: str = "gemini-2.5-flash"
    base_url: str | None = None
    timeout_s: float = 30.0
    deadline_s: float = 120.0
    retries: int = 3
    backoff_s: float = 1.0
    requests_per_minute: float = 10.0
    max_answer_chars: int = 50_000
    max_output_tokens: int = 16_384

    def __post_init__(self):
        for field in fields(self):
            value, may_be_0 = getattr(self, field.name), field.name in ("retries", "backoff_s")
            if not isinstance(value, (int, float)):
                continue
            endless = value == math.inf and field.name != "requests_per_minute"
            if not value >= 0 or (value == 0 and not may_be_0) or endless:
                right = "0 or more" if may_be_0 else "more than 0"
                raise UserError(f"{field.name} of Gemini is {value}; needs {right}")


@dataclass(frozen=True)
class Failure:
    """Reason for a missing answer, in one line.

    Failures are values: an exception would chain the client's, whose frames hold the key.

    Attributes:
      again: whether a retry may help.
      wait_s: delay before a retry as requested by the server.
    """

    reason: str
    again: bool = False
    wait_s: float = 0.0


class Key:
    """The API key: hidden from `repr`, and removed from all external texts.

    Attributes:
      value: ASCII without blanks.
    """

    def __init__(self, value: str):
        self.value = value
        letter = r"(?:\\?{}|%{:02x}|\\u00{:02x})"
        pattern = "".join(letter.format(re.escape(c), ord(c), ord(c)) for c in value)
        self._anyhow = re.compile(pattern, re.IGNORECASE)

    def hide(self, text: str) -> str:
        """The text without the key, be it plain, escaped or URL-encoded."""
        return self._anyhow.sub("(key)", text)

    def line(self, text: str) -> str:
        """The same as one short printable line."""
        # Printable first: the key could be split by characters that this drops.
        line = self.hide(printable(text))
        return line if len(line) <= _MAX_REASON else line[: _MAX_REASON - 3] + "..."


class _Refused(Exception):
    """The rest of a response's body is not to be read."""


def load_client() -> bool:
    """Imports Google's client (a second, the first time); False if it is not installed."""
    try:
        importlib.import_module("google.genai")
        importlib.import_module("httpx2")
    except ImportError:
        return False
    _silence()
    return True


def _silence() -> None:
    """Silences the client, whose warnings and logs repeat server data, possibly with the key.

    Repeated for each question, as other code may have reset the filters.
    """
    warnings.filterwarnings("ignore", module=r"google\.genai\.")
    # One warning is also wrong: that it uses `GOOGLE_API_KEY` where both are set.
    known = list(logging.root.manager.loggerDict)
    for name in ("google_genai", *(name for name in known if name.startswith("google_genai."))):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    for name in _HTTP_LOGGERS:
        logging.getLogger(name).addFilter(_of_another)


def request(
    question: Question, settings: GeminiSettings, key: Key, seconds: float
) -> GenerateContentResponse | Failure:
    """The response to one request, within `seconds`.

    The client's own timeouts restart with each byte, so only a thread that can be abandoned bounds
    the wait. It is a daemon, so that the interpreter's exit does not wait for it.
    """
    too_late = Failure(f"no answer within {settings.timeout_s:g} s", again=True)
    box: queue.SimpleQueue[GenerateContentResponse | Failure] = queue.SimpleQueue()

    def work() -> None:
        box.put(_request(question, settings, key, seconds) or too_late)

    threading.Thread(target=work, name=_THREAD, daemon=True).start()
    try:
        return box.get(timeout=max(seconds, 0.0))
    except queue.Empty:
        return too_late


def _request(
    question: Question, settings: GeminiSettings, key: Key, seconds: float
) -> GenerateContentResponse | Failure | None:
    """The response, the reason for its absence, or None for a timeout; raises nothing."""
    import httpx2
    from google import genai
    from google.genai import errors

    most_bytes = _BYTES_A_LETTER * settings.max_answer_chars + _BYTES_BESIDE
    hooks = {"response": [_body_guard(most_bytes, seconds)]}
    try:
        # A redirect would send the key's header to another host.
        with httpx2.Client(follow_redirects=False, event_hooks=hooks, verify=_trust()) as http:
            options = _options(settings, seconds, http)
            # Without `vertexai=False` the environment can switch to Google Cloud's login.
            client = genai.Client(vertexai=False, api_key=key.value, http_options=options)
            return client.models.generate_content(
                model=settings.model, contents=_parts(question), config=_config(question, settings)
            )
    except httpx2.TimeoutException:
        return None
    except _Refused as error:
        return Failure(str(error))
    except errors.APIError as error:
        reason = key.line(f"HTTP {error.code}: {error.message or error.status or 'no reason'}")
        return Failure(reason, error.code in _TRY_AGAIN, _server_wait_s(error))
    except (httpx2.NetworkError, httpx2.RemoteProtocolError, httpx2.ProxyError) as error:
        return Failure(key.line(f"no connection: {error}"), again=True)
    except Exception as error:
        return Failure(key.line(f"{type(error).__name__}: {error}"))


def _parts(question: Question) -> list[Any]:
    from google.genai import types

    images = [
        types.Part.from_bytes(data=image, mime_type=image_type(image)) for image in question.images
    ]
    return [types.Part.from_text(text=prompt_for(question)), *images]


def _config(question: Question, settings: GeminiSettings) -> Any:
    from google.genai import types

    return types.GenerateContentConfig(
        temperature=0.0,
        seed=0,
        max_output_tokens=settings.max_output_tokens,
        response_mime_type="application/json",
        response_json_schema=schema_for(question),
        automatic_function_calling=types.AutomaticFunctionCallingConfig(disable=True),
        # Otherwise the client makes further requests as the server demands.
        automatic_continuation=False,
    )


def _options(settings: GeminiSettings, seconds: float, http: Any) -> HttpOptions:
    from google.genai import types

    server_deadline_s = max(math.ceil(seconds), _LEAST_SERVER_DEADLINE_S)
    return types.HttpOptions(
        base_url=settings.base_url,
        timeout=max(round(1000 * seconds), 1),
        headers={"X-Server-Timeout": str(server_deadline_s), "Accept-Encoding": "identity"},
        httpx_client=http,
        # The client makes these ready too, though it never uses them.
        async_client_args={"verify": _trust(), "ssl": _trust()},
    )


@functools.lru_cache(maxsize=1)
def _trust() -> ssl.SSLContext:
    """TLS context, cached: loading certificates takes 50 ms, and the client does it three times."""
    import httpx2

    return httpx2.create_ssl_context()


def _body_guard(most_bytes: int, seconds: float) -> Callable[[Any], None]:
    """A hook that aborts a response which is too long, too slow or compressed."""
    import httpx2

    until = time.monotonic() + seconds

    class Guarded(httpx2.SyncByteStream):
        def __init__(self, stream: Any):
            self._stream = stream

        def __iter__(self):
            size = 0
            for chunk in self._stream:
                size += len(chunk)
                if size > most_bytes:
                    raise _Refused(f"the response has more than {most_bytes} bytes")
                if time.monotonic() > until:
                    raise httpx2.ReadTimeout("too slow")
                yield chunk

        def close(self) -> None:
            self._stream.close()

    def guard(response: Any) -> None:
        # Its decompressed size is unbounded; no compression was requested.
        if response.headers.get("content-encoding", "identity") != "identity":
            raise _Refused("the response is compressed")
        response.stream = Guarded(response.stream)

    return guard


def _server_wait_s(error: Any) -> float:
    """Retry delay from the server, at most 60 s: from the header or Google's error details."""
    header = getattr(error.response, "headers", {}).get("retry-after", "")
    in_body = re.search(r"'retryDelay': '([0-9.]{1,12})s'", str(error.details))
    for text in (header, in_body.group(1) if in_body else ""):
        try:
            wait_s = float(text)
        except ValueError:
            continue
        if wait_s >= 0.0:
            return min(wait_s, _LONGEST_TOLD_WAIT_S)
    try:
        wait_s = parsedate_to_datetime(header).timestamp() - time.time()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(wait_s, 0.0), _LONGEST_TOLD_WAIT_S)


def image_type(image: bytes) -> str:
    """The MIME type of a PNG or JPEG by its first bytes; empty for others."""
    return next((kind for mark, kind in _IMAGE_TYPES.items() if image.startswith(mark)), "")


def _of_another(record: logging.LogRecord) -> bool:
    """Whether a log record is from another request; ours could leak what the server echoes."""
    return record.threadName != _THREAD
