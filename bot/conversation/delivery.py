"""Sending what lies in the outbox, in order per conversation; each row ends in a state staff can see."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import sqlalchemy as sa

from bot import log
from bot.clock import Clock
from bot.conversation import repository
from bot.conversation.models import Conversation, OutboxRow
from bot.db.session import Database
from bot.metrics import DELIVERIES

logger = log.get(__name__)


class Rejected(Exception):
    """The channel will never take this: the row goes to the dead letters with the reason."""


class Uncertain(Exception):
    """It went out, but an earlier attempt may have arrived as well: staff can see which."""


class Unreachable(Exception):
    """The channel is down, slow or limiting: try again later."""


class Sender(Protocol):
    """Delivers one row over its channel. Raises `Rejected`, `Uncertain` or `Unreachable`.

    `row.attempts` counts the earlier attempts, whose fate may be unknown.
    """

    def send(self, row: OutboxRow, conversation: Conversation) -> None: ...


class Deliveries:
    def __init__(self, database: Database, clock: Clock, senders: Mapping[str, Sender]) -> None:
        self.database, self.clock, self.senders = database, clock, senders

    def deliver(self, conversation_id: str) -> None:
        """Send all that waits for this conversation. Raises `Unreachable` at the first row that cannot go now."""
        while True:
            with self.database.read() as session:
                rows = repository.pending_outbox(session, conversation_id)
                conversation = repository.conversation(session, conversation_id)
            if not rows or conversation is None:
                return
            self._deliver(rows[0], conversation)

    def _deliver(self, row: OutboxRow, conversation: Conversation) -> None:
        with log.bind_turn(row.turn_id or ""):
            sender = self.senders.get(row.channel)
            if sender is None:
                raise Unreachable(f"channel {row.channel} is not configured")
            # Counted before it is made: after a kill in mid-call, `attempts` says that one may have arrived.
            self._note(row, attempts=row.attempts + 1)
            try:
                sender.send(row, conversation)
            except Unreachable as error:
                self._note(row, last_error=str(error)[:200])
                raise
            except Rejected as error:
                self._end(row, "dead", str(error))
            except Uncertain as error:
                self._end(row, "uncertain", str(error))
            else:
                self._end(row, "sent")

    def _end(self, row: OutboxRow, status: str, error: str | None = None) -> None:
        self._note(row, status=status, last_error=error and error[:200], ended_at=self.clock.now())
        DELIVERIES.labels(row.channel, status).inc()
        logger.log(20 if status == "sent" else 40, "delivery", channel=row.channel, status=status, reason=error)

    def _note(self, row: OutboxRow, **values: Any) -> None:
        with self.database.write() as session:
            session.execute(sa.update(OutboxRow).where(OutboxRow.seq == row.seq).values(**values))
