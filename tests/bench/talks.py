"""One resident's conversation with each of the systems, over HTTP. Every `send` raises `NotAnswered`
unless it was answered: a turn that fails fast must not count as a fast turn."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol
from uuid import uuid4

import aiohttp

from tests.bench.text import shorten

NOW = "2026-11-24T10:00:00+09:00"


class NotAnswered(RuntimeError):
    """The system's answer was an error, empty, or silence."""


class Talk(Protocol):
    async def send(self, text: str) -> None: ...


Open = Callable[[aiohttp.ClientSession], Awaitable[Talk]]


class EngineTalk:
    """Straight to the engine; the state is carried as the app carries it."""

    def __init__(self, http: aiohttp.ClientSession, url: str, token: str) -> None:
        self._http, self._url = http, f"{url}/turn"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._id = str(uuid4())
        self._state: dict[str, Any] | None = None

    async def send(self, text: str) -> None:
        context = {"locale": "ja", "channel": "web", "now": NOW}
        body = {"turn_id": str(uuid4()), "conversation_id": self._id, "text": text, "state": self._state}
        answer = await _post(self._http, self._url, {**body, "context": context}, self._headers)
        if not answer["replies"]:
            raise NotAnswered("engine: no replies")
        self._state = answer["state"]


class AppTalk:
    """A website's conversation, opened before any turn is timed."""

    def __init__(self, http: aiohttp.ClientSession, url: str, key: dict[str, str]) -> None:
        self._http = http
        self._url = f"{url}/api/v1/conversations/{key['conversation_id']}/messages"
        self._headers = {"Authorization": f"Bearer {key['token']}"}

    @classmethod
    async def open(cls, http: aiohttp.ClientSession, url: str) -> AppTalk:
        return cls(http, url, await _post(http, f"{url}/api/v1/conversations", {"locale": "ja"}, {}, status=201))

    async def send(self, text: str) -> None:
        answer = await _post(self._http, self._url, {"message_id": str(uuid4()), "text": text}, self._headers)
        if not answer["replies"] or answer["outcome"] in ("staff", "handed_off"):
            raise NotAnswered(f"app: {answer['outcome']}: the bot would be silent from here on")


class StockTalk:
    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url, self._id = http, f"{url}/webhooks/rest/webhook", str(uuid4())

    async def send(self, text: str) -> None:
        answer = await _post(self._http, self._url, {"sender": self._id, "message": text}, {})
        if not answer:
            raise NotAnswered("stock: an empty list, which is how the REST channel says that something failed")


async def _post(
    http: aiohttp.ClientSession, url: str, body: dict[str, Any], headers: dict[str, str], status: int = 200
) -> Any:
    async with http.post(url, json=body, headers=headers) as response:
        if response.status != status:
            raise NotAnswered(f"HTTP {response.status}: {shorten(await response.text())}")
        return await response.json()
