"""Drives conversations against a system and takes the times."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import median

import aiohttp

from tests.bench.talks import NotAnswered, Open

TIMEOUT = aiohttp.ClientTimeout(total=60)


@dataclass
class Load:
    """What residents waited, in ms a turn, and how long all of it took, in s. Rounds are added up."""

    milliseconds: list[float] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def turns(self) -> int:
        return len(self.milliseconds)

    @property
    def turns_per_s(self) -> float:
        return self.turns / self.seconds

    def percentile(self, share: float) -> float:
        """Nearest rank: of 20 values the 95th percentile is the 19th."""
        ordered = sorted(self.milliseconds)
        return ordered[max(0, -(-int(share * 100 * len(ordered)) // 100) - 1)]


async def run(open_talk: Open, scripts: list[list[str]], at_once: int, load: Load) -> None:
    """Holds the conversations of `scripts`, `at_once` of them at a time, each waiting for its answers."""
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector, timeout=TIMEOUT, trust_env=False) as http:
        waiting = [(await open_talk(http), script) for script in scripts]

        async def resident() -> None:
            while waiting:
                talk, script = waiting.pop()
                for text in script:
                    began = time.perf_counter()
                    await talk.send(text)
                    load.milliseconds.append((time.perf_counter() - began) * 1000)

        started = time.perf_counter()
        await asyncio.gather(*(resident() for _ in range(at_once)))
        load.seconds += time.perf_counter() - started


async def long_talk(open_talk: Open, cycle: list[str], turns: int) -> list[float]:
    """Milliseconds of each of the turns of one conversation that says `cycle` over and over."""
    taken = []
    async with aiohttp.ClientSession(timeout=TIMEOUT, trust_env=False) as http:
        talk = await open_talk(http)
        for turn in range(turns):
            began = time.perf_counter()
            await talk.send(cycle[turn % len(cycle)])
            taken.append((time.perf_counter() - began) * 1000)
    return taken


def around(milliseconds: list[float], turn: int, reach: int = 3) -> list[float]:
    """The times of `turn` (counted from 1) and of `reach` turns on both sides of it."""
    return milliseconds[max(0, turn - 1 - reach) : turn + reach]


async def until_answered(open_talk: Open, text: str, check: Callable[[], None], limit_s: float = 300) -> None:
    """Tries until a message is answered. `check` raises when the system has ended. Raises TimeoutError."""
    give_up = time.monotonic() + limit_s
    while time.monotonic() < give_up:
        check()
        try:
            async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30), trust_env=False) as http:
                await (await open_talk(http)).send(text)
            return
        except (aiohttp.ClientError, NotAnswered, TimeoutError):
            await asyncio.sleep(0.05)
    raise TimeoutError("no answer")


__all__ = ["Load", "around", "long_talk", "median", "run", "until_answered"]
