"""Places and programme names in a message, from the dictionary that `lexicon` builds."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlu.text
from nlu.components import lexicon, places
from nlu.components.places import PlaceFinder
from nlu.components.source import digest
from nlu.components.tokenizer import NORMALISED, WORDS

PLACES = "places"  # message attribute: the same entities with offsets in the normalised text
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
            entities = list(message.get(ENTITIES) or [])
            for place in found:
                start, end = normalised.span(place["start"], place["end"])
                entities.append({**place, "start": start, "end": end, "extractor": type(self).__name__})
            message.set(ENTITIES, entities, add_to_output=True)
        return messages
