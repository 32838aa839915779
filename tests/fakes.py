"""Fakes in the places bootstrap leaves for them."""

from __future__ import annotations

import threading
import time
from typing import Any

from bot.conversation.models import Conversation, OutboxRow
from bot.engine import EngineTurn
from bot.errors import EngineUnavailable


class FakeEngine:
    """Echoes: the state counts the turns. `fail` holds errors to raise first; `down` refuses all."""

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.fail: list[Exception] = []
        self.down = False
        self.delay = 0.0
        self.commands: list[dict[str, Any]] = []
        self._guard = threading.Lock()

    def turn(self, *, turn_id: str, conversation_id: str, text: str, state: Any, context: dict[str, Any]) -> EngineTurn:
        with self._guard:
            self.calls.append(text)
            if self.down:
                raise EngineUnavailable("down")
            if self.fail:
                raise self.fail.pop(0)
        time.sleep(self.delay)
        count = (state or {}).get("count", 0) + 1
        result = {"command": "result", "outcome": "answered", "topics": ["smalltalk"]}
        return EngineTurn(
            understanding={"topics": [{"id": "smalltalk", "confidence": 1.0}], "text": text},
            replies=[{"type": "text", "text": f"{count}: {text}"}],
            commands=[*self.commands, result],
            state={"count": count},
            milliseconds=1.0,
        )

    def health(self) -> str:
        if self.down:
            raise EngineUnavailable("down")
        return "fake"


class FakeSender:
    """Records what was sent; `fail` holds exceptions to raise first."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, list[Any]]] = []
        self.fail: list[Exception] = []

    def send(self, row: OutboxRow, conversation: Conversation) -> None:
        if self.fail:
            raise self.fail.pop(0)
        self.sent.append((conversation.id, row.replies))
