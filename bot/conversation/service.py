"""From a stored message to a stored turn. Every channel's messages come through here; nothing else writes.

`receive` stores a message once. `answer_up_to` makes the turns of a conversation in the order its
messages came. A turn is one transaction: state, replies, what the commands did, outbox rows. No
transaction is open while the engine is called; should another process have moved the
conversation on meanwhile, the turn is made again from the new state.
"""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakValueDictionary

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from bot import commands as c
from bot import log
from bot.clock import Clock
from bot.conversation import repository
from bot.conversation.models import Conversation, Message, OutboxRow, Turn
from bot.crm import service as crm
from bot.db.session import Database
from bot.engine import Engine, EngineTurn
from bot.errors import EngineFailed, NotFound, StaleState
from bot.ids import new_id
from bot.metrics import ENGINE_SECONDS, MESSAGES, TURN_SECONDS, TURNS
from nlu import text as nlu_text

logger = log.get(__name__)
REPLY_TOKEN_LIFE = dt.timedelta(seconds=50)
PUSHED_CHANNELS = frozenset({"line"})


@dataclass(frozen=True)
class Incoming:
    """A resident's message as a channel got it. `kind` is `text`, `follow`, or what was sent instead of text."""

    event_id: str
    kind: str = "text"
    text: str | None = None
    reply_token: str | None = None


@dataclass(frozen=True)
class Stored:
    message_id: str
    conversation_id: str
    is_new: bool


