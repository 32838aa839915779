"""LINE's webhook: verify, store, answer 200; the turns are made afterwards."""

from __future__ import annotations

import asyncio

import sqlalchemy as sa
from fastapi import APIRouter, Request
from fastapi.responses import Response

from bot import log, workflows
from bot.bootstrap import App
from bot.conversation.models import Conversation
from bot.conversation.service import Incoming, Stored
from bot.errors import MalformedRequest, NotAuthorised, NotReady
from channels.line import events
from channels.line.events import LineEvent
from channels.web import TheApp, storable

CHANNEL = "line"
router = APIRouter(tags=["line"])
logger = log.get(__name__)


@router.post("/line/webhook")
async def webhook(request: Request, app: TheApp) -> Response:
    """200 for every correctly signed body; 401 otherwise; 503 while LINE is not configured."""
    if not app.settings.line_configured:
        raise NotReady(
            "LINE is not configured",
            ja="LINEが設定されていません（LINE_CHANNEL_SECRET と LINE_CHANNEL_ACCESS_TOKEN）。",
            en="LINE is not configured (LINE_CHANNEL_SECRET and LINE_CHANNEL_ACCESS_TOKEN).",
        )
    body = await request.body()
    if not events.verify(app.settings.line_channel_secret, body, request.headers.get("x-line-signature")):
        raise NotAuthorised(ja="署名が正しくありません。", en="The signature is not valid.")
    try:
        found = events.parse(body)
    except ValueError as error:
        raise MalformedRequest from error
    stored = await asyncio.to_thread(_store, app, found)
    for event_id, message in stored:
        await workflows.start_turn(message.message_id, message.conversation_id, CHANNEL, event_id, pushed=True)
    return Response(status_code=200)


def _store(app: App, found: list[LineEvent]) -> list[tuple[str, Stored]]:
    stored = []
    for event in found:
        if event.standby or not event.user_id or not event.event_id:
            continue
        conversation = app.conversations.of_channel_user(CHANNEL, event.user_id)
        if event.kind in ("follow", "unfollow"):
            _set_blocked(app, conversation, event.kind == "unfollow")
        if event.kind in ("unfollow", "other"):
            continue
        text = storable(event.text) if event.text else None
        incoming = Incoming(event.event_id, event.kind, text, event.reply_token)
        stored.append((event.event_id, app.conversations.receive(conversation.id, incoming)))
    return stored


def _set_blocked(app: App, conversation: Conversation, blocked: bool) -> None:
    with app.database.write() as session:
        session.execute(
            sa.update(Conversation)
            .where(Conversation.id == conversation.id)
            .values(blocked_at=app.clock.now() if blocked else None)
        )
