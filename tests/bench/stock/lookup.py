"""The stock assistant's action server runs this in the engine's environment (rasa-sdk 3.6.2): the answer
of the understood topic whose text shares most with the question, as our own action looks records up.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

ANSWERS: dict[str, list[dict[str, str]]] = json.loads(Path(os.environ["STOCK_ANSWERS"]).read_text("utf-8"))


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


INDEX = {topic: [(_pairs(a["title"] + a["text"]), a) for a in answers] for topic, answers in ANSWERS.items()}


class ActionLookup(Action):
    def name(self) -> str:
        return "action_lookup"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[dict[str, Any]]:
        topic = tracker.latest_message["intent"]["name"]
        asked = _pairs(tracker.latest_message["text"])
        found = max(INDEX.get(topic, []), key=lambda pair: len(pair[0] & asked), default=(set(), None))[1]
        if found is None:
            dispatcher.utter_message(text=topic)
        else:
            source = {"title": found["title"], "url": found["source"]}
            dispatcher.utter_message(text=found["text"], json_message={"sources": [source]})
        return []
