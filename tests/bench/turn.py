"""`make bench BENCH=turn`: latency, turns a second, start, memory and training of our engine and app beside
a stock Rasa assistant, in one run. Rounds are interleaved; while one system is measured the others are paused.

Writes var/bench/turn.json (the contract's "Benchmarks") and prints its table. `--quick` is for trying it out
and writes turn_quick.json.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from tests import postgres
from tests.bench import text
from tests.bench.load import Load, around, long_talk, run, until_answered
from tests.bench.processes import ENGINE_PYTHON, ROOT
from tests.bench.record import Record
from tests.bench.stock import training
from tests.bench.systems import HELLO, Ours, Stock, System, warm
from tests.bench.talks import Open

CYCLE = 55  # sentences of a long conversation; turn 5 and turn 500 say the same one


@dataclass(frozen=True)
class Plan:
    """How much is measured. `held`: conversations a round at each number of conversations at once."""

    rounds: int
    held: dict[int, int]
    starts: int
    late: int
    long_talks: dict[str, int]


FULL = Plan(5, {1: 10, 8: 16, 32: 32}, 2, 500, {"ours_engine": 8, "ours_app": 4, "stock": 1})
QUICK = Plan(1, {1: 4, 8: 8, 32: 32}, 1, 60, {"ours_engine": 2, "ours_app": 1, "stock": 1})


@dataclass(frozen=True)
class Measured:
    """A line of the benchmark: the name of its rows, how to talk to it, the processes behind it."""

    name: str
    database: dict[str, str]
    talk: Open
    system: System


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests.bench.turn", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few turns, one start, a shorter long conversation")
    parser.add_argument("--retrain", action="store_true", help="train the stock assistant again (minutes)")
    parser.add_argument("--doc", action="store_true", help="also put the table into docs/performance.md")
    arguments = parser.parse_args()
    if arguments.quick and arguments.doc:
        parser.error("--doc wants the whole benchmark")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        with tempfile.TemporaryDirectory(prefix="iju-bench-") as folder:
            Path(folder).chmod(0o755)  # PostgreSQL may run as another user
            record = Record("turn_quick" if arguments.quick else "turn")
            models = _train(Path(folder), record, retrain=arguments.retrain)
            asyncio.run(bench(Path(folder), QUICK if arguments.quick else FULL, record, *models))
    except KeyboardInterrupt:
        print("stopped; everything that was started has ended", file=sys.stderr)
        return 130
    path = record.write()
    if arguments.doc:
        record.write_into(ROOT / "docs" / "performance.md")
    print(record.table(), f"\n{record.machine}\n{path.relative_to(ROOT)}", sep="\n")
    return 0


async def bench(folder: Path, plan: Plan, record: Record, model: Path, project: Path) -> None:
    """Everything but training. `model`: our model's file; `project`: the stock project's folder."""
    await _starts(folder, plan, model, project, record)
    with _all(folder, model, project) as lines:
        for line in lines:
            say(f"starting {line.name} {line.database.get('database', '')}")
            with _alone(line, lines):
                await warm(line.talk, line.system)
        await _rounds(plan, lines, record)
        await _long(plan, lines, record)
        _memory(lines, record)
    _goals(record, plan)


def say(words: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {words}", file=sys.stderr, flush=True)


def _train(folder: Path, record: Record, *, retrain: bool) -> tuple[Path, Path]:
    """Our model's file, trained into an empty folder, and the stock project's folder."""
    say("training ours")
    out = folder / "model"
    command = [ENGINE_PYTHON, "-m", "channels.engine.train", "--out", str(out)]
    ours = training.timed(command, ROOT, {}, folder / "train.log")
    say(f"ours: {ours}; training stock, unless it is there already (some 10 minutes)")
    project, stock = training.trained(ROOT / "var" / "bench" / "stock", again=retrain)
    say(f"stock: {stock}")
    for system, figures in (("ours_engine", ours), ("stock", stock)):
        record.add(system, "train_s", figures["train_s"], 1)
        record.add(system, "train_cpu_s", figures["cpu_s"], 1)
    return next(out.glob("*.tar.gz")), project


async def _starts(folder: Path, plan: Plan, model: Path, project: Path, record: Record) -> None:
    """Seconds from the start of the process to its first answer. What it calls is up before, but for
    `ours_app`, where engine and app start at once."""
    taken: dict[str, list[float]] = {"ours_engine": [], "ours_app": [], "stock": []}
    for number in range(plan.starts):
        say(f"starts, round {number + 1} of {plan.starts}")
        with closing(Ours(folder / f"start-engine-{number}", model)) as ours:
            ours.start_app()
            await ours.app_up()
            began = time.perf_counter()
            ours.start_engine()
            await until_answered(ours.engine_talk, HELLO, ours.check)
            taken["ours_engine"].append(time.perf_counter() - began)
        with closing(Ours(folder / f"start-app-{number}", model)) as ours:
            began = time.perf_counter()
            ours.start_engine()
            ours.start_app()
            await until_answered(ours.app_talk, HELLO, ours.check)
            taken["ours_app"].append(time.perf_counter() - began)
        with closing(Stock(folder / f"start-stock-{number}", project)) as stock:
            stock.start_actions()
            await stock.actions_up()
            began = time.perf_counter()
            stock.start_server()
            await until_answered(stock.talk, HELLO, stock.check)
            taken["stock"].append(time.perf_counter() - began)
    for system, seconds in taken.items():
        record.add(system, "ready_s", median(seconds), len(seconds))


@contextmanager
def _all(folder: Path, model: Path, project: Path) -> Iterator[list[Measured]]:
    """Every system running, each app with an engine of its own."""
    with ExitStack() as stack:
        sqlite = stack.enter_context(closing(Ours(folder / "sqlite", model)))
        (folder / "pg" / "server").mkdir(parents=True)
        server = contextmanager(postgres.server)(folder / "pg" / "server")
        url = postgres.database(stack.enter_context(server))
        postgresql = stack.enter_context(closing(Ours(folder / "postgresql", model, url)))
        stock = stack.enter_context(closing(Stock(folder / "stock", project)))
        for ours in (sqlite, postgresql):
            ours.start_engine()
            ours.start_app()
        stock.start_actions()
        stock.start_server()
        yield [
            Measured("ours_engine", {}, sqlite.engine_talk, sqlite),
            Measured("ours_app", {}, sqlite.app_talk, sqlite),
            Measured("ours_app", {"database": "postgresql"}, postgresql.app_talk, postgresql),
            Measured("stock", {}, stock.talk, stock),
        ]


@contextmanager
def _alone(line: Measured, lines: list[Measured]) -> Iterator[None]:
    """Only `line`'s processes run meanwhile."""
    others = {id(other.system): other.system for other in lines if other.system is not line.system}
    for system in others.values():
        system.pause()
    try:
        yield
    finally:
        for system in others.values():
            system.resume()


