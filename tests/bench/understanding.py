"""`make bench BENCH=understanding`: our understanding beside stock Rasa (DIET; logistic regression), nlp.js and
scikit-learn's LinearSVC over characters, on the same sentences, in one run.

Five folds by author: whoever wrote a sentence to be answered wrote none that was learnt. Each topic gives at most
`--each` sentences, evenly over the authors, so that DIET learns in minutes. Writes var/bench/understanding.json;
`--doc` puts the table into docs/understanding.md; `--quick` is two folds of few sentences.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import chain, zip_longest
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import yaml

from tests.bench.processes import ENGINE_PYTHON, ROOT
from tests.bench.record import Record
from tests.bench.stock.convert import sentences

PEERS = Path(__file__).parent / "peers"
FOLDS = 5
LONG = 80  # characters from which a message counts as long
T_95 = {1: 12.7, 4: 2.776}  # Student's t, two-sided, by degrees of freedom


@dataclass(frozen=True)
class Sentence:
    text: str
    topic: str
    author: str


@dataclass
class Figures:
    """Of one system, over the folds."""

    accuracy: list[float] = field(default_factory=list)
    short_ms: list[float] = field(default_factory=list)
    long_ms: list[float] = field(default_factory=list)
    once: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.understanding", description=__doc__)
    parser.add_argument("--each", type=int, default=24, help="sentences a topic, at most")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--doc", action="store_true", help="also put the table into docs/understanding.md")
    parser.add_argument("--only", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    arguments = parser.parse_args()
    chosen = choose(8 if arguments.quick else arguments.each)
    record = Record("understanding_quick" if arguments.quick else "understanding")
    measured = bench(folds(chosen)[: 2 if arguments.quick else FOLDS], arguments.only)
    write(record, measured, len(chosen))
    path = record.write()
    if arguments.doc:
        record.write_into(ROOT / "docs" / "understanding.md")
    print(record.table(), f"\n{record.machine}\n{path.relative_to(ROOT)}", sep="\n")
    return 0


def choose(each: int) -> list[Sentence]:
    """At most `each` sentences of a topic, taken from its authors in turn; the same ones every time."""
    by_topic: dict[str, dict[str, list[Sentence]]] = defaultdict(lambda: defaultdict(list))
    for topic, metadata, text in sentences():
        by_topic[topic][metadata["author"]].append(Sentence(text, topic, metadata["author"]))
    chosen = []
    for topic, authors in sorted(by_topic.items()):
        pick = random.Random(topic)
        for own in authors.values():
            pick.shuffle(own)
        in_turn = chain.from_iterable(zip_longest(*(own for _, own in sorted(authors.items()))))
        chosen += [sentence for sentence in in_turn if sentence][:each]
    return chosen


def folds(chosen: list[Sentence]) -> list[tuple[list[Sentence], list[Sentence]]]:
    """(learnt, answered) FOLDS times; authors are dealt out by how much they wrote."""
    wrote: dict[str, int] = defaultdict(int)
    for sentence in chosen:
        wrote[sentence.author] += 1
    sizes, fold_of = [0] * FOLDS, {}
    for author, count in sorted(wrote.items(), key=lambda pair: (-pair[1], pair[0])):
        fold_of[author] = sizes.index(min(sizes))
        sizes[fold_of[author]] += count
    return [
        ([s for s in chosen if fold_of[s.author] != held], [s for s in chosen if fold_of[s.author] == held])
        for held in range(FOLDS)
    ]


def bench(divided: list[tuple[list[Sentence], list[Sentence]]], only: list[str]) -> dict[str, Figures]:
    measured = {name: Figures() for name in only}
    for number, (learnt, answered) in enumerate(divided, 1):
        for name in only:
            with tempfile.TemporaryDirectory(prefix="iju-peer-") as home:
                folder = Path(home)
                lay_out(folder, learnt, answered)
                print(time.strftime("%H:%M:%S"), f"fold {number}: {name}, {len(learnt)} learnt", file=sys.stderr)
                told = SYSTEMS[name](folder)
            take(measured[name], told, answered)
            print(f"  {measured[name].accuracy[-1]:.3f}", file=sys.stderr, flush=True)
    return measured


def take(figures: Figures, told: dict[str, Any], answered: list[Sentence]) -> None:
    right = [guess == sentence.topic for guess, sentence in zip(told["predicted"], answered, strict=True)]
    figures.accuracy.append(mean(right))
    for taken, sentence in zip(told["parse_ms"], answered, strict=True):
        (figures.long_ms if len(sentence.text) >= LONG else figures.short_ms).append(taken)
    for metric in ("train_s", "ready_s", "memory_mb"):
        figures.once[metric].append(told[metric])


def lay_out(folder: Path, learnt: list[Sentence], answered: list[Sentence]) -> None:
    """train.json, test.json and nlu.yml (intents are topics; for ours, acts with the topic beside)."""
    for name, part in (("train", learnt), ("test", answered)):
        items = [{"text": s.text, "topic": s.topic} for s in part]
        (folder / f"{name}.json").write_text(json.dumps(items, ensure_ascii=False), "utf-8")
    by_topic: dict[str, list[str]] = defaultdict(list)
    for sentence in learnt:
        by_topic[sentence.topic].append(sentence.text)
    examples = {
        topic: "".join(f"- {_escaped(text)}\n" for text in dict.fromkeys(own)) for topic, own in by_topic.items()
    }
    for name, groups in (
        ("nlu.yml", [{"intent": topic, "examples": text} for topic, text in examples.items()]),
        ("ours.yml", [{"intent": "ask", "metadata": {"topic": t}, "examples": text} for t, text in examples.items()]),
    ):
        (folder / name).write_text(yaml.safe_dump({"nlu": groups}, allow_unicode=True), "utf-8")


def _escaped(text: str) -> str:
    return text.replace("\n", " ").replace("[", "（").replace("]", "）")


def _rasa(folder: Path, config: Path, *, lean: bool = False) -> dict[str, Any]:
    def run(what: str) -> dict[str, Any]:
        command = [ENGINE_PYTHON, "-W", "ignore", "-m", "tests.bench.peers.rasa_nlu", what, str(config), str(folder)]
        return last_line([*command, *(["--lean"] if lean else [])])

    return run("train") | run("parse")


def _ours(folder: Path) -> dict[str, Any]:
    shutil.move(folder / "ours.yml", folder / "nlu.yml")
    return _rasa(folder, ROOT / "config.yml", lean=True)


def _nlpjs(folder: Path) -> dict[str, Any]:
    home = ROOT / "var" / "bench" / "nlpjs"
    home.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "peer.js"):
        shutil.copy(PEERS / "nlpjs" / name, home)
    if not (home / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=home, check=True, capture_output=True)
    return last_line(["node", str(home / "peer.js"), str(folder)])


def _linear(folder: Path) -> dict[str, Any]:
    return last_line([ENGINE_PYTHON, "-m", "tests.bench.peers.linear", str(folder)])


def last_line(command: list[str]) -> dict[str, Any]:
    """Raises RuntimeError with the end of what the program said."""
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=os.environ)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return told


SYSTEMS = {
    "ours": _ours,
    "stock": lambda folder: _rasa(folder, PEERS / "stock.yml"),
    "stock_lr": lambda folder: _rasa(folder, PEERS / "stock_lr.yml"),
    "nlpjs": _nlpjs,
    "linear": _linear,
}


def write(record: Record, measured: dict[str, Figures], chosen: int) -> None:
    for name, figures in measured.items():
        n = len(figures.short_ms) + len(figures.long_ms)
        held = len(figures.accuracy)
        record.add(name, "accuracy", mean(figures.accuracy), n, {"learnt": chosen * (FOLDS - 1) // FOLDS})
        if held > 1:
            half = T_95.get(held - 1, 2.0) * stdev(figures.accuracy) / held**0.5
            record.add(name, "accuracy_ci95", half, held)
        for length, taken in (("short", figures.short_ms), ("long", figures.long_ms)):
            if taken:
                ordered = sorted(taken)
                record.add(name, "parse_p50_ms", median(ordered), len(ordered), {"length": length})
                record.add(
                    name, "parse_p95_ms", ordered[int(len(ordered) * 0.95) - 1], len(ordered), {"length": length}
                )
        for metric, values in figures.once.items():
            record.add(name, metric, median(values), len(values))
    if {"ours", "stock"} <= set(measured):
        _goals(record, measured, {"learnt": chosen * (FOLDS - 1) // FOLDS})


def _goals(record: Record, measured: dict[str, Figures], at: dict[str, Any]) -> None:
    def ratio(metric: str, where: dict[str, Any] | None = None) -> float:
        return record.value("ours", metric, where) / record.value("stock", metric, where)

    errors = {name: 1 - record.value(name, "accuracy", at) for name in measured}
    best = min(share for name, share in errors.items() if name != "ours")
    record.goal("our errors / stock's", errors["ours"] / errors["stock"], 0.4)
    record.goal("our errors / the best peer's", errors["ours"] / best, 0.6)
    record.goal("our parse p50 / stock's, short", ratio("parse_p50_ms", {"length": "short"}), 1 / 8)
    record.goal("our parse p50 / stock's, long", ratio("parse_p50_ms", {"length": "long"}), 1 / 2)
    record.goal("our training / stock's", ratio("train_s"), 1 / 4)
    record.goal("ours ready / stock ready", ratio("ready_s"), 1 / 4)
    record.goal("our memory / stock's", ratio("memory_mb"), 0.4)


if __name__ == "__main__":
    raise SystemExit(main())
