"""Leads: stored by a turn, listed for staff."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.commands import StoreLead
from bot.crm.models import Consent, Lead, LeadEvent
from bot.ids import new_id


def store(
    session: Session, command: StoreLead, *, channel: str, conversation_id: str, turn_id: str, now: dt.datetime
) -> Lead:
    """One row in `leads` with its consent and first event, in the caller's transaction."""
    lead = Lead(
        id=new_id(),
        created_at=now,
        channel=channel,
        conversation_id=conversation_id,
        turn_id=turn_id,
        **command.model_dump(exclude={"command"}),
    )
    session.add(lead)
    session.flush()
    session.add(
        Consent(
            id=new_id(),
            conversation_id=conversation_id,
            lead_id=lead.id,
            purpose="consultation",
            version=command.consent_version,
            given_at=command.consent_at,
        )
    )
    session.add(
        LeadEvent(
            id=new_id(), lead_id=lead.id, kind="created", actor="resident", detail={"channel": channel}, created_at=now
        )
    )
    return lead


def has_lead(session: Session, conversation_id: str) -> bool:
    """Whether a consultation request came from this conversation."""
    return bool(session.scalar(sa.select(sa.exists().where(Lead.conversation_id == conversation_id))))


COLUMNS = [column.key for column in sa.inspect(Lead).columns]


def rows(session: Session, since: dt.datetime | None = None) -> list[dict[str, Any]]:
    """Every lead as a flat dict, oldest first; times in ISO UTC."""
    query = sa.select(Lead).order_by(Lead.created_at)
    if since:
        query = query.where(Lead.created_at >= since)
    return [{name: _plain(getattr(lead, name)) for name in COLUMNS} for lead in session.scalars(query)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.datetime) else value
