"""Reading and writing conversations inside a session the caller opened."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.conversation.models import Conversation, Message, OutboxRow, Turn


def conversation(session: Session, conversation_id: str, *, lock: bool = False) -> Conversation | None:
    """`lock` makes writers of one conversation queue up (PostgreSQL; SQLite has one writer anyway)."""
    query = sa.select(Conversation).where(Conversation.id == conversation_id)
    return session.scalar(query.with_for_update() if lock else query)


def by_channel_user(session: Session, channel: str, user_id: str) -> Conversation | None:
    return session.scalar(
        sa.select(Conversation).where(Conversation.channel == channel, Conversation.channel_user_id == user_id)
    )


def message(session: Session, message_id: str) -> Message | None:
    return session.scalar(sa.select(Message).where(Message.id == message_id))


def by_event(session: Session, conversation_id: str, event_id: str) -> Message | None:
    return session.scalar(
        sa.select(Message).where(Message.conversation_id == conversation_id, Message.event_id == event_id)
    )


def turn_of(session: Session, message_id: str) -> Turn | None:
    return session.scalar(sa.select(Turn).where(Turn.message_id == message_id))


def unanswered(session: Session, conversation_id: str, up_to_seq: int | None = None) -> Sequence[Message]:
    """Residents' messages without a turn, oldest first."""
    query = (
        sa.select(Message)
        .outerjoin(Turn, Turn.message_id == Message.id)
        .where(Message.conversation_id == conversation_id, Message.author == "resident", Turn.id.is_(None))
        .order_by(Message.seq)
    )
    return session.scalars(query if up_to_seq is None else query.where(Message.seq <= up_to_seq)).all()


def all_unanswered(session: Session, before: dt.datetime) -> Sequence[Message]:
    return session.scalars(
        sa.select(Message)
        .outerjoin(Turn, Turn.message_id == Message.id)
        .where(Message.author == "resident", Turn.id.is_(None), Message.created_at <= before)
        .order_by(Message.seq)
    ).all()


def replies_of(session: Session, turn_id: str) -> Sequence[Message]:
    return session.scalars(
        sa.select(Message).where(Message.turn_id == turn_id, Message.author == "bot").order_by(Message.seq)
    ).all()


def thread(session: Session, conversation_id: str, after: int = 0, limit: int = 200) -> Sequence[Message]:
    return session.scalars(
        sa.select(Message)
        .where(Message.conversation_id == conversation_id, Message.seq > after, Message.kind != "follow")
        .order_by(Message.seq)
        .limit(limit)
    ).all()


def pending_outbox(session: Session, conversation_id: str) -> Sequence[OutboxRow]:
    return session.scalars(
        sa.select(OutboxRow)
        .where(OutboxRow.conversation_id == conversation_id, OutboxRow.status == "pending")
        .order_by(OutboxRow.seq)
    ).all()


def conversations_with_pending_outbox(session: Session) -> Sequence[str]:
    return session.scalars(sa.select(OutboxRow.conversation_id).where(OutboxRow.status == "pending").distinct()).all()


def handed_off(session: Session) -> Sequence[Conversation]:
    return session.scalars(
        sa.select(Conversation).where(Conversation.owner == "desk").order_by(Conversation.handed_off_at)
    ).all()


def dead_letters(session: Session) -> Sequence[OutboxRow]:
    return session.scalars(
        sa.select(OutboxRow).where(OutboxRow.status.in_(("dead", "uncertain"))).order_by(OutboxRow.seq)
    ).all()
