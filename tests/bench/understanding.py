"""`make bench BENCH=understanding`: our understanding beside stock Rasa (DIET; logistic regression), nlp.js and
scikit-learn's LinearSVC over characters, on the same sentences, in one run.

All learn every sentence of nlu/data and answer the messages of five writers who wrote none of them and whose misses
nobody read (tests/unseen). A message is right if all topics that it asks and no other are told. Writes
var/bench/understanding.json; `--doc` puts the table into docs/understanding.md; `--quick` is few sentences of each
topic and two writers.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

import httpx
import yaml

from bot.evaluation import free_port
from nlu import check
from nlu.check import Sentence
from tests.bench.processes import ENGINE_PYTHON, ROOT, Process
from tests.bench.record import Record

PEERS = Path(__file__).parent / "peers"
UNSEEN = ROOT / "tests" / "unseen"
WRITERS = ("w6", "w7", "w8", "w9", "w10")
LONG = 80  # characters from which a message counts as long
T_95 = {1: 12.7, 4: 2.776}  # Student's t, two-sided, by degrees of freedom


@dataclass(frozen=True)
class Asked:
    """A message to answer: its topics, and who wrote it."""

    text: str
    topics: tuple[str, ...]
    writer: str


@dataclass
class Figures:
    """Of one system: whether each message was right, its times, and what was measured once."""

    right: list[bool]
    parse_ms: list[float]
    http_ms: list[float]
    once: dict[str, float]


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.understanding", description=__doc__)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--doc", action="store_true", help="also put the table into docs/understanding.md")
    parser.add_argument("--only", nargs="+", choices=list(SYSTEMS), default=list(SYSTEMS))
    arguments = parser.parse_args()
    learnt = few(check.read(), 8) if arguments.quick else check.read()
    asked = list(messages(WRITERS[:2] if arguments.quick else WRITERS))
    record = Record("understanding_quick" if arguments.quick else "understanding")
    measured: dict[str, Figures] = {}
    for name in arguments.only:
        measured[name] = bench(name, learnt, asked)
        record.rows, record.goals = [], []
        write(record, measured, asked, len(learnt))
        path = record.write()  # also of a run that is cut off: DIET takes an hour
    if arguments.doc:
        record.write_into(ROOT / "docs" / "understanding.md")
    print(record.table(), f"\n{record.machine}\n{path.relative_to(ROOT)}", sep="\n")
    return 0


def few(sentences: list[Sentence], each: int) -> list[Sentence]:
    """The first `each` of every topic."""
    by_topic: dict[str, list[Sentence]] = defaultdict(list)
    for sentence in sentences:
        by_topic[sentence.topic].append(sentence)
    return [sentence for own in by_topic.values() for sentence in own[:each]]


def messages(writers: Sequence[str]) -> Iterator[Asked]:
    for writer in writers:
        for line in (UNSEEN / f"{writer}.jsonl").read_text("utf-8").splitlines():
            item = json.loads(line)
            yield Asked(item["text"], tuple(item["topics"]), writer)


def bench(name: str, learnt: list[Sentence], asked: list[Asked]) -> Figures:
    with tempfile.TemporaryDirectory(prefix="iju-peer-") as home:
        folder = Path(home)
        lay_out(folder, learnt, [one.text for one in asked])
        print(time.strftime("%H:%M:%S"), f"{name}, {len(learnt)} learnt", file=sys.stderr, flush=True)
        told = SYSTEMS[name](folder)
    right = [set(guess) == set(one.topics) for guess, one in zip(told["predicted"], asked, strict=True)]
    print(f"  {mean(right):.3f}", file=sys.stderr, flush=True)
    once = {metric: told[metric] for metric in ("train_s", "ready_s", "memory_mb")}
    return Figures(right, told["parse_ms"], told.get("http_ms", []), once)


def lay_out(folder: Path, learnt: list[Sentence], asked: list[str]) -> None:
    """train.json, test.json and nlu.yml (intents are topics; for ours, acts with the topic beside)."""
    train = [{"text": s.text, "topic": s.topic} for s in learnt]
    (folder / "train.json").write_text(json.dumps(train, ensure_ascii=False), "utf-8")
    (folder / "test.json").write_text(json.dumps(asked, ensure_ascii=False), "utf-8")
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

    return run("train") | run("parse") | {"http_ms": over_http(folder)}


def over_http(folder: Path) -> list[float]:
    """Milliseconds of `POST /model/parse` to Rasa's own server, for each message."""
    port = free_port()
    command = [ENGINE_PYTHON, "-W", "ignore", "-m", "rasa", "run", "--enable-api", "--port", str(port)]
    command += ["--model", str(folder / "model.tar.gz")]
    for name in ("endpoints", "credentials"):  # not this project's own
        (folder / f"{name}.yml").write_text("{}", "utf-8")
        command += [f"--{name}", str(folder / f"{name}.yml")]
    taken = []
    server = Process(command, {"RASA_TELEMETRY_ENABLED": "false"}, folder / "server.log")
    with contextlib.closing(server), httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60) as client:
        while not _loaded(client):
            server.check()
            time.sleep(0.5)
        for text in json.loads((folder / "test.json").read_text("utf-8")):
            started = time.perf_counter()
            client.post("/model/parse", json={"text": text}).raise_for_status()
            taken.append((time.perf_counter() - started) * 1000)
    return taken


def _loaded(client: httpx.Client) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return client.get("/status").is_success
    return False


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
    "linear": _linear,
    "nlpjs": _nlpjs,
    "stock_lr": lambda folder: _rasa(folder, PEERS / "stock_lr.yml"),
    "stock": lambda folder: _rasa(folder, PEERS / "stock.yml"),
}


def write(record: Record, measured: dict[str, Figures], asked: list[Asked], learnt: int) -> None:
    for name, figures in measured.items():
        record.add(name, "accuracy", mean(figures.right), len(asked), {"learnt": learnt})
        one = [right for right, message in zip(figures.right, asked, strict=True) if len(message.topics) == 1]
        record.add(name, "accuracy", mean(one), len(one), {"learnt": learnt, "asks": "one thing"})
        by_writer: dict[str, list[bool]] = defaultdict(list)
        for right, message in zip(figures.right, asked, strict=True):
            by_writer[message.writer].append(right)
        half = T_95[len(by_writer) - 1] * stdev(map(mean, by_writer.values())) / len(by_writer) ** 0.5
        record.add(name, "accuracy_ci95", half, len(by_writer))
        _times(record, name, figures, asked)
        for metric, value in figures.once.items():
            record.add(name, metric, value, 1)
    if {"ours", "stock"} <= set(measured):
        _goals(record, measured, {"learnt": learnt})


def _times(record: Record, name: str, figures: Figures, asked: list[Asked]) -> None:
    for metric, taken in (("parse", figures.parse_ms), ("parse_http", figures.http_ms)):
        for length in ("short", "long"):
            own = sorted(
                ms
                for ms, message in zip(taken, asked, strict=bool(taken))
                if (len(message.text) >= LONG) == (length == "long")
            )
            if own:
                record.add(name, f"{metric}_p50_ms", median(own), len(own), {"length": length})
                record.add(name, f"{metric}_p95_ms", own[int(len(own) * 0.95) - 1], len(own), {"length": length})


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
