"""Conversations that people work on: listed, answered, given back to the bot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from bot.clock import Clock
from bot.commands import TextReply
from bot.conversation import repository
from bot.conversation.models import Conversation, Message
from bot.conversation.service import PUSHED_CHANNELS, outbox_row
from bot.crm import service as crm
from bot.db.session import Database
from bot.errors import InvalidInput, NotFound
from bot.ids import new_id


class Handoffs:
    def __init__(self, database: Database, clock: Clock, fixed_reply: Callable[[str, str], TextReply]) -> None:
        self.database, self.clock, self._fixed_reply = database, clock, fixed_reply

    def open(self) -> list[dict[str, Any]]:
        """What waits for people, oldest first, with the resident's last message."""
        rows = []
        with self.database.read() as session:
            for conversation in repository.handed_off(session):
                thread = [m for m in repository.thread(session, conversation.id, limit=100_000) if m.author != "bot"]
                last = thread[-1] if thread else None
                rows.append(
                    {
                        "conversation_id": conversation.id,
                        "desk": conversation.desk,
                        "channel": conversation.channel,
                        "since": conversation.handed_off_at.isoformat() if conversation.handed_off_at else None,
                        "last_author": last.author if last else None,
                        "last_text": last.text if last else None,
                    }
                )
        return rows

    def reply(self, conversation_id: str, text: str, author: str = "staff") -> bool:
        """Store staff's words in the thread; True where a channel has to deliver them. Raises `InvalidInput`."""
        if not text.strip() or len(text) > 5000:
            raise InvalidInput(ja="返事は1〜5,000文字で書いてください。", en="A reply has 1 to 5,000 characters.")
        return self._say(conversation_id, text.strip(), returning=False)

    def give_back(self, conversation_id: str) -> bool:
        """The bot answers again, and the resident is told so."""
        return self._say(conversation_id, None, returning=True)

    def _say(self, conversation_id: str, text: str | None, *, returning: bool) -> bool:
        now = self.clock.now()
        with self.database.write() as session:
            conversation = repository.conversation(session, conversation_id, lock=True)
            if conversation is None:
                raise NotFound(conversation_id)
            asked = not returning and crm.has_lead(
                session, conversation_id
            )  # a request is answered in its conversation
            if conversation.owner != "desk" and not asked:
                raise InvalidInput(
                    ja="この会話は引き継がれていません（自動応答中です）。", en="This conversation is not handed off."
                )
            reply: dict[str, Any] | None = None
            if returning:
                conversation.owner, conversation.handed_off_at = "bot", None
                conversation.state_version += 1
                reply = self._fixed_reply("returned", conversation.locale).model_dump(mode="json")
            conversation.updated_at = now
            session.add(
                Message(
                    id=new_id(),
                    conversation_id=conversation_id,
                    author="bot" if returning else "staff",
                    text=text,
                    reply=reply,
                    created_at=now,
                )
            )
            return self._queue(session, conversation, reply or TextReply(text=text or "").model_dump(mode="json"))

    def _queue(self, session: Any, conversation: Conversation, reply: dict[str, Any]) -> bool:
        if conversation.channel not in PUSHED_CHANNELS:
            return False
        session.add(outbox_row(conversation, [reply], self.clock.now()))
        return True
