"""What a message names and tells: places and programmes from `lexicon`'s dictionary, facts by `facts`."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any, Dict, List
from zoneinfo import ZoneInfo

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlu.text
from nlu import facts
from nlu.components import lexicon, places
from nlu.components.places import PlaceFinder
from nlu.components.source import digest
from nlu.components.tokenizer import NORMALISED, WORDS

PLACES = "places"  # message attribute: the same entities with offsets in the normalised text
FACTS = "facts"  # the same of the facts
_FILE = "lexicon.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=True)
class PlaceEntityExtractor(GraphComponent):
    """Adds `entities`: {entity, value, text, start, end, matched_as, extractor}, offsets in the message's
    text. The dictionary is stored in the model: serving reads no knowledge file.

    municipality (value: official name of today), region, ambiguous_place (with `candidates`, `default`),
    unknown_place (a 市, 町 or 村 that is none of ours), prefecture (another one), residence (a prefecture somebody lives in), desk, programme (record id).
    """

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._folder = Path(config["knowledge_path"])
        self._storage, self._resource = storage, resource
        self._finder: PlaceFinder | None = None

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"knowledge_path": "knowledge/data"}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PlaceEntityExtractor:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str | None:
        folder = Path(config.get("knowledge_path", "knowledge/data"))
        return digest(lexicon, places, nlu.text, json.dumps(lexicon.build(folder), ensure_ascii=False))

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            built = json.dumps(lexicon.build(self._folder), ensure_ascii=False)
            (folder / _FILE).write_text(built, "utf-8")
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> PlaceEntityExtractor:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._finder = PlaceFinder(json.loads((folder / _FILE).read_text("utf-8")))
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        assert self._finder is not None, "not trained"
        for message in messages:
            normalised = message.get(NORMALISED)
            found = self._finder.find(normalised.text, message.get(WORDS), normalised.gaps())
            message.set(PLACES, found)
            _add(message, found, type(self).__name__)
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class FactExtractor(GraphComponent):
    """Adds what `facts.find` finds to `entities`. Dates are read by the `now` (ISO 8601) of the message's context,
    as a day of `timezone`; without one there are none."""

    def __init__(self, config: Dict[str, Any]) -> None:
        self._zone = ZoneInfo(config["timezone"])

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {"timezone": "Asia/Tokyo"}

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> FactExtractor:
        return cls(config)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str | None:
        return digest(facts, nlu.text)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            found = facts.find(message.get(NORMALISED).text, message.get(WORDS), self._today(message))
            message.set(FACTS, found)
            _add(message, found, type(self).__name__)
        return messages

    def _today(self, message: Message) -> dt.date | None:
        now = ((message.get("metadata") or {}).get("context") or {}).get("now")
        try:
            return dt.datetime.fromisoformat(now).astimezone(self._zone).date() if now else None
        except (TypeError, ValueError):
            return None


def _add(message: Message, found: List[Dict[str, Any]], extractor: str) -> None:
    normalised = message.get(NORMALISED)
    entities = list(message.get(ENTITIES) or [])
    for entity in found:
        start, end = normalised.span(entity["start"], entity["end"])
        entities.append({**entity, "start": start, "end": end, "extractor": extractor})
    message.set(ENTITIES, entities, add_to_output=True)
