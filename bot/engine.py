"""The gateway to the engines: one turn in, one turn out, over loopback HTTP.

Any engine serves any conversation; calls go round the list and past an engine that is down.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, field
from typing import Any, Protocol

import httpx

from bot.errors import EngineFailed, EngineUnavailable


@dataclass(frozen=True)
class EngineTurn:
    """What the engine made of a message. `replies`/`commands` are unvalidated payloads."""

    understanding: dict[str, Any]
    replies: list[dict[str, Any]]
    commands: list[dict[str, Any]]
    state: dict[str, Any]
    notes: list[str] = field(default_factory=list)
    milliseconds: float = 0.0


class Engine(Protocol):
    def turn(
        self, *, turn_id: str, conversation_id: str, text: str, state: dict[str, Any] | None, context: dict[str, Any]
    ) -> EngineTurn: ...

    def health(self) -> str: ...


class HttpEngine:
    """Raises `EngineUnavailable` (down, loading, too slow) or `EngineFailed` (an error for this message)."""

    def __init__(self, urls: list[str], token: str, timeout_s: float) -> None:
        if not urls:
            raise ValueError("no engine: IJU_ENGINE_URLS is empty")
        self._urls = urls
        self._next = itertools.count()
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout_s, connect=2.0),
            headers={"Authorization": f"Bearer {token}"},
            limits=httpx.Limits(max_connections=64, max_keepalive_connections=64),
            trust_env=False,
        )

    def turn(
        self, *, turn_id: str, conversation_id: str, text: str, state: dict[str, Any] | None, context: dict[str, Any]
    ) -> EngineTurn:
        body = {
            "turn_id": turn_id,
            "conversation_id": conversation_id,
            "text": text,
            "state": state,
            "context": context,
        }
        started = time.perf_counter()
        response = self._call("POST", "/turn", json=body)
        if response.status_code == 503:
            raise EngineUnavailable("loading")
        if response.status_code != 200:
            raise EngineFailed(f"HTTP {response.status_code} {_code(response)}")
        try:
            data = response.json()
            return EngineTurn(
                understanding=data["understanding"],
                replies=data["replies"],
                commands=data["commands"],
                state=data["state"],
                notes=data.get("notes", []),
                milliseconds=(time.perf_counter() - started) * 1000,
            )
        except (ValueError, KeyError, TypeError) as error:
            raise EngineFailed(f"unreadable answer ({type(error).__name__})") from error

    def health(self) -> str:
        """The id of the model that is loaded; raises `EngineUnavailable`."""
        response = self._call("GET", "/health")
        if response.status_code != 200:
            raise EngineUnavailable("loading")
        return str(response.json().get("model", ""))

    def _call(self, method: str, path: str, **options: Any) -> httpx.Response:
        first = next(self._next)
        reason = ""
        for offset in range(len(self._urls)):
            url = self._urls[(first + offset) % len(self._urls)]
            try:
                return self._client.request(method, url + path, **options)
            except httpx.TransportError as error:
                reason = type(error).__name__
        raise EngineUnavailable(reason)

    def close(self) -> None:
        self._client.close()


def _code(response: httpx.Response) -> str:
    try:
        return str(response.json()["error"]["code"])
    except (ValueError, KeyError, TypeError):
        return "unreadable"
