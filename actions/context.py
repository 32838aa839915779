"""What an action needs to know of a message, read once from rasa-sdk's tracker."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot import commands as c
from knowledge.loader import Knowledge
from nlu import text as nlu_text

# Channels whose talk lies on another company's servers: nothing personal is asked or kept there.
TALK_CHANNELS = frozenset({"line"})


@dataclass(frozen=True)
class Turn:
    """One message with its understanding, the conversation's slots and the app's context."""

    knowledge: Knowledge
    tracker: Tracker

    @cached_property
    def message(self) -> dict[str, Any]:
        return dict(self.tracker.latest_message or {})

    @cached_property
    def metadata(self) -> dict[str, Any]:
        return dict(self.message.get("metadata") or {})

    @cached_property
    def context(self) -> dict[str, Any]:
        return dict(self.metadata.get("context") or {})

    @property
    def intent(self) -> str:
        return str((self.message.get("intent") or {}).get("name") or "")

    @cached_property
    def original(self) -> str:
        """What was typed: for storing."""
        return str(self.metadata.get("original") or self.message.get("text") or "").strip()

    @cached_property
    def text(self) -> str:
        """The message normalised, as the engine read it; entities' offsets refer to it."""
        return nlu_text.normalise(str(self.message.get("text") or "")).text

    @property
    def channel(self) -> str:
        return str(self.context.get("channel") or "web")

    @cached_property
    def locale(self) -> str:
        """The conversation's language; a message in English is answered in English."""
        if self.message.get("language") == "en" and not self.loop:
            return "en"
        return str(self.context.get("locale") or "ja")

    @cached_property
    def now(self) -> dt.datetime:
        return dt.datetime.fromisoformat(self.context["now"])

    @property
    def today(self) -> dt.date:
        return self.now.astimezone(ZoneInfo("Asia/Tokyo")).date()

    @property
    def loop(self) -> str | None:
        return (self.tracker.active_loop or {}).get("name")

    def slot(self, name: str) -> Any:
        return self.tracker.get_slot(name)

    def entities(self, kind: str) -> list[dict[str, Any]]:
        return [entity for entity in self.message.get("entities") or [] if entity.get("entity") == kind]

    def values(self, kind: str) -> list[str]:
        """Distinct values of an entity, in the order said."""
        return list(dict.fromkeys(str(entity["value"]) for entity in self.entities(kind)))

    @cached_property
    def topics(self) -> list[str]:
        return [topic["id"] for topic in self.message.get("topics") or [] if topic["id"] in self.knowledge.topics]

    @property
    def decision(self) -> str:
        return str(self.message.get("decision") or "lost")

    @cached_property
    def ranking(self) -> list[str]:
        return [t["id"] for t in self.message.get("topic_ranking") or [] if t["id"] in self.knowledge.topics]

    def phrase(self, *path: str, **values: str) -> str:
        """A sentence of phrases.yml in this turn's language, its blanks filled."""
        return phrase(self.knowledge, self.locale, *path, **values)


def phrase(knowledge: Knowledge, locale: str, *path: str, **values: str) -> str:
    entry: Any = knowledge.phrases
    for key in path:
        entry = entry[key]
    place = knowledge.place
    known = {"place": place.name.get(locale), "service": place.service.get(locale), **values}
    return str(entry[locale if locale in entry else "ja"]).format(**known)


def emit(dispatcher: CollectingDispatcher, replies: Iterable[Any], *commands: Any) -> None:
    """What the action says, then what it asks the app to do."""
    for reply in replies:
        dispatcher.utter_message(json_message=c.reply_payload(reply))
    for command in commands:
        dispatcher.utter_message(json_message=c.command_payload(command))
