"""The linear topic model: fitted with scikit-learn, run with numpy, stored without pickle."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Dict, List, Sequence, Tuple

import numpy as np

from nlu.components.featurizer import Bag, Vocabulary, Weights, bag, coverage, dense, learn, sparse
from nlu.components.vectors import ginza_rows
from nlu.text import Word, key, reading
from nlu.text import words as cut

Sentence = Tuple[str, List[Word]]


@dataclass
class TopicModel:
    """topics: names; weights (rows, topics), dense_weights (300, topics) and bias (topics,), all float32; exact:
    comparable form of a training sentence → number of its topic.

    Weights and vectors are stored as float16, and read once: to convert a sentence's rows takes longer than to add them.
    """

    topics: List[str]
    vocabulary: Vocabulary
    weights: np.ndarray
    dense_weights: np.ndarray
    bias: np.ndarray
    exact: Dict[str, int]

    def scores(self, text: str, words: Sequence[Word]) -> np.ndarray:
        """Margins (topics,) float32."""
        sentence = bag(text, words)
        rows, values = sparse(self.vocabulary, sentence)
        scores = self.bias + dense(self.vocabulary, sentence) @ self.dense_weights
        if len(rows):
            scores = scores + values @ self.weights[rows]
        return scores

    def coverage(self, words: Sequence[Word]) -> float:
        """The share (0–1) of the text's sounds that training has seen."""
        return coverage(self.vocabulary, words)

    def known(self, text: str) -> int | None:
        """The topic's number if `text` is a training sentence but for case and marks."""
        return self.exact.get(key(text))

    def spoken_for(self, text: str, words: Sequence[Word], topic: str, most: int = 6) -> List[Tuple[str, float]]:
        """The features that added most to a topic's margin (c: characters, w: words, s: sounds, p: pairs), and how much."""
        sentence, column = bag(text, words), self.topics.index(topic)
        rows, values = sparse(self.vocabulary, sentence)
        features = list(self.vocabulary.index)
        added = [
            (features[row], float(value * self.weights[row, column])) for row, value in zip(rows, values, strict=True)
        ]
        added.append(("vectors", float(dense(self.vocabulary, sentence) @ self.dense_weights[:, column])))
        return [(name, round(margin, 3)) for name, margin in sorted(added, key=lambda pair: -pair[1])[:most]]

    def nearest(self, text: str, most: int = 5) -> List[Tuple[str, str, float]]:
        """The training sentences that share most pairs of characters: (sentence without marks, topic, Jaccard)."""
        own = {*pairwise(key(text))}
        found = []
        for sentence, topic in self.exact.items():
            pairs = {*pairwise(sentence)}
            shared = len(own & pairs) / max(len(own | pairs), 1)
            found.append((sentence, self.topics[topic], round(shared, 3)))
        return sorted(found, key=lambda one: -one[2])[:most]

    def save(self, folder: Path) -> None:
        vocabulary = self.vocabulary
        np.savez(
            folder / "model.npz",
            weights=self.weights.astype(np.float16),
            dense_weights=self.dense_weights,
            bias=self.bias,
            idf=vocabulary.idf,
            block=vocabulary.block,
            matrix=vocabulary.matrix.astype(np.float16),
        )
        names = {
            "topics": self.topics,
            "features": list(vocabulary.index),
            "vectors": list(vocabulary.vectors),
            "block_weights": vocabulary.weights,
            "exact": self.exact,
        }
        (folder / "names.json").write_text(json.dumps(names, ensure_ascii=False), "utf-8")

    @classmethod
    def load(cls, folder: Path) -> TopicModel:
        names = json.loads((folder / "names.json").read_text("utf-8"))
        with np.load(folder / "model.npz", allow_pickle=False) as arrays:
            vocabulary = Vocabulary(
                {feature: row for row, feature in enumerate(names["features"])},
                arrays["idf"],
                arrays["block"],
                tuple(names["block_weights"]),
                {word: row for row, word in enumerate(names["vectors"])},
                arrays["matrix"].astype(np.float32),
            )
            return cls(
                names["topics"],
                vocabulary,
                arrays["weights"].astype(np.float32),
                arrays["dense_weights"],
                arrays["bias"],
                names["exact"],
            )


def fit(
    sentences: Sequence[Sentence],
    topics: Sequence[str],
    exact: Dict[str, str],
    least: int,
    weights: Weights,
    regularisation: float,
    readings: bool = True,
) -> TopicModel:
    """With `readings`, trains on each sentence twice: as written, and as it sounds (in hiragana), so that messages in
    kana only are at home. `exact`: texts that are known to the letter, with their topics. A linear SVM:
    fitted in 5 s where logistic regression took 22. Raises ValueError without two topics.
    """
    from scipy.sparse import csr_matrix, hstack
    from sklearn.svm import LinearSVC

    pairs: List[Tuple[Bag, Bag]] = []
    for text, words in sentences:
        sounds = reading(words)
        pairs.append((bag(text, words), bag(sounds, cut(sounds))))
    vocabulary = learn(pairs, least, weights)
    found, matrix = ginza_rows(norm for pair in pairs for bag_ in pair for norm in bag_.norms)
    vocabulary.vectors = {word: row for row, word in enumerate(found)}
    vocabulary.matrix = matrix.astype(np.float32)

    bags = [pair[0] for pair in pairs] + [pair[1] for pair in pairs if readings]
    names = sorted(set(topics))
    labels = np.array([names.index(topic) for topic in topics] * (2 if readings else 1))
    rows = [sparse(vocabulary, sentence) for sentence in bags]
    ends = np.cumsum([0] + [len(at) for at, _ in rows])
    counts = csr_matrix(
        (np.concatenate([values for _, values in rows]), np.concatenate([at for at, _ in rows]), ends),
        shape=(len(rows), len(vocabulary.index)),
    )
    means = csr_matrix(np.stack([dense(vocabulary, sentence) for sentence in bags]))
    # What is out of scope has ten times the sentences of a topic; by half its weight it declines less of ours.
    usual = np.median(np.bincount(labels))
    balance = {label: float((usual / count) ** 0.5) for label, count in enumerate(np.bincount(labels))}
    # A looser tolerance than scikit-learn's: a third less time, margins the same to 0.001.
    classifier = LinearSVC(C=regularisation, tol=1e-2, random_state=0, class_weight=balance).fit(
        hstack([counts, means]).tocsr(), labels
    )
    margins, bias = classifier.coef_, classifier.intercept_
    if len(names) == 2:  # scikit-learn keeps one row for two classes
        margins, bias = np.vstack([-margins, margins]), np.concatenate([-bias, bias])
    coefficients = margins.T.astype(np.float32)
    at = len(vocabulary.index)
    return TopicModel(
        names,
        vocabulary,
        coefficients[:at].astype(np.float16).astype(np.float32),  # as it will be read
        coefficients[at:],
        bias.astype(np.float32),
        {key(text): names.index(topic) for text, topic in exact.items() if key(text)},
    )
