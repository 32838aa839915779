"""Sentences as numbers: four blocks of idf-weighted counts and a mean of word vectors.

Blocks (each scaled to length 1, then weighted):
  chars     1–3-grams of characters, katakana folded into hiragana
  words     Sudachi's normalised forms, single and in pairs
  sounds    2–5-grams of the reading: what kana, half-width kana and misspelt messages share
  pairs     two normalised forms near one another, in any order: 「家を畑つきで」 and 「畑のある家」
  vectors   idf-weighted mean of chiVe vectors of the normalised forms
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Dict, Iterable, Iterator, List, Sequence, Tuple

import numpy as np

from nlu.text import Word, hiragana, reading

BLOCKS = ("chars", "words", "sounds", "pairs")
_NEAR = 6  # words on either side with which a word makes a pair
_MARKS = re.compile(r"[\s!?。、.,「」()・…:;~\-]+")
Weights = Tuple[float, float, float, float, float]  # of the blocks, and of the vectors
_VECTOR_IDF = 5.0  # for a word that has a vector but was not seen in training


@dataclass
class Bag:
    """The features of one sentence by block, and the normalised forms of its words."""

    blocks: Tuple[List[str], List[str], List[str], List[str]]
    norms: List[str]


@dataclass
class Vocabulary:
    """index: feature → row, all blocks in one numbering; idf (rows,); block (rows,) its block's number.

    vectors: word → row of `matrix` (float32, unit length).
    """

    index: Dict[str, int]
    idf: np.ndarray
    block: np.ndarray
    weights: Weights
    vectors: Dict[str, int] = field(default_factory=dict)
    matrix: np.ndarray = field(default_factory=lambda: np.zeros((0, 300), np.float32))


def bag(text: str, words: Sequence[Word]) -> Bag:
    """`text` is normalised, `words` its words."""
    chars = f"^{_MARKS.sub(' ', hiragana(text.lower())).strip()}$"
    sounds = _sounds(words)
    norms = [word.norm.lower() for word in words if word.pos[0] not in ("補助記号", "空白")]
    pairs = [f"{first} {second}" for first, second in pairwise(norms)]
    return Bag(
        (
            [f"c{gram}" for gram in _grams(chars, 1, 3)],
            [f"w{word}" for word in norms + pairs],
            [f"s{gram}" for gram in _grams(sounds, 2, 5)],
            [f"p{first} {second}" for first, second in _pairs(norms)],
        ),
        norms,
    )


def _pairs(norms: Sequence[str]) -> Iterator[Tuple[str, str]]:
    """Words that mean something by themselves: a single kana does not."""
    telling = [norm for norm in dict.fromkeys(norms) if len(norm) > 1 or "一" <= norm <= "鿿"]
    for at, norm in enumerate(telling):
        for other in telling[at + 1 : at + 1 + _NEAR]:
            yield (norm, other) if norm < other else (other, norm)


def _grams(text: str, shortest: int, longest: int) -> Iterator[str]:
    for size in range(shortest, longest + 1):
        for start in range(len(text) - size + 1):
            yield text[start : start + size]


def learn(sentences: Iterable[Sequence[Bag]], least: int, weights: Weights) -> Vocabulary:
    """A vocabulary of the features in at least `least` sentences. A sentence comes with its variants."""
    counts = [Counter[str]() for _ in BLOCKS]
    total = 0
    for variants in sentences:
        total += 1
        for number, count in enumerate(counts):
            count.update({feature for variant in variants for feature in variant.blocks[number]})
    index: Dict[str, int] = {}
    idf: List[float] = []
    block: List[int] = []
    for number, count in enumerate(counts):
        for feature in sorted(feature for feature, seen in count.items() if seen >= least):
            index[feature] = len(index)
            idf.append(math.log((1 + total) / (1 + count[feature])) + 1)
            block.append(number)
    return Vocabulary(index, np.array(idf, np.float32), np.array(block, np.int8), weights)


def sparse(vocabulary: Vocabulary, sentence: Bag) -> Tuple[np.ndarray, np.ndarray]:
    """Rows and values (float32) of a sentence's known features."""
    rows: List[np.ndarray] = []
    values: List[np.ndarray] = []
    for number, features in enumerate(sentence.blocks):
        count = Counter(map(vocabulary.index.get, features))  # counted in C, the unknown ones together
        count.pop(None, None)
        if not count:
            continue
        block = np.fromiter(count.values(), np.float32, len(count))
        at = np.fromiter(count, np.int64, len(count))
        block = (1 + np.log(block)) * vocabulary.idf[at]
        block *= vocabulary.weights[number] / math.sqrt(block @ block)
        rows.append(at)
        values.append(block)
    if not rows:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    return np.concatenate(rows), np.concatenate(values)


def dense(vocabulary: Vocabulary, sentence: Bag) -> np.ndarray:
    """The weighted mean vector (300,), float32; zeros where no word has a vector."""
    rows: List[int] = []
    idfs: List[float] = []
    for norm in sentence.norms:
        row = vocabulary.vectors.get(norm)
        if row is not None:
            rows.append(row)
            known = vocabulary.index.get(f"w{norm}")
            idfs.append(float(vocabulary.idf[known]) if known is not None else _VECTOR_IDF)
    if not rows:
        return np.zeros(vocabulary.matrix.shape[1], np.float32)
    mean = np.array(idfs, np.float32) @ vocabulary.matrix[rows]
    length = math.sqrt(mean @ mean)
    return mean * (vocabulary.weights[-1] / length) if length else mean


def coverage(vocabulary: Vocabulary, words: Sequence[Word]) -> float:
    """Which share (0–1) of the words' sounds training has seen: little means another language or noise."""
    sounds = _sounds(words)
    threes = [f"s{gram}" for gram in _grams(sounds, 3, 3)]
    if not threes:
        return 1.0 if any(f"s{gram}" in vocabulary.index for gram in _grams(sounds, 2, 5)) else 0.0
    return sum(gram in vocabulary.index for gram in threes) / len(threes)


def _sounds(words: Sequence[Word]) -> str:
    return f"^{reading(list(words))}$"
