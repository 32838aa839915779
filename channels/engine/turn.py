"""What belongs to one turn while Rasa works on it: found by its task, gone with its request."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from rasa.shared.core.trackers import DialogueStateTracker


class TurnFailed(BaseException):
    """An action failed, so the turn did. Not an `Exception`: Rasa catches those, goes on as if the
    action had run, and stores slots that nothing validated. `unreachable`: the app was not there to ask."""

    def __init__(self, message: str, *, unreachable: bool = False) -> None:
        super().__init__(message)
        self.unreachable = unreachable


@dataclass
class Turn:
    """The tracker that the request's state made, and what Rasa was seen to do with it."""

    tracker: DialogueStateTracker
    saved: bool = False
    notes: list[str] = field(default_factory=list)


current_turn: ContextVar[Turn | None] = ContextVar("current_turn", default=None)

Json = dict[str, Any]
