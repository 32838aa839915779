"""The HTTP API of the website's conversations (CONTRACT "HTTP")."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import secrets
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from bot import workflows
from bot.bootstrap import App
from bot.conversation import repository
from bot.conversation.models import Conversation, Message
from bot.conversation.service import Incoming
from bot.errors import EmptyText, NotAuthorised, TextTooLong
from knowledge.models import Locale

MAX_TEXT = 5000
CHANNEL = "web"
router = APIRouter(prefix="/api/v1", tags=["conversations"])


def get_app(request: Request) -> App:
    app: App = request.app.state.iju
    return app


TheApp = Annotated[App, Depends(get_app)]


def reads_english(request: Request) -> bool:
    return request.headers.get("accept-language", "").lower().startswith("en")


class NewConversation(BaseModel):
    model_config = ConfigDict(json_schema_extra={"example": {"locale": "ja"}})
    locale: Locale = "ja"


class ConversationKey(BaseModel):
    """`token` is the only key to the conversation; it is shown once."""

    conversation_id: str
    token: str


class NewMessage(BaseModel):
    model_config = ConfigDict(
        json_schema_extra={
            "example": {"message_id": "0197a2c1-0000-7000-8000-000000000001", "text": "阿蘇市で空き家を探しています"}
        }
    )
    message_id: UUID = Field(description="made by the sender; the same id again gives the same turn")
    text: str = Field(description="1 to 5,000 characters")


TURN_EXAMPLE = {
    "turn_id": "0197a2c1-0000-7000-8000-000000000002",
    "outcome": "answered",
    "topics": ["vacant_house_bank"],
    "municipalities": ["阿蘇市"],
    "desk": None,
    "replies": [
        {
            "type": "text",
            "text": "…",
            "sources": [{"title": "…", "url": "https://example.jp/", "as_of": "2026-11"}],
        }
    ],
}


@router.post("/conversations", status_code=201)
async def start(app: TheApp, body: NewConversation | None = None) -> ConversationKey:
    """Start a conversation in ja, easy_ja or en."""
    token = secrets.token_urlsafe(32)
    locale = body.locale if body else "ja"
    conversation = await asyncio.to_thread(
        app.conversations.start, CHANNEL, locale, token_hash=hashlib.sha256(token.encode()).hexdigest()
    )
    return ConversationKey(conversation_id=conversation.id, token=token)


async def authorised(app: TheApp, conversation_id: str, authorization: Annotated[str, Header()] = "") -> Conversation:
    """The conversation its bearer token opens; 401 for any other, whether it exists or not."""
    scheme, _, token = authorization.partition(" ")
    given = hashlib.sha256(token.strip().encode()).hexdigest()
    found = await asyncio.to_thread(_load, app, conversation_id)
    known = found.token_hash if found and found.token_hash else ""
    if scheme.lower() != "bearer" or not token or not hmac.compare_digest(given, known):
        raise NotAuthorised
    assert found is not None
    return found


def _load(app: App, conversation_id: str) -> Conversation | None:
    with app.database.read() as session:
        return repository.conversation(session, conversation_id)


Authorised = Annotated[Conversation, Depends(authorised)]


@router.post(
    "/conversations/{conversation_id}/messages",
    responses={
        200: {"content": {"application/json": {"example": TURN_EXAMPLE}}},
        202: {"content": {"application/json": {"example": {"turn_id": "…", "status": "pending"}}}},
    },
)
async def send(app: TheApp, conversation: Authorised, message: NewMessage, response: Response) -> dict[str, Any]:
    """Send a message: 200 with its turn, or 202 when the answer will come by the thread."""
    if not message.text.strip():
        raise EmptyText
    if len(message.text) > MAX_TEXT:
        raise TextTooLong
    incoming = Incoming(event_id=str(message.message_id), text=storable(message.text))
    stored = await asyncio.to_thread(app.conversations.receive, conversation.id, incoming)
    if not stored.is_new and (turn := await asyncio.to_thread(turn_json, app, stored.message_id)):
        return turn
    waiting = asyncio.ensure_future(workflows.wait_for(stored.message_id, app.settings.reply_wait_s))
    await asyncio.sleep(0)
    await workflows.start_turn(stored.message_id, conversation.id, CHANNEL, incoming.event_id, pushed=False)
    await waiting
    turn = await asyncio.to_thread(turn_json, app, stored.message_id)
    if turn:
        return turn
    response.status_code = 202
    return {"turn_id": stored.message_id, "status": "pending"}


@router.get("/conversations/{conversation_id}/messages")
async def thread(
    app: TheApp,
    conversation: Authorised,
    after: Annotated[int, Query(ge=0, description="cursor of the last one seen")] = 0,
) -> dict[str, Any]:
    """The thread after a cursor, oldest first, staff's messages included; 200 at the most."""
    rows = await asyncio.to_thread(_thread, app, conversation.id, after)
    return {"messages": rows, "cursor": rows[-1]["cursor"] if rows else str(after)}


def _thread(app: App, conversation_id: str, after: int) -> list[dict[str, Any]]:
    with app.database.read() as session:
        return [message_json(m) for m in repository.thread(session, conversation_id, after)]


def message_json(message: Message) -> dict[str, Any]:
    return {
        "cursor": str(message.seq),
        "id": message.id,
        "author": message.author,
        "text": message.text,
        "reply": message.reply,
        "turn_id": message.turn_id,
        "created_at": message.created_at.isoformat().replace("+00:00", "Z"),
    }


def turn_json(app: App, message_id: str) -> dict[str, Any] | None:
    """A message's turn as the contract has it, or None while it waits."""
    with app.database.read() as session:
        turn = repository.turn_of(session, message_id)
        if turn is None:
            return None
        replies = [m.reply for m in repository.replies_of(session, turn.id)]
    return {
        "turn_id": turn.id,
        "outcome": turn.outcome,
        "topics": turn.topics,
        "municipalities": turn.municipalities,
        "desk": turn.desk,
        "replies": replies,
    }


def storable(text: str) -> str:
    """Without what no database takes: NUL, and halves of surrogate pairs."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
