"""Words as GiNZA cuts them, without loading spaCy (2.4 s and 440 MB) to get them."""

from __future__ import annotations

from typing import Any, Dict, List

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlu.text
from nlu.components.source import digest

NORMALISED = "normalised"  # message attribute: nlu.text.Normalised of its text
WORDS = "words"  # message attribute: list of nlu.text.Word, offsets in the normalised text


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=False)
class GinzaTokenizer(GraphComponent):
    """Sets `normalised`, `words` and Rasa's own `text_tokens` (offsets in the message's text).

    The cut is that of `ja_ginza`'s tokenizer (`tests/engine_env` compares the two).
    """

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> GinzaTokenizer:
        nlu.text.words("用意")  # the dictionary is opened at the start, not by the first resident
        return cls()

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str | None:
        return digest(nlu.text)

    @staticmethod
    def required_packages() -> List[str]:
        return ["sudachipy", "sudachidict_core"]

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            self._cut(message)
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        for message in training_data.training_examples:
            if message.get(TEXT):
                self._cut(message)
        return training_data

    def _cut(self, message: Message) -> None:
        normalised = nlu.text.normalise(message.get(TEXT) or "")
        words = nlu.text.words(normalised.text)
        tokens = []
        for word in words:
            start, end = normalised.span(word.start, word.end)
            tokens.append(Token(word.surface, start, end, {"norm": word.norm, "reading": word.reading}, word.lemma))
        message.set(NORMALISED, normalised)
        message.set(WORDS, words)
        message.set(TOKENS_NAMES[TEXT], tokens)
