"""`python -m nlu.fit_several` in the engine's environment: the weights for `several_weights` in config.yml.

Three models are trained, each without a third of the authors. Each judges the ways to divide the sentences of the
authors it does not know (one thing asked) and the messages of nlu/validation. Prints the weights, and what they find
and invent on messages that did not fit them. Takes some ten minutes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Dict, Iterator, List, NamedTuple, Sequence, Tuple

import yaml

from nlu import check
from nlu.components import lexicon, masking, several, topic_model
from nlu.components.classifier import TopicClassifier
from nlu.components.places import PlaceFinder
from nlu.text import Word

ROOT = Path(__file__).resolve().parents[1]
VALIDATION = ROOT / "nlu" / "validation"
FOLDS = 3
CHANCES = (0.15, 0.2, 0.3, 0.4, 0.5)


class Judged(NamedTuple):
    """A message with the ways to divide it: topics and features of each."""

    text: str
    wanted: List[str]
    ways: List[Tuple[List[str], Dict[str, float]]]


def main() -> int:
    argparse.ArgumentParser(prog="nlu.fit_several", description=__doc__).parse_args()
    judged = list(_judged())
    halves = [[one for one in judged if _half(one.text) == half] for half in (0, 1)]
    for chance in CHANCES:
        counts: Counter[str] = Counter()
        for learnt, asked in (halves, halves[::-1]):
            weights = fit(learnt)
            counts.update(verdict(one, weights, chance) for one in asked)
        print(f"{chance}: {dict(sorted(counts.items()))}", file=sys.stderr)
    rounded = {name: round(weight, 3) for name, weight in fit(judged).items()}
    print(yaml.safe_dump({"several_weights": rounded}, sort_keys=False, default_flow_style=None, width=110))
    return 0


def _judged() -> Iterator[Judged]:
    config = next(
        {key: value for key, value in component.items() if key != "name"}
        for component in yaml.safe_load((ROOT / "config.yml").read_text("utf-8"))["pipeline"]
        if component["name"].endswith("TopicClassifier")
    )
    finder = PlaceFinder(lexicon.build(ROOT / "knowledge" / "data"))
    sentences = check.read()
    validation = [
        (item["text"], item["topics"])
        for path in sorted(VALIDATION.glob("*.jsonl"))
        for item in map(json.loads, path.read_text("utf-8").splitlines())
    ]
    for held in range(FOLDS):
        learnt = [s for s in sentences if _fold(s.author) != held]
        classifier = TopicClassifier(config, None, None)  # type: ignore[arg-type]
        classifier._model = topic_model.fit(
            [masking.read(s.text, finder) for s in learnt],
            [s.topic for s in learnt],
            {},
            classifier._config["least_count"],
            tuple(classifier._config["block_weights"]),
            classifier._config["regularisation"],
        )
        singles = [(s.text, [s.topic]) for s in sentences if _fold(s.author) == held]
        for text, wanted in (*singles, *validation):
            yield Judged(text, wanted, ways(classifier, *masking.read(text, finder)))


def ways(classifier: TopicClassifier, text: str, cut: List[Word]) -> List[Tuple[List[str], Dict[str, float]]]:
    ranking = classifier._rank(text, cut)
    return [
        ([part.topic for part in parts], several.features(parts, ranking)) for parts in classifier.divisions(text, cut)
    ]


def _fold(author: str) -> int:
    return hashlib.sha256(author.encode()).digest()[0] % FOLDS


def _half(text: str) -> int:
    return hashlib.sha256(text.encode()).digest()[0] % 2


def fit(judged: Sequence[Judged]) -> Dict[str, float]:
    """Logistic regression over every way of every message; each message counts once."""
    from sklearn.linear_model import LogisticRegression

    rows: List[List[float]] = []
    right: List[bool] = []
    counts: List[float] = []
    for one in judged:
        for topics, told in one.ways:
            rows.append([told[name] for name in several.NAMES])
            right.append(len(one.wanted) > 1 and set(topics) == set(one.wanted))
            counts.append(1 / len(one.ways))
    model: Any = LogisticRegression(C=1.0, max_iter=5000).fit(rows, right, sample_weight=counts)
    return {"bias": float(model.intercept_[0]), **dict(zip(several.NAMES, map(float, model.coef_[0]), strict=True))}


def verdict(one: Judged, weights: Dict[str, float], chance: float) -> str:
    best = max(((several.probability(told, weights), topics) for topics, told in one.ways), default=(0.0, []))
    taken = best[1] if best[0] >= chance else []
    if len(one.wanted) == 1:
        return "one thing: divided" if taken else "one thing: left whole"
    return "several: found" if set(taken) == set(one.wanted) else "several: others" if taken else "several: missed"


if __name__ == "__main__":
    raise SystemExit(main())
