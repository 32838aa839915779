"""Leads (consultation requests), their history, and the consents they rest on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from bot.conversation.models import PERSONAL
from bot.db.session import Base


class Lead(Base):
    """One consultation request. `turn_id` is unique: the turn that stored it stores it once."""

    __tablename__ = "leads"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    created_at: Mapped[dt.datetime] = mapped_column(index=True)
    channel: Mapped[str] = mapped_column(sa.String(16))
    conversation_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    turn_id: Mapped[str | None] = mapped_column(sa.String(36), unique=True)
    name: Mapped[str | None] = mapped_column(sa.String(100), info=PERSONAL)
    name_kana: Mapped[str | None] = mapped_column(sa.String(100), info=PERSONAL)
    contact_kind: Mapped[str] = mapped_column(sa.String(8))
    contact: Mapped[str | None] = mapped_column(sa.String(254), info=PERSONAL)
    residence: Mapped[str | None] = mapped_column(sa.String(100), info=PERSONAL)
    family: Mapped[str | None] = mapped_column(sa.String(200), info=PERSONAL)
    age_band: Mapped[str | None] = mapped_column(sa.String(16), info=PERSONAL)
    destination: Mapped[list[str]]
    topics: Mapped[list[str]]
    timing: Mapped[str | None] = mapped_column(sa.String(100))
    desk: Mapped[str] = mapped_column(sa.String(32))
    message: Mapped[str | None] = mapped_column(sa.Text, info=PERSONAL)
    consent_at: Mapped[dt.datetime]
    consent_version: Mapped[str] = mapped_column(sa.String(32))
    status: Mapped[str] = mapped_column(sa.String(16), default="new")
    owner_id: Mapped[str | None] = mapped_column(sa.String(36))
    next_action_at: Mapped[dt.datetime | None]
    duplicate_of: Mapped[str | None] = mapped_column(sa.ForeignKey("leads.id", ondelete="SET NULL"))
    closed_reason: Mapped[str | None] = mapped_column(sa.String(200))


class LeadEvent(Base):
    __tablename__ = "lead_events"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    lead_id: Mapped[str] = mapped_column(sa.ForeignKey("leads.id", ondelete="CASCADE"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(16))
    actor: Mapped[str] = mapped_column(sa.String(36))
    detail: Mapped[dict[str, Any]]
    created_at: Mapped[dt.datetime]


class Consent(Base):
    """Which wording somebody agreed to, for what, and when."""

    __tablename__ = "consents"

    id: Mapped[str] = mapped_column(sa.String(36), primary_key=True)
    conversation_id: Mapped[str | None] = mapped_column(
        sa.ForeignKey("conversations.id", ondelete="SET NULL"), index=True
    )
    lead_id: Mapped[str | None] = mapped_column(sa.ForeignKey("leads.id", ondelete="CASCADE"))
    purpose: Mapped[str] = mapped_column(sa.String(32))
    version: Mapped[str] = mapped_column(sa.String(32))
    given_at: Mapped[dt.datetime]
    withdrawn_at: Mapped[dt.datetime | None]
