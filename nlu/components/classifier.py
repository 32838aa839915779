"""What a message is about: a linear model over `featurizer`'s blocks, trained in seconds."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any, Dict, Iterator, List, Sequence, Tuple

import numpy as np
import structlog
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

import nlu.text
from nlu import facts
from nlu.components import clauses, featurizer, lexicon, masking, places, several, topic_model, vectors
from nlu.components.entities import FACTS, PLACES
from nlu.components.places import PlaceFinder
from nlu.components.several import Part
from nlu.components.source import digest
from nlu.components.tokenizer import NORMALISED, WORDS
from nlu.components.topic_model import TopicModel
from nlu.text import Word

log = structlog.get_logger(__name__)

ASK = "ask"
OUT_OF_SCOPE = "out_of_scope"
NOT_OF_SEVERAL = {OUT_OF_SCOPE, "smalltalk", "complaint"}  # said around a question, or instead of one
RANKED = 5
Ranking = List[Tuple[str, float]]


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class TopicClassifier(GraphComponent):
    """Sets `topics` [{id, confidence}] (asked, in order), `topic_ranking` (the best five), `decision`
    (sure, unsure, lost), `language` (ja, en, other) and `intent` (ask; a later component may change it).

    A training example's topic is `topic` in its intent's metadata; examples without one are left out.
    """

    @staticmethod
    def get_default_config() -> Dict[str, Any]:
        return {
            "knowledge_path": "knowledge/data",  # the places to hide while training
            "sure": 0.45,  # confidence from which a topic is answered without asking back
            "decline_sure": 0.6,  # the same for out_of_scope: to turn a resident away wrongly is worse
            "clause_sure": 0.5,  # the same for a clause, where the whole message is not sure
            "several": 0.4,  # chance from which a message is answered as asking several things
            "several_weights": {"bias": -30.0, **dict.fromkeys(several.NAMES, 0.0)},  # by nlu/fit_several.py
            "meant_share": 0.6,  # of what follows 「ではなく」 in a message's margins, the rest being the whole's
            "lost": 0.12,  # confidence below which not even choices are offered
            "least_coverage": 0.25,  # share of the message's sounds that training must have seen
            "max_topics": 3,
            "sharpness": 5.0,  # turns margins into probabilities; fitted with the thresholds
            "regularisation": 0.5,  # C of the linear SVM
            "least_count": 2,  # sentences a feature must stand in
            "block_weights": [1.0, 1.0, 1.0, 1.0, 1.5],  # chars, words, sounds, pairs, vectors
        }

    def __init__(self, config: Dict[str, Any], storage: ModelStorage, resource: Resource) -> None:
        self._config = {**self.get_default_config(), **config}
        self._storage, self._resource = storage, resource
        self._model: TopicModel | None = None

    @classmethod
    def create(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TopicClassifier:
        return cls(config, model_storage, resource)

    @classmethod
    def fingerprint_addon(cls, config: Dict[str, Any]) -> str | None:
        names = json.dumps(lexicon.build(Path(config.get("knowledge_path", "knowledge/data"))), ensure_ascii=False)
        return digest(
            clauses, facts, featurizer, lexicon, masking, places, several, topic_model, vectors, nlu.text, names
        )

    @staticmethod
    def required_packages() -> List[str]:
        return ["sklearn", "ginza", "ja_ginza"]

    def train(self, training_data: TrainingData) -> Resource:
        started = time.perf_counter()
        finder = PlaceFinder(lexicon.build(Path(self._config["knowledge_path"])))
        sentences: List[Tuple[str, List[Word]]] = []
        topics: List[str] = []
        exact: Dict[str, str] = {}
        for example in training_data.intent_examples:
            topic = ((example.get("metadata") or {}).get("intent") or {}).get("topic")
            if topic and example.get(WORDS) is not None:
                normalised, words = example.get(NORMALISED), example.get(WORDS)
                sentences.append(masking.masked(normalised, words, finder))
                topics.append(topic)
                exact[normalised.text] = topic
        config = self._config
        self._model = topic_model.fit(
            sentences, topics, exact, config["least_count"], tuple(config["block_weights"]), config["regularisation"]
        )
        with self._storage.write_to(self._resource) as folder:
            self._model.save(folder)
        log.info(
            "topics_trained",
            sentences=len(sentences),
            topics=len(self._model.topics),
            features=len(self._model.vocabulary.index),
            seconds=round(time.perf_counter() - started, 1),
        )
        return self._resource

    @classmethod
    def load(
        cls,
        config: Dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TopicClassifier:
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._model = TopicModel.load(folder)
        return component

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: List[Message]) -> List[Message]:
        for message in messages:
            self._understand(message)
        return messages

    def _understand(self, message: Message) -> None:
        assert self._model is not None, "not trained"
        plain: str = message.get(NORMALISED).text
        entities = [*(message.get(PLACES) or []), *(message.get(FACTS) or [])]
        text, words = masking.mask(plain, message.get(WORDS), entities)
        ranking = self._rank(text, words, self._model.known(plain))
        coverage = self._model.coverage(words)
        language = nlu.text.language(plain)
        topics, decision = self._decide(text, words, ranking)
        if language == "other" or (coverage < self._config["least_coverage"] and ranking[0][1] < 1.0):
            topics, decision = [], "lost"
        best = topics[0][1] if topics else ranking[0][1]
        for name, value in {
            "topics": _named(topics),
            "topic_ranking": _named(ranking[:RANKED]),
            "decision": decision,
            "language": language,
            INTENT: {"name": ASK, "confidence": best},
        }.items():
            message.set(name, value, add_to_output=True)

    def _rank(self, text: str, words: Sequence[Word], known: int | None = None) -> Ranking:
        """Topics by confidence, best first."""
        assert self._model is not None
        scores = self._model.scores(text, words)
        begins = clauses.meant(text, words)
        if begins:  # 「AではなくB」: B speaks more, and A still lets know what B is about
            meant = self._model.scores(text[begins:], _inside(words, begins, len(text)))
            share = self._config["meant_share"]
            scores = (1 - share) * scores + share * meant
        scores = scores * self._config["sharpness"]
        odds = np.exp(scores - scores.max())
        odds /= odds.sum()
        if known is not None:  # a sentence of the training set, to the letter
            odds = (np.arange(len(odds)) == known).astype(np.float32)
        order = np.argsort(-odds, kind="stable")
        shares = np.round(odds[order].astype(np.float64), 4).tolist()
        return [(self._model.topics[at], share) for at, share in zip(order.tolist(), shares, strict=True)]

    def _decide(self, text: str, words: List[Word], ranking: Ranking) -> Tuple[Ranking, str]:
        """The topics asked, in order, and how sure that is."""
        best, confidence = ranking[0]
        asked_together = self._several(text, words, ranking)
        if asked_together:
            return asked_together, "sure"
        if confidence < self._config["sure"]:
            asked = self._asked(text, words, clauses.split(text))
            if len(asked) == 1:
                return asked, "sure"
        if confidence >= self._config["decline_sure" if best == OUT_OF_SCOPE else "sure"]:
            return [(best, confidence)], "sure"
        return [(best, confidence)], "unsure" if confidence >= self._config["lost"] else "lost"

    def _several(self, text: str, words: List[Word], ranking: Ranking) -> Ranking:
        """The topics of a message that asks several things, in order: those of the likeliest way to divide it.
        [] where it likely asks one."""
        best: Ranking = []
        likeliest = self._config["several"]
        for parts in self.divisions(text, words):
            chance = several.probability(several.features(parts, ranking), self._config["several_weights"])
            if chance >= likeliest:
                best, likeliest = [(part.topic, part.confidence) for part in parts], chance
        return best

    def divisions(self, text: str, words: List[Word]) -> Iterator[List[Part]]:
        """The ways to divide a message into parts of distinct topics, none of them a greeting or not ours."""
        seen: Dict[Tuple[int, int], Part] = {}
        for spans in clauses.ways(clauses.pieces(text, words), self._config["max_topics"]):
            for span in spans:
                if span not in seen:
                    seen[span] = self._part(text, words, *span)
            parts = [seen[span] for span in spans]
            topics = {part.topic for part in parts}
            if len(topics) == len(parts) and not topics & NOT_OF_SEVERAL:
                yield parts

    def _part(self, text: str, words: List[Word], start: int, end: int) -> Part:
        inside, said = _inside(words, start, end), text[start:end].strip()
        topic, confidence = self._rank(said, inside)[0]
        return Part(
            topic,
            confidence,
            clauses.asks_something(text[start:end], inside, text[end:]),
            clauses.is_question(said),
            clauses.goes_on(said),
            said.endswith(("?", "。", "!")),
            sum(char.isalnum() for char in said),
            clauses.sets_aside(said),
        )

    def _asked(self, text: str, words: List[Word], parts: List[clauses.Clause]) -> Ranking:
        """Distinct topics of the clauses that are sure; of those that ask, where any does."""
        asking = [part for part in parts if part.asks] or parts
        found: Dict[str, float] = {}
        for part in asking if len(parts) > 1 else ():
            inside = _inside(words, part.start, part.end)
            topic, confidence = self._rank(text[part.start : part.end].strip(), inside)[0]
            if confidence >= self._config["clause_sure"]:
                found[topic] = max(confidence, found.get(topic, 0.0))
        if len(found) > 1:
            found.pop("smalltalk", None)  # a greeting before the question
        return list(found.items())


def _inside(words: Sequence[Word], start: int, end: int) -> List[Word]:
    return [
        word._replace(start=word.start - start, end=word.end - start)
        for word in words
        if start <= word.start and word.end <= end
    ]


def _named(ranking: Ranking) -> List[Dict[str, Any]]:
    return [{"id": topic, "confidence": confidence} for topic, confidence in ranking]
