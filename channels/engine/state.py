"""Dialogue state ⇄ Rasa tracker. The app keeps the state; no engine keeps anything.

state: {"v": 1, "slots": {name: value, where it differs from the initial value},
        "loop": name | null, "requested": slot | null}
"""

from __future__ import annotations

from rasa.shared.core.constants import (
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    REQUESTED_SLOT,
    SESSION_START_METADATA_SLOT,
)
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, ActiveLoop, Event, SessionStarted, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from channels.engine.turn import Json

VERSION = 1
_NOT_KEPT = {REQUESTED_SLOT, SESSION_START_METADATA_SLOT}


def check(state: object) -> Json | None:
    """The state if it has the right types, None for none. Raises TypeError otherwise."""
    if state is None:
        return None
    if not isinstance(state, dict):
        raise TypeError("state must be an object or null")
    if not isinstance(state.get("slots", {}), dict):
        raise TypeError("state.slots must be an object")
    for key in ("loop", "requested"):
        if not isinstance(state.get(key), (str, type(None))):
            raise TypeError(f"state.{key} must be a string or null")
    return state


def restore(state: Json | None, sender_id: str, domain: Domain) -> tuple[DialogueStateTracker, list[str]]:
    """A tracker that stands where the conversation stood, and notes on what could not be restored.

    What an upgrade took away (a version, slot or form) is dropped with a note: kept, it would fail
    at every turn.
    """
    tracker = DialogueStateTracker(sender_id, domain.slots)
    events: list[Event] = [
        ActionExecuted(ACTION_SESSION_START_NAME),
        SessionStarted(),
        ActionExecuted(ACTION_LISTEN_NAME),
    ]
    notes: list[str] = []
    state = state or {"v": VERSION}
    if state.get("v") != VERSION:
        notes.append(f"state of version {state.get('v')!r} dropped")
        state = {}
    for name, value in state.get("slots", {}).items():
        if name in tracker.slots and name not in _NOT_KEPT:
            events.append(SlotSet(name, value))
        else:
            notes.append(f"unknown slot {name!r} dropped")
    loop, requested = state.get("loop"), state.get("requested")
    if loop is not None and loop not in domain.form_names:
        notes.append(f"unknown loop {loop!r} dropped")
        loop = None
    if loop is not None:
        events.append(ActiveLoop(loop))
        if requested is not None and requested not in domain.required_slots_for_form(loop):
            # The form asks for its next open slot again.
            notes.append(f"requested slot {requested!r} is not of {loop!r}, dropped")
            requested = None
        events.append(SlotSet(REQUESTED_SLOT, requested))
    for event in events:
        try:
            tracker.update(event, domain)
        except (TypeError, ValueError) as error:
            notes.append(f"{type(event).__name__} could not be restored: {type(error).__name__}")
    return tracker, notes


def compact(tracker: DialogueStateTracker) -> Json:
    """The state to store. JSON; its size does not depend on the conversation's length."""
    loop = tracker.active_loop_name
    return {
        "v": VERSION,
        "slots": {
            name: slot.value
            for name, slot in sorted(tracker.slots.items())
            if name not in _NOT_KEPT and slot.value != slot.initial_value
        },
        "loop": loop,
        "requested": tracker.get_slot(REQUESTED_SLOT) if loop and REQUESTED_SLOT in tracker.slots else None,
    }
