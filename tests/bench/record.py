"""A benchmark's result: rows, the file of the contract's "Benchmarks", a table, and the goals."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.bench.processes import ROOT

At = dict[str, Any]


class Others:
    """How much of the processors other programs took since it was made: figures of a busy machine are worth less."""

    def __init__(self) -> None:
        self._start = self._taken()

    def share(self) -> float:
        """0 to 1. To be asked when all processes of our own have ended; PostgreSQL's count as others'."""
        whole, own, total = (now - then for now, then in zip(self._taken(), self._start, strict=True))
        return max(0.0, whole - own) / total if total else 0.0

    @staticmethod
    def _taken() -> tuple[float, float, float]:
        """CPU seconds: everybody's, ours and our ended children's, all there were."""
        times = psutil.cpu_times()
        total = sum(times[:8])  # what Linux counts after these is in them already
        return total - times.idle - getattr(times, "iowait", 0.0), sum(os.times()[:4]), total


@dataclass
class Record:
    name: str
    rows: list[dict[str, Any]] = field(default_factory=list)
    goals: list[dict[str, Any]] = field(default_factory=list)
    machine: str = field(default_factory=lambda: machine())
    others: Others = field(default_factory=Others)

    def add(self, system: str, metric: str, value: float, n: int, at: At | None = None) -> None:
        row = {"system": system, "metric": metric, "at": at or {}, "value": round(value, 3), "n": n}
        self.rows.append(row)

    def value(self, system: str, metric: str, at: At | None = None) -> float:
        """Raises StopIteration when there is no such row."""
        wanted = (system, metric, at or {})
        return float(next(r["value"] for r in self.rows if (r["system"], r["metric"], r["at"]) == wanted))

    def goal(self, name: str, value: float, limit: float, *, at_least: bool = False) -> None:
        reached = value >= limit if at_least else value <= limit
        sign = "≥" if at_least else "≤"
        self.goals.append({"goal": name, "value": round(value, 3), "limit": f"{sign} {limit:g}", "reached": reached})

    def write(self) -> Path:
        before = self.machine.partition("; other programs")[0]  # of a benchmark that writes as it goes
        self.machine = f"{before}; other programs took {self.others.share():.0%} of the processors meanwhile"
        path = ROOT / "var" / "bench" / f"{self.name}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = {
            "name": self.name,
            "commit": commit(),
            "machine": self.machine,
            "rows": self.rows,
            "goals": self.goals,
        }
        path.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
        return path

    def table(self) -> str:
        """Markdown: a line a metric and place, a column a system; then the goals."""
        systems = list(dict.fromkeys(row["system"] for row in self.rows))
        cells: dict[tuple[str, str], dict[str, str]] = {}
        for row in self.rows:
            place = ", ".join(f"{key} {value}" for key, value in row["at"].items())
            cells.setdefault((row["metric"], place), {})[row["system"]] = f"{row['value']:.4g} ({row['n']})"
        lines = _lines(["metric", "at", *(f"{system} (n)" for system in systems)])
        for (metric, place), values in cells.items():
            lines.append("| " + " | ".join([metric, place, *(values.get(system, "–") for system in systems)]) + " |")
        if self.goals:
            lines += ["", *_lines(["to reach", "limit", "measured", ""])]
        for goal in self.goals:
            mark = "reached" if goal["reached"] else "not reached"
            lines.append(f"| {goal['goal']} | {goal['limit']} | {goal['value']:.3g} | {mark} |")
        return "\n".join(lines)

    def write_into(self, page: Path) -> None:
        """Puts table, machine and commit between the page's two marks. Raises ValueError without them."""
        begin, end = f"<!-- {self.name}: begin -->", f"<!-- {self.name}: end -->"
        before, found, rest = page.read_text("utf-8").partition(begin)
        _, found_end, after = rest.partition(end)
        if not (found and found_end):
            raise ValueError(f"{page.name} has no {begin} … {end}")
        day = time.strftime("%Y-%m-%d")
        middle = f"{self.machine}. Commit {commit()}, {day}.\n\n{self.table()}"
        page.write_text(f"{before}{begin}\n{middle}\n{end}{after}", "utf-8")


def _lines(names: list[str]) -> list[str]:
    return ["| " + " | ".join(names) + " |", "|" + " --- |" * len(names)]


def machine() -> str:
    """Processor, cores, memory, system, and how busy it was before the benchmark began."""
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":", 1)[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")
        ]
        model = names[0] if names else model
    gigabytes = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"{model}, {os.cpu_count()} cores, {gigabytes:.0f} GB, {platform.system()}; load {load:.1f} at the start"


def commit() -> str:
    """Short id of the checkout; "+" when files differ from it, "unknown" outside git."""
    try:
        head = _git("rev-parse", "--short", "HEAD")
        return head + ("+" if _git("status", "--porcelain", "--untracked-files=no") else "")
    except (OSError, subprocess.CalledProcessError):
        return "unknown"


def _git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()