class Conversations:
    """The conversation service. `fixed_reply` gives the sentences said without the engine."""

    def __init__(
        self,
        database: Database,
        engine: Engine,
        clock: Clock,
        fixed_reply: Callable[[str, str], c.TextReply],
        attempts: int,
        fallback_desk: str,
    ) -> None:
        self.database, self.engine, self.clock = database, engine, clock
        self._fixed_reply, self._attempts, self._fallback_desk = fixed_reply, attempts, fallback_desk
        self._locks: WeakValueDictionary[str, _Lock] = WeakValueDictionary()
        self._locks_guard = threading.Lock()

    # Receiving

    def start(self, channel: str, locale: str = "ja", *, token_hash: str | None = None) -> Conversation:
        now = self.clock.now()
        new = Conversation(
            id=new_id(), channel=channel, locale=locale, token_hash=token_hash, created_at=now, updated_at=now
        )
        with self.database.write() as session:
            session.add(new)
        return new

    def of_channel_user(self, channel: str, user_id: str, locale: str = "ja") -> Conversation:
        """The conversation of a channel's user, made when they first write."""
        with self.database.read() as session:
            found = repository.by_channel_user(session, channel, user_id)
        if found:
            return found
        now = self.clock.now()
        try:
            with self.database.write() as session:
                new = Conversation(
                    id=new_id(),
                    channel=channel,
                    channel_user_id=user_id,
                    locale=locale,
                    created_at=now,
                    updated_at=now,
                )
                session.add(new)
            return new
        except IntegrityError:
            return self.of_channel_user(channel, user_id, locale)

    def receive(self, conversation_id: str, incoming: Incoming) -> Stored:
        """Store a message, once for its event id in this conversation. Raises `NotFound`."""
        new = Message(
            id=new_id(),
            conversation_id=conversation_id,
            author="resident",
            event_id=incoming.event_id,
            kind=incoming.kind,
            text=incoming.text,
            reply_token=incoming.reply_token,
            created_at=self.clock.now(),
        )
        try:
            with self.database.write() as session:
                if repository.conversation(session, conversation_id, lock=True) is None:
                    raise NotFound
                session.add(new)
        except IntegrityError:
            with self.database.read() as session:
                known = repository.by_event(session, conversation_id, incoming.event_id)
            if known is None:
                raise
            return Stored(known.id, conversation_id, is_new=False)
        MESSAGES.labels(incoming.kind).inc()
        return Stored(new.id, conversation_id, is_new=True)

    # Answering

    def answer_up_to(self, message_id: str) -> str:
        """Make the turns of this message and of those before it; the message's turn id.

        Raises `EngineUnavailable` while the engine is down, `EngineFailed` for a failed attempt.
        """
        with self.database.read() as session:
            message = repository.message(session, message_id)
        if message is None:
            raise NotFound
        with self._lock(message.conversation_id):
            while True:
                with self.database.read() as session:
                    waiting = repository.unanswered(session, message.conversation_id, message.seq)
                    conversation = repository.conversation(session, message.conversation_id)
                if not waiting:
                    return message_id  # a turn is called after its message
                assert conversation is not None
                try:
                    self._answer(conversation, waiting[0])
                except (StaleState, IntegrityError) as error:
                    logger.info("turn_made_again", reason=type(error).__name__)
                    continue
                if waiting[0].id == message_id:
                    return message_id

    def _answer(self, conversation: Conversation, message: Message) -> None:
        turn_id = message.id  # known before the turn is made: what a pending answer is called
        started = time.perf_counter()
        with log.bind_turn(turn_id):
            made = self._make(turn_id, conversation, message)
            with self.database.write() as session:
                turn = self._commit(session, turn_id, conversation, message, made, started)
            TURNS.labels(turn.outcome, conversation.channel).inc()
            TURN_SECONDS.observe(turn.latency_ms / 1000)
            logger.info(
                "turn",
                outcome=turn.outcome,
                topics=turn.topics,
                engine_ms=turn.engine_ms and round(turn.engine_ms, 1),
                latency_ms=round(turn.latency_ms, 1),
                error=turn.error,
            )

    def _make(self, turn_id: str, conversation: Conversation, message: Message) -> _Made:
        if conversation.owner != "bot":
            return _Made([], [c.Result(outcome="staff", desk=conversation.desk)])
        if message.kind != "text":
            return self._said("greeting" if message.kind == "follow" else "not_text", conversation)
        text = message.text or ""
        if not nlu_text.normalise(text).text:
            return self._said("not_text", conversation)
        context = {"locale": conversation.locale, "channel": conversation.channel, "now": self.clock.now().isoformat()}
        try:
            turn = self.engine.turn(
                turn_id=turn_id,
                conversation_id=conversation.id,
                text=text,
                state=conversation.state,
                context=context,
            )
            ENGINE_SECONDS.observe(turn.milliseconds / 1000)
            return _Made.of(turn)
        except EngineFailed as error:
            return self._failed(conversation, message, error)

    def _said(self, key: str, conversation: Conversation) -> _Made:
        result = c.Result(outcome="answered", topics=["smalltalk"])
        return _Made([self._fixed_reply(key, conversation.locale)], [result])

    def _failed(self, conversation: Conversation, message: Message, error: EngineFailed) -> _Made:
        """Count the attempt; the last one ends in an apology and the desk, never in silence."""
        with self.database.write() as session:
            session.execute(sa.update(Message).where(Message.id == message.id).values(attempts=Message.attempts + 1))
        logger.error("turn_failed", attempt=message.attempts + 1, reason=str(error.detail))
        if message.attempts + 1 < self._attempts:
            raise error
        desk = conversation.desk or self._fallback_desk
        return _Made(
            [self._fixed_reply("failed", conversation.locale)],
            [
                c.Result(outcome="handed_off", topics=["human_handoff"], desk=desk),
                c.HandOff(desk=desk, reason="failed"),
            ],
            error=str(error.detail)[:64],
        )

    def _commit(
        self,
        session: Session,
        turn_id: str,
        before: Conversation,
        message: Message,
        made: _Made,
        started: float,
    ) -> Turn:
        now = self.clock.now()
        result = made.result()
        changes: dict[str, Any] = {"state_version": before.state_version + 1, "updated_at": now}
        if made.state is not None:
            changes["state"] = made.state
        for command in made.commands:
            if isinstance(command, c.HandOff):
                changes |= {"owner": "desk", "desk": command.desk, "handed_off_at": now}
        moved = session.execute(
            sa.update(Conversation)
            .where(Conversation.id == before.id, Conversation.state_version == before.state_version)
            .values(changes)
        )
        if moved.rowcount != 1:  # type: ignore[attr-defined]
            raise StaleState
        turn = Turn(
            id=turn_id,
            conversation_id=before.id,
            message_id=message.id,
            outcome=result.outcome,
            topics=result.topics,
            municipalities=result.municipalities,
            desk=result.desk,
            records=result.records,
            understanding=made.understanding,
            unanswered=any(isinstance(command, c.Unanswered) for command in made.commands),
            error=made.error,
            engine_ms=made.engine_ms,
            latency_ms=(time.perf_counter() - started) * 1000,
            created_at=now,
        )
        session.add(turn)
        replies = [reply.model_dump(mode="json") for reply in made.replies]
        for reply in replies:
            session.add(
                Message(
                    id=new_id(), conversation_id=before.id, author="bot", reply=reply, turn_id=turn_id, created_at=now
                )
            )
        for command in made.commands:
            if isinstance(command, c.StoreLead):
                crm.store(session, command, channel=before.channel, conversation_id=before.id, turn_id=turn_id, now=now)
        if before.channel in PUSHED_CHANNELS and replies:
            session.add(outbox_row(before, replies, now, turn_id=turn_id, message=message))
        return turn

    def _lock(self, conversation_id: str) -> AbstractContextManager[Any]:
        """One thread of this process at a time; other processes are kept apart by `state_version`."""
        with self._locks_guard:
            lock = self._locks.get(conversation_id)
            if lock is None:
                lock = self._locks[conversation_id] = _Lock()
            return lock


