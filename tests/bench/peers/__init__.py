"""The systems of `tests/bench/understanding.py`, each a program of its own."""

from __future__ import annotations

import resource
from pathlib import Path


def memory_mb() -> float:
    """Of this process: its proportional set size, or the most it had resident where the system tells no other."""
    told = Path("/proc/self/smaps_rollup")
    if told.exists():
        return sum(int(line.split()[1]) for line in told.read_text().splitlines() if line.startswith("Pss:")) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
