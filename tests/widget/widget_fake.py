"""The app's HTTP interface as the panel sees it, played by the browser test itself.

Answers are written per test, and failures can be ordered, so the panel's behaviour is tested without an engine.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlparse

from playwright.sync_api import Route

Reply = dict[str, Any]
Answer = tuple[str, list[Reply]]

SOURCE = {"title": "県議会 特別委員会 資料", "url": None, "as_of": "2022-12"}
PAGE = {"title": "市の空き家バンク", "url": "https://example.jp/akiya", "as_of": "2024-04-01"}


def text(words: str, *sources: dict[str, Any]) -> Reply:
    return {"type": "text", "text": words, "sources": list(sources)}


def choices(words: str, *labels: str) -> Reply:
    return {
        "type": "choices",
        "text": words,
        "choices": [{"label": label, "text": label} for label in labels],
        "sources": [],
    }


def card(
    title: str, words: str = "", rows: list[list[str]] | None = None, links: list[dict[str, str]] | None = None
) -> Reply:
    return {"type": "card", "title": title, "text": words, "rows": rows or [], "links": links or [], "sources": [PAGE]}


def prompt(
    field: str, kind: str, step: int, *, error: str | None = None, optional: bool = False, labels: tuple[str, ...] = ()
) -> Reply:
    return {
        "type": "form_prompt", "form": "consultation", "field": field, "text": f"{field}を教えてください。", "input": kind,
        "optional": optional, "choices": [{"label": label, "text": label} for label in labels], "error": error,
        "progress": [step, 8], "sources": [],
    }  # fmt: skip


class FakeApi:
    """Handles every `/api/v1/` request of a page. `answer(text)` gives a turn's outcome and replies."""

    def __init__(self, answer: Callable[[str], Answer]) -> None:
        self.answer = answer
        self.rows: list[dict[str, Any]] = []
        self.opened: list[str] = []  # the locales conversations were opened with
        self.sent: list[dict[str, str]] = []
        self.failures: list[tuple[int, str, dict[str, str]] | str] = []  # taken by the next messages, in order
        self.pending = False  # answer 202; the replies wait in `late`
        self.late: list[tuple[str, Reply]] = []
        self.turns: dict[str, dict[str, Any]] = {}
        self.gone = False

    def handle(self, route: Route) -> None:
        request = route.request
        path = urlparse(request.url).path
        if path.endswith("/conversations"):
            self.opened.append(request.post_data_json["locale"])
            self.gone = False
            route.fulfill(status=201, json={"conversation_id": str(uuid.uuid4()), "token": "t"})
        elif self.gone or request.headers.get("authorization") != "Bearer t":
            self.error(route, 401, "この会話は見つかりません。")
        elif request.method == "POST":
            self.post(route, request.post_data_json)
        else:
            after = int(parse_qs(urlparse(request.url).query).get("after", ["0"])[0])
            rows = self.rows[after:]
            route.fulfill(json={"messages": rows, "cursor": rows[-1]["cursor"] if rows else str(after)})

    def error(self, route: Route, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"error": {"code": "x", "message": message, "detail": None}})
        route.fulfill(status=status, body=body, headers={"content-type": "application/json", **(headers or {})})

    def post(self, route: Route, body: dict[str, str]) -> None:
        self.sent.append(body)
        if self.failures:
            failure = self.failures.pop(0)
            if isinstance(failure, str):
                route.abort(failure)
            else:
                self.error(route, *failure)
            return
        if body["message_id"] not in self.turns:
            self.turns[body["message_id"]] = self.turn(body["text"])
        turn = self.turns[body["message_id"]]
        route.fulfill(status=202 if turn.get("status") == "pending" else 200, json=turn)

    def turn(self, words: str) -> dict[str, Any]:
        turn_id = str(uuid.uuid4())
        self.add("resident", words)
        outcome, replies = self.answer(words)
        if self.pending:
            self.late = [(turn_id, reply) for reply in replies]
            return {"turn_id": self.rows[-1]["id"], "status": "pending"}  # the turn itself does not exist yet
        for reply in replies:
            self.add("bot", reply=reply, turn_id=turn_id)
        return {
            "turn_id": turn_id,
            "outcome": outcome,
            "topics": [],
            "municipalities": [],
            "desk": None,
            "replies": replies,
        }

    def deliver_late(self) -> None:
        for turn_id, reply in self.late:
            self.add("bot", reply=reply, turn_id=turn_id)
        self.late = []

    def add(
        self, author: str, words: str | None = None, reply: Reply | None = None, turn_id: str | None = None
    ) -> None:
        self.rows.append({
            "cursor": str(len(self.rows) + 1), "id": str(uuid.uuid4()), "author": author, "text": words, "reply": reply,
            "turn_id": turn_id, "created_at": "2026-11-24T03:00:00Z",
        })  # fmt: skip
