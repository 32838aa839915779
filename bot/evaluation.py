"""`./iju evaluate`: how much of what residents write is understood, told by a file of messages with their answers.

A desk of its own is started for it (the model of today's sentences, today's knowledge, an empty database), and
each message is the first of a conversation.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import os
import secrets
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from bot.commands import Result, commands
from bot.db.upgrade import upgrade
from bot.engine import EngineTurn, HttpEngine
from bot.errors import EngineFailed, EngineUnavailable
from bot.settings import Settings
from bot.supervise import ENGINE_PYTHON, ROOT, trained_model
from knowledge.loader import Knowledge

OUT_OF_SCOPE = "out_of_scope"
START_S = 60
WORST_SHOWN = 40
BINS = 10


class Item(BaseModel):
    """A line of the file. `topics`: what ought to be answered; `municipalities`: official names."""

    model_config = ConfigDict(extra="ignore", strict=True)

    text: str = Field(min_length=1, max_length=5000)
    topics: list[str] = Field(min_length=1, max_length=3)
    municipalities: list[str] | None = None
    style: str = "plain"


@dataclass(frozen=True)
class Answered:
    """What the desk did with a message. `best`: the topic thought likeliest, with its confidence (0–1)."""

    item: Item
    outcome: str
    topics: list[str]
    municipalities: list[str]
    best: str
    confidence: float

    @property
    def verdict(self) -> str:
        """right: answers all that was asked and nothing else · offered: asks back, or offers a person ·
        declined: turned away what is ours · wrong: anything else."""
        wanted, asks = set(self.item.topics), self.outcome in ("asked_back", "handed_off")
        if set(self.topics) == wanted and (self.outcome == "declined") == (wanted == {OUT_OF_SCOPE}):
            return "right"
        if self.outcome == "declined":
            return "declined"
        return "offered" if asks else "wrong"


def read(path: Path, knowledge: Knowledge) -> list[Item]:
    """The file's items. Raises ValueError naming the line that cannot be used."""
    names = {municipality.name for municipality in knowledge.municipalities.values()}
    items = []
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise ValueError(f"{path}: 文字コードがUTF-8ではありません") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            item = Item.model_validate_json(line)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(map(str, first["loc"])) or "JSON"
            raise ValueError(f"{path}:{number}: {place}（{first['msg']}）") from None
        unknown = [t for t in item.topics if t not in knowledge.topics]
        unknown += [name for name in item.municipalities or [] if name not in names]
        if unknown:
            raise ValueError(f"{path}:{number}: {'、'.join(unknown)} はありません")
        items.append(item)
    if not items:
        raise ValueError(f"{path}: 一行もありません")
    return items


