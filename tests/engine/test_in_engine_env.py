"""Runs `tests/engine_env` (unittest, no pytest there) with the engine's own Python."""

from __future__ import annotations

import subprocess

from tests.engine.conftest import PYTHON, ROOT


def test_engine_env() -> None:
    command = [
        str(PYTHON),
        "-W",
        "ignore",
        "-m",
        "unittest",
        "discover",
        "-s",
        "tests/engine_env",
        "-p",
        "check_*.py",
        "-t",
        ".",
    ]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr[-4000:]
    assert "Ran 0 tests" not in done.stderr
