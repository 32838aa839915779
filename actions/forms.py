"""What both forms share: a Rasa form's validator that also asks the next question.

Rasa calls `validate_<form>` when the form starts, after every answer, and when the form goes on after a
question in between. One call does it all: read the answer, say what was wrong with it, ask the next one.
A message that does something else (asks, cancels) gets no slot at all: Rasa takes that as the form's
refusal and lets the rules decide; the form is called again when it is its turn.
The slots have no mappings of Rasa's own, so an unread answer never lands in one.
"""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import told
from actions.context import Turn, emit
from bot import commands as c
from knowledge.loader import Knowledge


class FormAction(Action):
    """Subclasses give `form`, `fields`, `read`, `prompt`; `topic` is the topic that starts the form, `leaving` the
    dialogue acts that are no answer to it."""

    form = ""
    topic = ""
    leaving = frozenset({"ask", "cancel", "request_person"})

    def __init__(self, knowledge: Knowledge) -> None:
        self.knowledge = knowledge

    def name(self) -> str:
        return f"validate_{self.form}"

    def fields(self, turn: Turn, filled: dict[str, Any]) -> list[str]:
        """The fields to ask on this channel, in order."""
        raise NotImplementedError

    def read(self, turn: Turn, field: str, filled: dict[str, Any]) -> tuple[dict[str, Any], str | None]:
        """(slots the answer gave, error sentence or None)."""
        raise NotImplementedError

    def start(self, turn: Turn) -> dict[str, Any]:
        """Slots that the message which started the form already told."""
        return {}

    def prompt(self, turn: Turn, field: str, filled: dict[str, Any]) -> c.FormPromptReply:
        raise NotImplementedError

    def before_prompt(self, turn: Turn, field: str, filled: dict[str, Any], changed: dict[str, Any]) -> list[Any]:
        """Replies that come before the question (a correction taken, the summary)."""
        return []

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[dict[str, Any]]:
        turn = Turn(self.knowledge, tracker)
        requested = tracker.get_slot("requested_slot")
        starting = requested is None
        if not starting and turn.intent in self.leaving and not _resuming(tracker):
            return []
        filled = {name: tracker.get_slot(name) for name in self._all() if tracker.get_slot(name) is not None}
        changed: dict[str, Any] = {}
        error = None
        if starting:
            changed = {**told.facts(turn), **self.start(turn)}
        elif turn.intent == "inform":
            changed, error = self.read(turn, requested, filled)
        filled = {name: value for name, value in {**filled, **changed}.items() if value is not None}
        names = self.fields(turn, filled)
        following = next((name for name in names if name not in filled), None)
        if following:
            before = self.before_prompt(turn, following, filled, {} if starting else changed)
            prompt = self.prompt(turn, following, filled)
            position = (names.index(following) + 1, len(names))
            prompt = prompt.model_copy(update={"error": error, "progress": position})
            result = c.Result(outcome="form_prompt", topics=[self.topic] if starting else [])
            emit(dispatcher, [*before, prompt], result)
        events = [SlotSet(name, value) for name, value in changed.items()]
        if requested and requested not in changed:
            # Rasa refuses to run a form that sets nothing: say that the answer left the field open.
            events.append(SlotSet(requested, filled.get(requested)))
        return [*events, SlotSet("requested_slot", following)]

    def _all(self) -> list[str]:
        raise NotImplementedError


def _resuming(tracker: Tracker) -> bool:
    """Whether another action has answered this message already, so that the form goes on: the engine sends the
    events that came after the message."""
    return any(event["event"] == "action" and event["name"] == "action_answer" for event in tracker.events)
