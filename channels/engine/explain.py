"""`python -m channels.engine.explain --model FILE TEXT`: why a message is understood as it is, as one JSON document."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


def main(argv: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="channels.engine.explain", description=__doc__)
    parser.add_argument("--model", required=True, help="the .tar.gz that channels.engine.train wrote")
    parser.add_argument("text")
    arguments = parser.parse_args(argv)
    os.environ.update(RASA_TELEMETRY_ENABLED="false", SQLALCHEMY_SILENCE_UBER_WARNING="1", LOG_LEVEL="ERROR")
    sys.path[:0] = [str(ROOT)]
    from channels.engine import log
    from channels.engine.lean import keep_tensorflow_out

    log.configure()
    keep_tensorflow_out()
    from rasa.core.agent import Agent

    print(json.dumps(explain(Agent.load(arguments.model), arguments.text), ensure_ascii=False))
    return 0


def explain(agent: Any, text: str) -> dict[str, Any]:
    """The message as the pipeline saw it: normalised text, words, entities, decision, and what spoke for the nearest
    topics: their features with the margin each added, and the training sentences most like it."""
    from nlu.components import masking
    from nlu.components.classifier import TopicClassifier
    from nlu.components.entities import PlaceEntityExtractor
    from nlu.text import normalise, words

    nodes = [node._component for node in agent.processor.graph_runner._instantiated_nodes.values()]
    model = next(node._model for node in nodes if isinstance(node, TopicClassifier))
    finder = next(node._finder for node in nodes if isinstance(node, PlaceEntityExtractor))
    parsed = asyncio.run(agent.parse_message(text))
    plain = normalise(text)
    cut = words(plain.text)
    masked, masked_cut = masking.masked(plain, cut, finder)
    return {
        "text": text,
        "normalised": plain.text,
        "words": [[word.surface, word.norm, word.reading, word.pos[0]] for word in cut],
        "entities": [{key: e[key] for key in ("entity", "value", "text", "matched_as")} for e in parsed["entities"]],
        "read_as": masked,
        "intent": parsed["intent"]["name"],
        "decision": parsed["decision"],
        "topics": parsed["topics"],
        "ranking": [
            {**topic, "for": model.spoken_for(masked, masked_cut, topic["id"])} for topic in parsed["topic_ranking"]
        ],
        "nearest": model.nearest(plain.text),
    }


if __name__ == "__main__":
    raise SystemExit(main())