async def _rounds(plan: Plan, lines: list[Measured], record: Record) -> None:
    loads = {(at_once, index): Load() for at_once in plan.held for index in range(len(lines))}
    scripts = iter(text.conversations(plan.rounds * sum(plan.held.values())))
    for number in range(plan.rounds):
        say(f"turns, round {number + 1} of {plan.rounds}")
        mine = {at_once: [next(scripts) for _ in range(held)] for at_once, held in plan.held.items()}
        # Every other round the other way round, so that no system always follows the same one.
        order = list(enumerate(lines))[:: -1 if number % 2 else 1]
        for index, line in order:
            with _alone(line, lines):
                await warm(line.talk, line.system, 3)
                for at_once, held in mine.items():
                    await run(line.talk, held, at_once, loads[at_once, index])
    for (at_once, index), load in loads.items():
        line = lines[index]
        at: dict[str, Any] = {"conversations": at_once, **line.database}
        record.add(line.name, "turn_p50_ms", load.percentile(0.5), load.turns, at)
        record.add(line.name, "turn_p95_ms", load.percentile(0.95), load.turns, at)
        record.add(line.name, "turns_per_s", load.turns_per_s, load.turns, at)


async def _long(plan: Plan, lines: list[Measured], record: Record) -> None:
    """A turn early and late in one conversation: medians over the turns around both."""
    cycle = [sentence for script in text.conversations(CYCLE // text.TURNS) for sentence in script]
    assert (plan.late - 5) % CYCLE == 0
    for line in lines:
        say(f"a long conversation with {line.name} {line.database.get('database', '')}")
        early: list[float] = []
        late: list[float] = []
        with _alone(line, lines):
            await warm(line.talk, line.system, 3)
            for _ in range(plan.long_talks[line.name]):
                taken = await long_talk(line.talk, cycle, plan.late + 3)
                early += around(taken, 5)
                late += around(taken, plan.late)
        for turn, values in ((5, early), (plan.late, late)):
            record.add(line.name, "turn_p50_ms", median(values), len(values), {"turn": turn, **line.database})


def _memory(lines: list[Measured], record: Record) -> None:
    """After all of the load. The engine's and the stock server's alone compare; the rest is said too."""
    engine, app, _, stock = (line.system.processes for line in lines)
    record.add("ours_engine", "memory_mb", engine["engine"].memory_mb(), 1)
    record.add("ours_app", "memory_mb", app["app"].memory_mb(), 1)
    record.add("stock", "memory_mb", stock["server"].memory_mb(), 1)
    record.add("stock", "memory_mb", stock["actions"].memory_mb(), 1, {"process": "action server"})


def _goals(record: Record, plan: Plan) -> None:
    def ratio(metric: str, at: dict[str, Any] | None = None) -> float:
        return record.value("ours_engine", metric, at) / record.value("stock", metric, at)

    one, eight = {"conversations": 1}, {"conversations": 8}
    record.goal("engine's turn p50 / stock's, 1 conversation", ratio("turn_p50_ms", one), 1 / 8)
    record.goal("engine's turn p50 / stock's, 8 conversations", ratio("turn_p50_ms", eight), 1 / 8)
    record.goal("engine's turns/s / stock's, 8 conversations", ratio("turns_per_s", eight), 8, at_least=True)
    record.goal("engine ready / stock ready", ratio("ready_s"), 1 / 4)
    record.goal("engine's memory / stock's", ratio("memory_mb"), 0.4)
    record.goal("our training / stock's", ratio("train_s"), 1 / 4)
    late = record.value("ours_engine", "turn_p50_ms", {"turn": plan.late})
    early = record.value("ours_engine", "turn_p50_ms", {"turn": 5})
    record.goal(f"engine's turn {plan.late} / turn 5", late / early, 1.1)
    engine = record.value("ours_engine", "turn_p50_ms", one)
    for database in ({}, {"database": "postgresql"}):
        name = database.get("database", "sqlite")
        added = record.value("ours_app", "turn_p50_ms", {**one, **database}) - engine
        record.goal(f"the app adds, ms p50, 1 conversation, {name}", added, 25)


if __name__ == "__main__":
    raise SystemExit(main())
