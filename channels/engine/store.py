"""A tracker store that stores nothing: the tracker comes with the request and leaves with it."""

from __future__ import annotations

from typing import Any, Iterable

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

from channels.engine.turn import current_turn


class RequestTrackerStore(TrackerStore):
    """Named in `endpoints.yml`. Outside a turn (`rasa shell`, say) every conversation is new."""

    def __init__(self, domain: Any, event_broker: Any = None, **_: Any) -> None:
        super().__init__(domain, event_broker)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        turn = current_turn.get()
        return turn.tracker if turn and turn.tracker.sender_id == sender_id else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        turn = current_turn.get()
        if turn and turn.tracker is tracker:
            turn.saved = True

    async def keys(self) -> Iterable[str]:
        return []

    async def delete(self, sender_id: str) -> None:
        """There is nothing to delete."""