@contextlib.contextmanager
def desk(settings: Settings) -> Iterator[HttpEngine]:
    """An engine with an app for its actions, on free ports, gone afterwards. Raises EngineUnavailable."""
    model = _model(settings)
    with tempfile.TemporaryDirectory(prefix="iju-evaluate-") as folder:
        port, engine_port, token = free_port(), free_port(), secrets.token_urlsafe(24)
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("IJU_", "LINE_"))}
        environment |= {
            "IJU_VAR": folder,
            "IJU_DATABASE_URL": f"sqlite:///{folder}/iju.sqlite3",
            "IJU_PORT": str(port),
            "IJU_INTERNAL_TOKEN": token,
            "IJU_ENGINE_URLS": f"http://127.0.0.1:{engine_port}",
            "IJU_ACTIONS_URL": f"http://127.0.0.1:{port}/internal/actions",
        }
        upgrade(environment["IJU_DATABASE_URL"])
        programs = (
            [sys.executable, "-W", "ignore", "-m", "channels.app"],
            [str(ENGINE_PYTHON), "-m", "channels.engine.serve", "--model", str(model), "--port", str(engine_port)],
        )
        running = [
            subprocess.Popen(  # noqa: S603
                command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            for command in programs
        ]
        engine = HttpEngine([f"http://127.0.0.1:{engine_port}"], token, 60)
        try:
            _wait(engine, running)
            yield engine
        finally:
            engine.close()
            for process in running:
                process.terminate()
            for process in running:
                process.wait(15)


def _model(settings: Settings) -> Path:
    with contextlib.redirect_stdout(sys.stderr):  # stdout is the figures'
        return trained_model(settings)


def explain(settings: Settings, text: str) -> dict[str, Any]:
    """How today's model understands a message: what `channels.engine.explain` prints."""
    command = [
        str(ENGINE_PYTHON),
        "-W",
        "ignore",
        "-m",
        "channels.engine.explain",
        "--model",
        str(_model(settings)),
        text,
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S603
    why: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return why


def explained(why: dict[str, Any]) -> str:
    """The explanation for a terminal."""
    lines = [f"整えた文　{why['normalised']}", f"学習器へ　{why['read_as']}"]
    lines += ["語　　　　" + " ".join(f"{surface}/{norm}" for surface, norm, *_ in why["words"])]
    lines += [f"見つけた語　{e['text']} → {e['value']}（{e['entity']}、{e['matched_as']}）" for e in why["entities"]]
    lines += [f"判断　　　{why['decision']}　{why['intent']}　" + " ".join(t["id"] for t in why["topics"]), ""]
    for topic in why["ranking"]:
        lines.append(f"{topic['confidence']:.3f} {topic['id']}")
        lines.append("      " + "  ".join(f"{name} {margin:+.2f}" for name, margin in topic["for"]))
    return "\n".join([*lines, "", *(f"{share:.2f} {topic}　{text}" for text, topic, share in why["nearest"])])


def free_port() -> int:
    """A port of this machine that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(engine: HttpEngine, running: list[subprocess.Popen[bytes]]) -> None:
    """Until a message is answered, its action included."""
    deadline = time.monotonic() + START_S
    while True:
        try:
            engine.health()
            _turn(engine, "warm-up", "こんにちは")
            return
        except (EngineUnavailable, EngineFailed):
            if time.monotonic() > deadline or any(process.poll() is not None for process in running):
                raise EngineUnavailable("the desk for the evaluation did not start") from None
            time.sleep(0.2)


def _turn(engine: HttpEngine, turn_id: str, text: str) -> EngineTurn:
    context = {"locale": "ja", "channel": "web", "now": dt.datetime.now(dt.UTC).isoformat()}
    return engine.turn(turn_id=turn_id, conversation_id="evaluation", text=text, state=None, context=context)


def answer(engine: HttpEngine, knowledge: Knowledge, items: Iterable[Item]) -> list[Answered]:
    """What the desk does with each item as the first message of a conversation. Raises EngineFailed."""
    names = {code: municipality.name for code, municipality in knowledge.municipalities.items()}
    answered = []
    for number, item in enumerate(items):
        turn = _turn(engine, f"evaluation-{number}", item.text)
        results = [c for c in commands.validate_python(turn.commands) if isinstance(c, Result)]
        ranking = turn.understanding["topic_ranking"]
        answered.append(
            Answered(
                item,
                results[-1].outcome,
                [topic for result in results for topic in result.topics],
                [names[code] for result in results for code in result.municipalities],
                ranking[0]["id"],
                ranking[0]["confidence"],
            )
        )
    return answered


def score(answered: list[Answered]) -> dict[str, Any]:
    """All figures, JSON. Shares are 0–1; intervals are Wilson's at 95 %."""
    return {
        "items": len(answered),
        "overall": _shares(answered),
        "answers": [
            {"text": a.item.text, "asked": a.item.topics, "answered": a.topics, "verdict": a.verdict} for a in answered
        ],
        "by_style": {style: _shares(group) for style, group in _groups(answered, lambda a: a.item.style)},
        "by_topic": {topic: _shares(group) for topic, group in _groups(answered, lambda a: a.item.topics[0])},
        "out_of_scope": _declining(answered),
        "municipalities": _entities(answered),
        "calibration": _calibration(answered),
        "confusions": [
            {"asked": list(asked), "answered": list(got), "n": n}
            for (asked, got), n in Counter(
                (tuple(sorted(a.item.topics)), tuple(sorted(a.topics))) for a in answered if a.verdict != "right"
            ).most_common(WORST_SHOWN)
        ],
        "wrong": [
            {"text": a.item.text, "asked": a.item.topics, "answered": a.topics, "outcome": a.outcome,
             "confidence": a.confidence, "style": a.item.style}
            for a in sorted(answered, key=lambda a: -a.confidence)
            if a.verdict in ("wrong", "declined")
        ],
    }  # fmt: skip


def _groups(answered: list[Answered], key: Callable[[Answered], str]) -> list[tuple[str, list[Answered]]]:
    groups: dict[str, list[Answered]] = defaultdict(list)
    for one in answered:
        groups[key(one)].append(one)
    return sorted(groups.items())


def _shares(answered: list[Answered]) -> dict[str, Any]:
    count = Counter(one.verdict for one in answered)
    n = len(answered)
    low, high = wilson(count["right"], n)
    return {
        "n": n,
        "right": count["right"] / n,
        "right_low": low,
        "right_high": high,
        "right_or_asked": (count["right"] + count["offered"]) / n,
        "wrong": (count["wrong"] + count["declined"]) / n,
    }


def wilson(hits: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share."""
    if not n:
        return 0.0, 1.0
    share, spread = hits / n, z * z / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * math.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return middle - half, middle + half


def _declining(answered: list[Answered]) -> dict[str, Any]:
    """How much of what is not ours is declined, and how much of what is ours."""
    theirs = [one for one in answered if one.item.topics == [OUT_OF_SCOPE]]
    ours = [one for one in answered if OUT_OF_SCOPE not in one.item.topics]
    return {
        "n": len(theirs),
        "declined": _share(one.outcome == "declined" for one in theirs),
        "in_scope_declined": _share(one.outcome == "declined" for one in ours),
    }


def _share(flags: Iterable[bool]) -> float | None:
    flags = list(flags)
    return sum(flags) / len(flags) if flags else None


def _entities(answered: list[Answered]) -> dict[str, Any]:
    """Micro-averaged over the items that say which municipalities they name."""
    hits = found = wanted = 0
    misses = []
    for one in answered:
        if one.item.municipalities is None:
            continue
        expected, got = set(one.item.municipalities), set(one.municipalities)
        hits, found, wanted = hits + len(expected & got), found + len(got), wanted + len(expected)
        if expected != got:
            misses.append({"text": one.item.text, "named": sorted(expected), "found": sorted(got)})
    return {
        "named": wanted,
        "precision": hits / found if found else None,
        "recall": hits / wanted if wanted else None,
        "misses": misses,
    }


def _calibration(answered: list[Answered]) -> dict[str, Any]:
    """Bins of the best topic's confidence with the share that was right, and their mean gap (ECE)."""
    bins: list[list[Answered]] = [[] for _ in range(BINS)]
    for one in answered:
        bins[min(int(one.confidence * BINS), BINS - 1)].append(one)
    rows = [
        {
            "from": number / BINS,
            "n": len(group),
            "confidence": sum(one.confidence for one in group) / len(group),
            "right": sum(one.best in one.item.topics for one in group) / len(group),
        }
        for number, group in enumerate(bins)
        if group
    ]
    error = sum(row["n"] * abs(row["confidence"] - row["right"]) for row in rows) / len(answered)
    return {"bins": rows, "error": error}


def earlier(path: Path) -> dict[str, Any]:
    """What an earlier run printed with `--json`. Raises ValueError."""
    try:
        scores: dict[str, Any] = json.loads(path.read_text("utf-8-sig"))
    except ValueError:
        raise ValueError(f"{path}: JSONではありません") from None
    if not isinstance(scores, dict) or not {"overall", "by_style", "by_topic", "answers"} <= set(scores):
        raise ValueError(f"{path}: `iju evaluate --json` の結果ではありません")
    return scores


def table(scores: dict[str, Any], before: dict[str, Any] | None = None) -> str:
    """The figures for a terminal; beside the share that is right, its change since `before`, in points."""

    def row(name: str, of: dict[str, Any], then: dict[str, Any] | None) -> str:
        change = f"{(of['right'] - then['right']) * 100:+7.1f}" if then else ""
        return f"{name:24}{of['n']:5}{of['right']:9.1%}{of['right_or_asked']:9.1%}{of['wrong']:9.1%}{change}"

    past = before or {"overall": None, "by_style": {}, "by_topic": {}}
    entities, declining = scores["municipalities"], scores["out_of_scope"]
    lines = [
        f"{'':24}{'n':>5}{'right':>9}{'+asked':>9}{'wrong':>9}",
        row("overall", scores["overall"], past["overall"]),
    ]
    for groups in ("by_style", "by_topic"):
        lines += ["", *(row(name, of, past[groups].get(name)) for name, of in scores[groups].items())]
    lines += ["", f"calibration error {scores['calibration']['error']:.3f}"]
    lines += [
        f"out of scope declined {_percent(declining['declined'])}, in scope {_percent(declining['in_scope_declined'])}"
    ]
    lines += [f"municipalities: precision {_percent(entities['precision'])}, recall {_percent(entities['recall'])}"]
    lines += [f"  {miss['named']} → {miss['found']}  {miss['text'][:60]}" for miss in entities["misses"]]
    lines += ["", *(f"{w['confidence']:.2f} {w['asked']} → {w['answered']}  {w['text'][:60]}" for w in scores["wrong"])]
    return "\n".join(lines)


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"