def outbox_row(
    conversation: Conversation,
    replies: list[dict[str, Any]],
    now: dt.datetime,
    *,
    turn_id: str | None = None,
    message: Message | None = None,
) -> OutboxRow:
    token = message.reply_token if message else None
    return OutboxRow(
        conversation_id=conversation.id,
        turn_id=turn_id,
        channel=conversation.channel,
        replies=replies,
        reply_token=token,
        reply_token_until=message.created_at + REPLY_TOKEN_LIFE if message and token else None,
        retry_key=new_id(),
        created_at=now,
    )


class _Lock:
    """A lock that can be kept in a weak dictionary."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_error: object) -> None:
        self._lock.release()


@dataclass
class _Made:
    """A turn before it is committed."""

    replies: list[Any]
    commands: list[Any]
    state: dict[str, Any] | None = None
    understanding: dict[str, Any] = field(default_factory=dict)
    engine_ms: float | None = None
    error: str | None = None

    @classmethod
    def of(cls, turn: EngineTurn) -> _Made:
        try:
            made = cls(
                c.replies.validate_python(turn.replies),
                c.commands.validate_python(turn.commands),
                turn.state,
                _without_words(turn.understanding),
                turn.milliseconds,
            )
            made.result()
            return made
        except ValidationError as error:
            # The error's text would quote the payload: only its place is kept.
            where = ".".join(str(part) for part in error.errors()[0]["loc"])
            raise EngineFailed(f"invalid payload at {where}") from None

    def result(self) -> c.Result:
        """What became of the turn. A question answered inside a form gives two results: they are joined."""
        results = [command for command in self.commands if isinstance(command, c.Result)]
        if not results:
            raise EngineFailed("no result")
        return c.Result(
            outcome=results[-1].outcome,
            topics=_distinct(results, "topics"),
            municipalities=_distinct(results, "municipalities"),
            desk=next((r.desk for r in reversed(results) if r.desk), None),
            records=_distinct(results, "records"),
        )


def _distinct(results: list[c.Result], field: str) -> list[str]:
    return list(dict.fromkeys(value for result in results for value in getattr(result, field)))


def _without_words(understanding: dict[str, Any]) -> dict[str, Any]:
    """The understanding without the message's text: the words are kept once, in `messages`."""
    kept = {
        key: value
        for key, value in understanding.items()
        if key in ("intent", "topics", "decision", "topic_ranking", "language")
    }
    kept["entities"] = [{"entity": e.get("entity"), "value": e.get("value")} for e in understanding.get("entities", [])]
    return kept
