"""Processes a benchmark starts: their logs, their memory, and that none is left."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parents[2]
ENGINE_PYTHON = str(ROOT / ".venv-engine" / "bin" / "python")
APP_PYTHON = str(ROOT / ".venv" / "bin" / "python")
PR_SET_PDEATHSIG = 1


class Ended(RuntimeError):
    """A process that should serve has ended; the message names its log."""


class Process:
    """A server in a process group of its own; output goes to `log`. Use it with `contextlib.closing`."""

    def __init__(self, command: list[str], environment: dict[str, str], log: Path) -> None:
        self.log = log
        with log.open("ab") as output:
            self._popen = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                preexec_fn=_end_with_parent,
            )

    def check(self) -> None:
        if self._popen.poll() is not None:
            tail = self.log.read_text("utf-8", "replace")[-1500:]
            raise Ended(f"ended with {self._popen.returncode}, see {self.log}:\n{tail}")

    def pause(self) -> None:
        os.killpg(self._popen.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.killpg(self._popen.pid, signal.SIGCONT)

    def memory_mb(self) -> float:
        """Of the process and its children: proportional set size, or resident where the system has no other."""
        top = psutil.Process(self._popen.pid)
        used = [process.memory_full_info() for process in (top, *top.children(recursive=True))]
        return sum(getattr(info, "pss", info.rss) for info in used) / 2**20

    def close(self) -> None:
        for number in (signal.SIGCONT, signal.SIGTERM):
            self._send(number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._popen.wait(15)
        self._send(signal.SIGKILL)
        self._popen.wait()

    def _send(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._popen.pid, number)


def _end_with_parent() -> None:
    """Linux: should the benchmark be killed outright, its servers end too."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
