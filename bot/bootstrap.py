"""Builds everything once. Tests build it with fakes in the places of engine and senders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bot.clock import Clock
from bot.commands import TextReply
from bot.conversation.delivery import Deliveries, Sender
from bot.conversation.service import PUSHED_CHANNELS, Conversations
from bot.db.session import Database
from bot.engine import Engine, HttpEngine
from bot.handoff.service import Handoffs
from bot.settings import Settings
from knowledge import loader
from knowledge.loader import Knowledge

KNOWLEDGE = Path(__file__).resolve().parent.parent / "knowledge" / "data"


@dataclass(frozen=True)
class App:
    settings: Settings
    clock: Clock
    database: Database
    knowledge: Knowledge
    engine: Engine
    conversations: Conversations
    deliveries: Deliveries
    handoffs: Handoffs

    @staticmethod
    def is_pushed(channel: str) -> bool:
        """Whether answers have to be sent over the channel (else residents fetch them)."""
        return channel in PUSHED_CHANNELS

    def close(self) -> None:
        self.database.close()
        if isinstance(self.engine, HttpEngine):
            self.engine.close()


def build(
    settings: Settings,
    *,
    engine: Engine | None = None,
    senders: Mapping[str, Sender] | None = None,
    knowledge: Knowledge | None = None,
) -> App:
    """Raises `KnowledgeError` or `ValueError` where knowledge or settings cannot be used."""
    clock = Clock(settings.now)
    database = Database(settings.database)
    known = knowledge or loader.load(KNOWLEDGE)
    engine = engine or HttpEngine(settings.engines, settings.internal_token, settings.engine_timeout_s)

    def fixed_reply(key: str, locale: str) -> TextReply:
        text = known.phrases[key][locale if locale in known.phrases[key] else "ja"]
        service, place = known.place.service.get(locale), known.place.name.get(locale)
        return TextReply(text=text.format(service=service, place=place))

    return App(
        settings=settings,
        clock=clock,
        database=database,
        knowledge=known,
        engine=engine,
        conversations=Conversations(
            database, engine, clock, fixed_reply, settings.turn_attempts, known.place.default_desk
        ),
        deliveries=Deliveries(database, clock, senders or {}),
        handoffs=Handoffs(database, clock, fixed_reply),
    )
