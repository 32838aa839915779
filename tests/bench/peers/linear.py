"""`python -m tests.bench.peers.linear FOLDER`: scikit-learn's LinearSVC over character n-grams, learnt from
FOLDER/train.json; answers FOLDER/test.json, its figures as JSON on the last line."""

from __future__ import annotations

import json
import pickle
import sys
import time
from pathlib import Path

from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from tests.bench.peers import memory_mb


def main(folder: Path) -> int:
    train = json.loads((folder / "train.json").read_text("utf-8"))
    test = json.loads((folder / "test.json").read_text("utf-8"))
    began = time.perf_counter()
    model = make_pipeline(TfidfVectorizer(analyzer="char", ngram_range=(1, 4), sublinear_tf=True), LinearSVC())
    model.fit([item["text"] for item in train], [item["topic"] for item in train])
    train_s = time.perf_counter() - began
    stored = pickle.dumps(model)
    began = time.perf_counter()
    model = pickle.loads(stored)
    model.predict(["こんにちは"])
    ready_s = time.perf_counter() - began
    predicted, taken = [], []
    for text in test:
        started = time.perf_counter()
        predicted.append([str(model.predict([text])[0])])
        taken.append((time.perf_counter() - started) * 1000)
    figures = {
        "predicted": predicted,
        "parse_ms": taken,
        "train_s": train_s,
        "ready_s": ready_s,
        "memory_mb": memory_mb(),
    }
    print(json.dumps(figures))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
