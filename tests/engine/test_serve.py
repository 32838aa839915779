"""Starting the engine: what is missing is said in a sentence, and the process stays small."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

import psutil
import pytest

from tests.engine.conftest import PYTHON, ROOT, RunningEngine


def start(model: str, port: int, **env: str) -> subprocess.CompletedProcess[str]:
    given = {key: value for key, value in os.environ.items() if not key.startswith("IJU_")} | env
    command = [str(PYTHON), "-m", "channels.engine.serve", "--model", model, "--port", str(port)]
    return subprocess.run(command, cwd=ROOT, env=given, capture_output=True, text=True, timeout=60)


GIVEN = {"IJU_INTERNAL_TOKEN": "t", "IJU_ACTIONS_URL": "http://127.0.0.1:1"}


@pytest.mark.parametrize("missing", sorted(GIVEN))
def test_a_setting_is_missing(missing: str) -> None:
    done = start("gone.tar.gz", 1, **{key: value for key, value in GIVEN.items() if key != missing})
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert missing in done.stderr


def test_no_model() -> None:
    done = start("gone.tar.gz", 1, **GIVEN)
    assert done.returncode == 2
    assert "no model at gone.tar.gz" in done.stderr


def test_port_taken(model: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = start(str(model), port, **GIVEN)
    assert done.returncode == 2
    assert f"port {port} is taken" in done.stderr


def test_a_broken_model_ends_the_start(tmp_path: Path) -> None:
    broken = tmp_path / "broken.tar.gz"
    broken.write_bytes(b"not a model")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    done = start(str(broken), port, **GIVEN)
    assert done.returncode == 3
    assert "could not be loaded" in done.stderr


def test_loopback_only_and_no_tensorflow(engine: RunningEngine) -> None:
    process = psutil.Process(engine.process.pid)
    family = [process, *process.children(recursive=True)]
    listening = [c for p in family for c in p.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    assert {connection.laddr.ip for connection in listening} == {"127.0.0.1"}
    mapped = {Path(region.path).name for p in family for region in p.memory_maps() if region.path}
    assert not [name for name in mapped if "tensorflow" in name or "spacy" in name]
    # Sentences weigh: 12,000 took 420 MB, 20,000 take 480.
    assert sum(p.memory_info().rss for p in family) < 600e6
