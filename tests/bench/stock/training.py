"""Trains the stock assistant, once for the same content."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.bench.stock import convert

ENGINE_PYTHON = convert.ROOT / ".venv-engine" / "bin" / "python"
# As our own training does: no second cache, which only takes time.
QUIET = {"RASA_TELEMETRY_ENABLED": "false", "SQLALCHEMY_SILENCE_UBER_WARNING": "1", "TF_CPP_MIN_LOG_LEVEL": "2"}


def trained(folder: Path, *, again: bool = False) -> tuple[Path, dict[str, Any]]:
    """The project's folder under `folder` (by content hash), its model trained, and the training's record:
    {"train_s", "cpu_s", "load", "at"}, measured when it was trained. Raises RuntimeError."""
    home = folder / convert.content_hash()
    record = home / "train.json"
    if record.is_file() and not again:
        return home, json.loads(record.read_text("utf-8"))
    shutil.rmtree(home, ignore_errors=True)
    convert.write_project(home)
    command = [str(ENGINE_PYTHON), "-m", "rasa", "train", "--config", "config.yml", "--domain", "domain.yml"]
    command += ["--data", "data", "--out", "model", "--fixed-model-name", "stock"]
    figures = timed(command, home, {**QUIET, "RASA_MAX_CACHE_SIZE": "0"}, home / "train.log")
    record.write_text(json.dumps(figures), "utf-8")
    return home, figures


def timed(command: list[str], folder: Path, environment: dict[str, str], log: Path) -> dict[str, Any]:
    """Runs a training to its end: wall and CPU seconds, and how busy the machine was (load average, 5 minutes).
    Raises RuntimeError with the end of the log."""
    started, before = time.monotonic(), os.times()
    with log.open("w") as output:
        ended = subprocess.run(command, cwd=folder, env={**os.environ, **environment}, stdout=output, stderr=output)
    if ended.returncode:
        raise RuntimeError(f"training ended with {ended.returncode}:\n{log.read_text('utf-8', 'replace')[-2000:]}")
    after = os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    seconds = time.monotonic() - started
    return {
        "train_s": round(seconds, 1),
        "cpu_s": round(cpu, 1),
        "load": round(os.getloadavg()[1], 1),
        "at": time.strftime("%Y-%m-%dT%H:%M:%S"),
    }
