"""A server on this machine that answers as Gemini's REST endpoint does, or fails as scripted."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

LONGEST_S = 20.0
"""How long a server that does not answer holds on, at most."""


@dataclass(frozen=True)
class Seen:
    """A request as it came; header names are in lower case."""

    path: str
    headers: dict[str, str]
    body: Any

    @property
    def parts(self) -> list[dict[str, Any]]:
        return self.body["contents"][0]["parts"]

    @property
    def pictures(self) -> list[tuple[str, bytes]]:
        """MIME types and bytes; protocol buffers' JSON allows either name and alphabet."""
        data = [part["inlineData"] for part in self.parts[1:]]
        return [
            (
                each.get("mimeType") or each["mime_type"],
                base64.b64decode(each["data"].replace("-", "+").replace("_", "/"), validate=True),
            )
            for each in data
        ]

    @property
    def text(self) -> str:
        return self.parts[0]["text"]


Play = Callable[["_Handler"], None]


@dataclass
class Gemini:
    """A running server: where it is, what it has seen, and the end of those that wait in it."""

    url: str
    seen: list[Seen] = field(default_factory=list)
    plays: list[Play] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)


@contextmanager
def gemini(*plays: Play) -> Iterator[Gemini]:
    """A server that plays one thing a request; the last one for all that follow."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    here = Gemini(f"http://127.0.0.1:{server.server_address[1]}", plays=list(plays))
    server.gemini = here
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield here
    finally:
        here.over.set()
        server.shutdown()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def here(self) -> Gemini:
        return self.server.gemini

    def do_POST(self):
        data = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.here.seen.append(Seen(self.path, headers, json.loads(data or b"null")))
        play = self.here.plays[min(len(self.here.seen), len(self.here.plays)) - 1]
        self.close_connection = True
        with suppress(OSError):  # The other side may give up.
            play(self)

    do_GET = do_POST

    def log_message(self, format, *args):
        pass

    def reply(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def replies(status: int, body: bytes = b"", **headers: str) -> Play:
    """Any status and body; header names are written with `_` for `-`."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler: handler.reply(status, body, told)


def response(data: Any, **headers: str) -> Play:
    """A response of success with any JSON."""
    return replies(200, json.dumps(data).encode(), **headers)


def text(answer: str, finish: str = "STOP") -> Play:
    """A response whose first candidate says `answer`; 11 + 7 tokens, and 2 of thoughts."""
    candidate = {"content": {"role": "model", "parts": [{"text": answer}]}, "finishReason": finish}
    used = {"promptTokenCount": 11, "candidatesTokenCount": 7, "totalTokenCount": 20}
    return response({"candidates": [candidate], "usageMetadata": used})


def answer(**parts: Any) -> Play:
    """A response whose answer is this JSON."""
    return text(json.dumps(parts))


def error(status: int, message: str = "told so", details: Sequence[Any] = (), **headers) -> Play:
    """An error in Google's form; `{key}` in the message becomes the key of the request."""

    def play(handler: _Handler) -> None:
        told = message.replace("{key}", handler.headers.get("x-goog-api-key", ""))
        body = {"code": status, "message": told, "status": "FAILED", "details": list(details)}
        replies(status, json.dumps({"error": body}).encode(), **headers)(handler)

    return play


def nothing(handler: _Handler) -> None:
    """No answer at all."""
    handler.here.over.wait(LONGEST_S)


def cut_off(handler: _Handler) -> None:
    """The connection is closed before a byte of an answer."""


def drips_body(handler: _Handler) -> None:
    """Headers at once, then a byte every 20 ms: no pause is long, and there is no end."""
    handler.send_response(200)
    handler.send_header("content-length", "1000000")
    handler.end_headers()
    _drip(handler)


def drips_headers(handler: _Handler) -> None:
    """A byte of headers every 20 ms."""
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nx-slow: ")
    _drip(handler)


def _drip(handler: _Handler) -> None:
    for _ in range(int(LONGEST_S / 0.02)):
        handler.wfile.write(b" ")
        if handler.here.over.wait(0.02):
            return


def endless(handler: _Handler) -> None:
    """A body without an end, as fast as it goes."""
    handler.send_response(200)
    handler.end_headers()
    while not handler.here.over.is_set():
        handler.wfile.write(b" " * 65536)


def gibberish(handler: _Handler) -> None:
    """No HTTP, and the key in it."""
    key = handler.headers.get("x-goog-api-key", "")
    handler.wfile.write(f"WHAT {key} IS THIS\r\n\r\n".encode())
