"""Conversations, their messages, the turns made of them, and the outbox of what has to be sent.

Columns with `info=PERSONAL` may hold what a resident said or who they are.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.db.session import Base

PERSONAL = {"personal": True}


class Conversation(Base):
    """One resident on one channel. `owner` says who speaks: `bot`, or `desk` (the bot is silent)."""

    __tablename__ = "conversations"
    __table_args__ = (sa.UniqueConstraint("channel", "channel_user_id"),)

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    channel: Mapped[str] = mapped_column(sa.String(16))
    channel_user_id: Mapped[str | None] = mapped_column(sa.String(64), info=PERSONAL)
    token_hash: Mapped[str | None] = mapped_column(sa.String(64))
    locale: Mapped[str] = mapped_column(sa.String(8), default="ja")
    owner: Mapped[str] = mapped_column(sa.String(8), default="bot")
    desk: Mapped[str | None] = mapped_column(sa.String(32))
    handed_off_at: Mapped[dt.datetime | None]
    blocked_at: Mapped[dt.datetime | None]
    state: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON, info=PERSONAL)
    state_version: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]
    updated_at: Mapped[dt.datetime]


class Message(Base):
    """What was said. A resident's message has `text`, a bot's has `reply` (one reply object), staff's has `text`.

    `event_id` is the channel's own id of a resident's message: unique in its conversation, for ever.
    """

    __tablename__ = "messages"
    __table_args__ = (
        sa.UniqueConstraint("conversation_id", "event_id"),
        sa.Index("ix_messages_conversation_id_seq", "conversation_id", "seq"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    id: Mapped[str] = mapped_column(sa.String(36), unique=True)
    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("conversations.id", ondelete="CASCADE"))
    author: Mapped[str] = mapped_column(sa.String(8))
    event_id: Mapped[str | None] = mapped_column(sa.String(80))
    kind: Mapped[str] = mapped_column(sa.String(16), default="text")
    text: Mapped[str | None] = mapped_column(sa.Text, info=PERSONAL)
    reply: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON, info=PERSONAL)
    turn_id: Mapped[str | None] = mapped_column(sa.String(36), index=True)
    reply_token: Mapped[str | None] = mapped_column(sa.String(64))
    attempts: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[dt.datetime]


class Turn(Base):
    """What was made of one message, whose id it has; `message_id` is unique: a message is answered once."""

    __tablename__ = "turns"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    message_id: Mapped[str] = mapped_column(sa.ForeignKey("messages.id", ondelete="CASCADE"), unique=True)
    outcome: Mapped[str] = mapped_column(sa.String(16))
    topics: Mapped[list[str]]
    municipalities: Mapped[list[str]]
    desk: Mapped[str | None] = mapped_column(sa.String(32))
    records: Mapped[list[str]]
    understanding: Mapped[dict[str, Any]] = mapped_column(sa.JSON, info=PERSONAL)
    unanswered: Mapped[bool] = mapped_column(default=False)
    error: Mapped[str | None] = mapped_column(sa.String(64))
    engine_ms: Mapped[float | None]
    latency_ms: Mapped[float]
    created_at: Mapped[dt.datetime] = mapped_column(index=True)


class OutboxRow(Base):
    """Something to deliver over a channel that has to be called (LINE). In order per conversation.

    `status`: pending, sent, uncertain (its fate is unknown), dead (given up, see `last_error`).
    """

    __tablename__ = "outbox"
    __table_args__ = (
        sa.Index("ix_outbox_conversation_id_status", "conversation_id", "status"),
        {"sqlite_autoincrement": True},
    )

    seq: Mapped[int] = mapped_column(sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True)
    conversation_id: Mapped[str] = mapped_column(sa.ForeignKey("conversations.id", ondelete="CASCADE"))
    turn_id: Mapped[str | None] = mapped_column(sa.String(36))
    channel: Mapped[str] = mapped_column(sa.String(16))
    replies: Mapped[list[Any]] = mapped_column(sa.JSON, info=PERSONAL)
    reply_token: Mapped[str | None] = mapped_column(sa.String(64))
    reply_token_until: Mapped[dt.datetime | None]
    retry_key: Mapped[str] = mapped_column(sa.String(36))
    status: Mapped[str] = mapped_column(sa.String(10), default="pending")
    attempts: Mapped[int] = mapped_column(default=0)
    last_error: Mapped[str | None] = mapped_column(sa.String(200))
    created_at: Mapped[dt.datetime]
    ended_at: Mapped[dt.datetime | None]
