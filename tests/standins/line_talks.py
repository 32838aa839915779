"""What the stand-in for the LINE platform remembers: users, reply tokens, retry keys, the quota.

`Talks` answers API calls that already passed the specification and the rules; it knows no HTTP.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from channels.line import limits
from tests.standins import line_rules
from tests.standins.line_spec import Operation

Json = dict[str, Any]

USER_ID = re.compile(r"U[0-9a-f]{32}")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
BOT_ID = "U" + hashlib.md5(b"stand-in bot", usedforsecurity=False).hexdigest()
CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


@dataclass
class Refused(Exception):
    """An answer other than 2xx, in LINE's shape."""

    status: int
    message: str
    details: list[dict[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    extra: Json = field(default_factory=dict)

    def body(self) -> Json:
        return {"message": self.message, **({"details": self.details} if self.details else {}), **self.extra}


@dataclass
class Answer:
    """`users`: who gets the messages; None where the call sends none."""

    status: int
    body: Json
    users: list[str] | None = None


@dataclass
class ReplyToken:
    user: str
    happened: float  # when the event did, in seconds of the clock
    delivered: float  # the last time its webhook was sent
    used: bool = False


@dataclass
class Key:
    """A retry key that was accepted."""

    at: float
    request: str
    request_id: str
    sent: list[Json]


@dataclass
class User:
    name: str
    blocked: bool = False


@dataclass
class Talks:
    """`quota`: messages a month, None for no limit; `clock`: seconds since the epoch."""

    reply_token_seconds: float = limits.REPLY_TOKEN_SECONDS
    quota: int | None = 5_000
    clock: Callable[[], float] = time.time
    users: dict[str, User] = field(default_factory=dict)
    tokens: dict[str, ReplyToken] = field(default_factory=dict)
    keys: dict[str, Key] = field(default_factory=dict)
    usage: int = 0
    _last_id: int = 500_000_000_000_000_000

    # --- events --------------------------------------------------------------------------------

    def user(self, name: str) -> str:
        """The id of the user called `name` (or having it as id), who is known from now on."""
        digest = hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
        user_id = name if USER_ID.fullmatch(name) else f"U{digest}"
        self.users.setdefault(user_id, User(name))
        return user_id

    def event(self, kind: str, user_id: str, **properties: Any) -> Json:
        """A webhook event with every property that LINE's specification requires."""
        now = self.clock()
        event = {
            "type": kind,
            "timestamp": int(now * 1000),
            "source": {"type": "user", "userId": user_id},
            "webhookEventId": _ulid(now),
            "deliveryContext": {"isRedelivery": False},
            "mode": "active",
            **properties,
        }
        if kind != "unfollow":
            event["replyToken"] = secrets.token_hex(16)
            self.tokens[event["replyToken"]] = ReplyToken(user_id, now, now)
        return event

    def message(self, kind: str, **properties: Any) -> Json:
        return {"type": kind, "id": self.next_id(), "quoteToken": secrets.token_urlsafe(24), **properties}

    def redelivered(self, event: Json) -> Json:
        """The same event as LINE sends it again: its reply token lives again, up to 20 minutes."""
        token = self.tokens.get(event.get("replyToken", ""))
        if token:
            token.delivered = self.clock()
        return {**event, "deliveryContext": {"isRedelivery": True}}

    def next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    # --- API calls -----------------------------------------------------------------------------

    def answer(
        self, operation: Operation, path: dict[str, str], body: Json, retry_key: str | None, request_id: str
    ) -> Answer:
        """Carry out a call. Raises Refused as LINE would answer."""
        found = line_rules.problems(body.get("messages", []))
        if found:
            raise Refused(400, "The request body has errors", found)
        if operation.retry_key:
            return self._send_once(operation, body, retry_key, request_id)
        if operation.id.startswith("validate"):
            return Answer(200, {})
        call: Callable[[Json, dict[str, str]], Answer] | None = getattr(self, f"_{operation.id}", None)
        if call is None:
            raise Refused(501, f"The stand-in does not play {operation.id}")
        return call(body, path)

    def _replyMessage(self, body: Json, _: dict[str, str]) -> Answer:
        token = self.tokens.get(body["replyToken"])
        now = self.clock()
        if (
            token is None
            or token.used
            or now - token.delivered > self.reply_token_seconds
            or now - token.happened > limits.REPLY_TOKEN_LAST_SECONDS
        ):
            raise Refused(400, "Invalid reply token")
        token.used = True
        return Answer(200, self._sent(body), [token.user])

    def _send_once(self, operation: Operation, body: Json, retry_key: str | None, request_id: str) -> Answer:
        if retry_key is not None and not UUID.fullmatch(retry_key):
            raise Refused(400, "The retry key is not a UUID")
        request = json.dumps([operation.id, body], sort_keys=True)
        known = self.keys.get(retry_key or "")
        if known and self.clock() - known.at < limits.RETRY_KEY_SECONDS:
            if known.request != request:  # LINE asks for the same content; what it answers is not told
                raise Refused(400, "The retry key was used for another request")
            headers = {"x-line-accepted-request-id": known.request_id}
            extra = {"sentMessages": known.sent} if known.sent else {}
            raise Refused(409, "The retry key is already accepted", headers=headers, extra=extra)
        users = self._recipients(operation.id, body)
        if self.quota is not None and self.usage + len(users) > self.quota:
            raise Refused(429, "You have reached your monthly limit.")
        self.usage += len(users)
        sent = self._sent(body) if operation.id == "pushMessage" else {}
        if retry_key is not None:
            self.keys[retry_key] = Key(self.clock(), request, request_id, sent.get("sentMessages", []))
        reached = [user for user in users if not self.users[user].blocked]
        return Answer(202 if operation.id == "narrowcast" else 200, sent, reached)

    def _recipients(self, operation: str, body: Json) -> list[str]:
        if operation == "pushMessage":
            if body["to"] not in self.users:
                raise Refused(400, "The property, 'to', in the request body is invalid")
            return [body["to"]]
        if operation == "multicast":
            return [user for user in body["to"] if user in self.users]
        return list(self.users)

    def _sent(self, body: Json) -> Json:
        return {"sentMessages": [{"id": self.next_id()} for _ in body["messages"]]}

    def _getMessageQuota(self, *_: Any) -> Answer:
        return Answer(200, {"type": "none"} if self.quota is None else {"type": "limited", "value": self.quota})

    def _getMessageQuotaConsumption(self, *_: Any) -> Answer:
        return Answer(200, {"totalUsage": self.usage})

    def _getProfile(self, _: Json, path: dict[str, str]) -> Answer:
        user = self.users.get(path["userId"])
        if user is None or user.blocked:
            raise Refused(404, "Not found")
        return Answer(200, {"displayName": user.name, "userId": path["userId"], "language": "ja"})

    def _getBotInfo(self, *_: Any) -> Answer:
        names = {"userId": BOT_ID, "basicId": "@000stand", "displayName": "Stand-in"}
        return Answer(200, {**names, "chatMode": "bot", "markAsReadMode": "auto"})

    def _showLoadingAnimation(self, body: Json, _: dict[str, str]) -> Answer:
        if body["chatId"] not in self.users:
            raise Refused(400, "The value is invalid", [{"message": "unknown chat", "property": "chatId"}])
        if body.get("loadingSeconds", 20) % 5:
            raise Refused(400, "The value is invalid", [{"message": "multiple of 5", "property": "loadingSeconds"}])
        return Answer(202, {}, [body["chatId"]])

    def _markMessagesAsReadByToken(self, *_: Any) -> Answer:
        return Answer(200, {})


def _ulid(now: float) -> str:
    number = (int(now * 1000) << 80) | secrets.randbits(80)
    return "".join(CROCKFORD[(number >> shift) & 31] for shift in range(125, -1, -5))
