"""`make bench BENCH=ablation`: what each part of the topic model brings, and how it grows.

The accuracy of all sentences in five folds by author, with one part left out at a time; then time, memory and training at a
sixteenth, a quarter and all of the sentences, and with the topics cut into 200. Writes var/bench/ablation.json;
`--doc` puts the table into docs/understanding.md, with two pictures.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
import tempfile
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from nlu import check
from nlu.check import Sentence
from tests.bench.processes import ENGINE_PYTHON, ROOT
from tests.bench.record import Record
from tests.bench.understanding import last_line, lay_out

PARTS = ("chars", "words", "sounds", "pairs", "vectors", "readings", "places", "contrast")
TOPICS = 200
FOLDS = 5


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.ablation", description=__doc__)
    parser.add_argument("--folds", type=int, default=FOLDS, choices=range(1, FOLDS + 1))
    parser.add_argument("--doc", action="store_true")
    arguments = parser.parse_args()
    record = Record("ablation")
    everything = check.read()
    divided = folds(everything)[: arguments.folds]
    asked = sum(len(answered) for _, answered in divided)
    variants: list[tuple[str, ...]] = [(), *((part,) for part in PARTS)]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # each in a process of its own; only their answers count
        for without, share in zip(variants, pool.map(partial(accuracy, divided), variants), strict=True):
            record.add("ours", "accuracy", share, asked, {"without": without[0]} if without else {})
    growth(record, everything)
    path = record.write()
    if arguments.doc:
        record.write_into(ROOT / "docs" / "understanding.md")
        draw(record, ROOT / "docs" / "images")
    print(record.table(), f"\n{record.machine}\n{path.relative_to(ROOT)}", sep="\n")
    return 0


def folds(sentences: list[Sentence]) -> list[tuple[list[Sentence], list[Sentence]]]:
    """(learnt, answered) FOLDS times; authors are dealt out by how much they wrote."""
    wrote = Counter(sentence.author for sentence in sentences)
    sizes, fold_of = [0] * FOLDS, {}
    for author, count in sorted(wrote.items(), key=lambda pair: (-pair[1], pair[0])):
        fold_of[author] = sizes.index(min(sizes))
        sizes[fold_of[author]] += count
    return [
        ([s for s in sentences if fold_of[s.author] != held], [s for s in sentences if fold_of[s.author] == held])
        for held in range(FOLDS)
    ]


def say(words: str) -> None:
    print(time.strftime("%H:%M:%S"), words, file=sys.stderr, flush=True)


def run(learnt: list[Sentence], answered: list[Sentence], without: tuple[str, ...]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="iju-parts-") as home:
        lay_out(Path(home), learnt, [sentence.text for sentence in answered])
        command = [ENGINE_PYTHON, "-W", "ignore", "-m", "tests.bench.peers.parts", home]
        return last_line([*command, json.dumps({"without": without})])


def accuracy(divided: list[tuple[list[Sentence], list[Sentence]]], without: tuple[str, ...]) -> float:
    say(f"without {without or 'nothing'}")
    shares = []
    for learnt, answered in divided:
        guesses = run(learnt, answered, without)["predicted"]
        shares.append(mean(guess == sentence.topic for guess, sentence in zip(guesses, answered, strict=True)))
    return mean(shares)


def growth(record: Record, everything: list[Sentence]) -> None:
    asked = everything[:: len(everything) // 500]
    for part in (16, 4, 1):
        for topics in (0, TOPICS):
            learnt = everything[::part]
            if topics:
                learnt = [replace(s, topic=_cut(s, len({x.topic for x in learnt}))) for s in learnt]
            say(f"growth: {len(learnt)} sentences")
            told = run(learnt, asked, ())
            at = {"sentences": len(learnt), "topics": len({s.topic for s in learnt})}
            record.add("ours", "parse_p50_ms", median(told["parse_ms"]), len(asked), at)
            record.add("ours", "train_s", told["train_s"], 1, at)
            record.add("ours", "memory_mb", told["memory_mb"], 1, at)


def _cut(sentence: Sentence, topics: int) -> str:
    """One of the parts of its topic, by the sentence's own hash."""
    parts = -(-TOPICS // topics)
    return f"{sentence.topic}-{hashlib.sha256(sentence.text.encode()).digest()[0] % parts}"


def draw(record: Record, folder: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    whole = record.value("ours", "accuracy")
    lost = {part: whole - record.value("ours", "accuracy", {"without": part}) for part in PARTS}
    names = sorted(lost, key=lambda part: lost[part])
    axes.barh(names, [100 * lost[name] for name in names], color="#0017c1")
    axes.set_xlabel(f"points of accuracy lost without it (of {whole:.1%})")
    figure.savefig(folder / "ablation.svg", metadata={"Date": None})
    figure = Figure(figsize=(9, 3), layout="constrained")
    for axes, metric in zip(figure.subplots(1, 3), ("parse_p50_ms", "train_s", "memory_mb"), strict=True):
        rows = [row for row in record.rows if row["metric"] == metric]
        few = min(row["at"]["topics"] for row in rows)
        for label, own in (
            (f"{few} topics", [row for row in rows if row["at"]["topics"] == few]),
            (f"about {TOPICS}", [row for row in rows if row["at"]["topics"] != few]),
        ):
            axes.plot([row["at"]["sentences"] for row in own], [row["value"] for row in own], "o-", label=label)
        axes.set(title=metric, xlabel="sentences", ylim=(0, None))
        axes.legend()
    figure.savefig(folder / "growth.svg", metadata={"Date": None})


if __name__ == "__main__":
    raise SystemExit(main())
