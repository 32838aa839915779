"""LINE's webhook requests: whether they are LINE's, and the events in them.

Events are read one by one and leniently, because LINE adds types, properties and values without
notice (developers.line.biz, "Development guidelines"); the SDK's parser fails a whole request for
one event that it does not know.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

import structlog

log = structlog.get_logger()

MESSAGE_KINDS = frozenset({"text", "sticker", "image", "video", "audio", "file", "location"})
EVENT_KINDS = frozenset({"follow", "unfollow"})
# The console's Verify button once sent two made-up events with these tokens; an answer is refused.
MADE_UP_TOKENS = frozenset({"0" * 32, "f" * 32})


@dataclass(frozen=True)
class LineEvent:
    """One event of a one-to-one talk.

    `kind`: a message's type (`MESSAGE_KINDS`), `follow`, `unfollow`, or `other` for everything that
    asks for no answer: types we do not know, groups and rooms, the console's made-up events.
    `text` only for `text`. `timestamp_ms`: when it happened, also on a redelivery; 0 if not told.
    `standby`: another module has the conversation, so nothing may be sent.
    """

    event_id: str
    kind: str
    user_id: str | None
    text: str | None
    reply_token: str | None
    timestamp_ms: int
    redelivery: bool
    standby: bool


def verify(secret: str, body: bytes, signature: str | None) -> bool:
    """Whether `signature` (header x-line-signature) is LINE's for the raw `body`; constant time."""
    if not secret or not signature:
        return False
    digest = hmac.new(secret.encode(), body, hashlib.sha256).digest()
    return hmac.compare_digest(base64.b64encode(digest), signature.encode("utf-8", "surrogatepass"))


def parse(body: bytes) -> list[LineEvent]:
    """The events of a verified request, in its order; an empty list is LINE's connection check.

    An event that cannot be read at all is logged and left out. Raises ValueError where the body is
    not a JSON object.
    """
    try:
        request = json.loads(body)
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    if not isinstance(request, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 (one error for a bad body, as the docstring says)
    events = request.get("events")
    read = [_event(event) for event in events] if isinstance(events, list) else []
    return [event for event in read if event]


def _event(event: Any) -> LineEvent | None:
    message = _object(event, "message")
    # The message's id is as unique as the event's, should LINE ever leave the latter out.
    event_id = _string(event, "webhookEventId") or _string(message, "id")
    if event_id is None:
        log.warning("line_event_unreadable", type=_string(event, "type"))
        return None
    source = _object(event, "source")
    token = _string(event, "replyToken")
    personal = _string(source, "type") == "user" and token not in MADE_UP_TOKENS
    kind = _kind(event, message) if personal else "other"
    timestamp = event.get("timestamp")
    return LineEvent(
        event_id=event_id,
        kind=kind,
        user_id=_string(source, "userId") if personal else None,
        text=(_string(message, "text") or "") if kind == "text" else None,
        reply_token=token if personal else None,
        timestamp_ms=timestamp if type(timestamp) is int else 0,
        redelivery=_object(event, "deliveryContext").get("isRedelivery") is True,
        standby=event.get("mode") == "standby",
    )


def _kind(event: dict[str, Any], message: dict[str, Any]) -> str:
    name = _string(event, "type")
    known = MESSAGE_KINDS if name == "message" else EVENT_KINDS
    kind = _string(message, "type") if name == "message" else name
    return kind if kind in known else "other"


def _object(value: Any, name: str) -> dict[str, Any]:
    found = value.get(name) if isinstance(value, dict) else None
    return found if isinstance(found, dict) else {}


def _string(value: Any, name: str) -> str | None:
    """A string that can be stored: JSON may hold half a surrogate pair, which UTF-8 cannot."""
    found = value.get(name) if isinstance(value, dict) else None
    if not isinstance(found, str):
        return None
    return found.encode("utf-8", "replace").decode() if not found.isascii() else found
