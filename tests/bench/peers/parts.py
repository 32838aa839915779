"""`python -m tests.bench.peers.parts FOLDER OPTIONS`: our topic model alone, with parts of it left out.

OPTIONS is JSON: `without` (chars, words, sounds, pairs, vectors, readings, places, contrast), a list. Learns
FOLDER/train.json, answers FOLDER/test.json; figures as JSON on the last line.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

from nlu.components import lexicon, masking, topic_model
from nlu.components.classifier import TopicClassifier
from nlu.components.featurizer import BLOCKS
from nlu.components.places import PlaceFinder
from nlu.text import Word, normalise, words
from tests.bench.peers import memory_mb

DEFAULTS = TopicClassifier.get_default_config()


def main(folder: Path, options: dict[str, Any]) -> int:
    without = options.get("without", [])
    finder = PlaceFinder(lexicon.build(Path("knowledge/data")))

    def read(text: str) -> tuple[str, list[Word]]:
        if "places" not in without:
            return masking.read(text, finder)
        plain = normalise(text).text
        return plain, words(plain)

    train = json.loads((folder / "train.json").read_text("utf-8"))
    test = json.loads((folder / "test.json").read_text("utf-8"))
    weights = [
        0.0 if name in without else weight
        for name, weight in zip((*BLOCKS, "vectors"), DEFAULTS["block_weights"], strict=True)
    ]
    began = time.perf_counter()
    model = topic_model.fit(
        [read(item["text"]) for item in train],
        [item["topic"] for item in train],
        {},
        DEFAULTS["least_count"],
        tuple(weights),  # type: ignore[arg-type]
        DEFAULTS["regularisation"],
        "readings" not in without,
    )
    train_s = time.perf_counter() - began
    # Its own way to weigh contrasts: none where the whole message has all the weight.
    classifier = TopicClassifier({"meant_share": 0.0} if "contrast" in without else {}, None, None)  # type: ignore[arg-type]
    classifier._model = model
    predicted, taken = [], []
    for text in test:
        started = time.perf_counter()
        predicted.append(classifier._rank(*read(text))[0][0])
        taken.append((time.perf_counter() - started) * 1000)
    print(json.dumps({"predicted": predicted, "parse_ms": taken, "train_s": train_s, "memory_mb": memory_mb()}))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), json.loads(sys.argv[2])))
