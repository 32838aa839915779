"""chiVe word vectors as they ship in GiNZA's model `ja_ginza` (20,000 rows of 300)."""

from __future__ import annotations

from typing import Iterable, Tuple

import numpy as np

_PIPES = ["tok2vec", "parser", "attribute_ruler", "ner", "morphologizer", "compound_splitter", "bunsetu_recognizer"]


def ginza_rows(words: Iterable[str]) -> Tuple[list[str], np.ndarray]:
    """The words that have a vector and their unit rows, float16 (words, 300). Loads GiNZA: for training."""
    import spacy

    vocab = spacy.load("ja_ginza", exclude=_PIPES).vocab
    found = [word for word in sorted(set(words)) if word in vocab.strings and vocab.has_vector(word)]
    if not found:
        return [], np.zeros((0, vocab.vectors_length), np.float16)
    rows = np.stack([vocab.get_vector(word) for word in found]).astype(np.float32)
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-6)
    return found, rows.astype(np.float16)
