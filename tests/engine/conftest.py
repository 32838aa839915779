"""A trained model, an action server under the tests' control, and engines as real processes."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.evaluation import free_port
from tests.engine.fake_actions import FakeActions

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / ".venv-engine" / "bin" / "python"
TOKEN = "engine-test-token"


@dataclass
class RunningEngine:
    url: str
    client: httpx.Client
    log: Path
    process: subprocess.Popen[bytes]
    ready_s: float

    def post(self, text: Any, *, turn_id: str = "turn-1", **body: Any) -> httpx.Response:
        body = {"turn_id": turn_id, "conversation_id": "talk-1", "text": text, "state": None, "context": {}, **body}
        return self.client.post("/turn", json=body)

    def turn(self, text: str, **body: Any) -> dict[str, Any]:
        response = self.post(text, **body)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer


@contextmanager
def engine_process(command: list[str], port: int, actions_url: str, log: Path) -> Iterator[RunningEngine]:
    """Starts an engine by `command`, waits until it is healthy, and stops it in the end."""
    env = {
        **os.environ,
        "IJU_INTERNAL_TOKEN": TOKEN,
        "IJU_ACTIONS_URL": actions_url,
        "RASA_TELEMETRY_ENABLED": "false",
        "NO_PROXY": "127.0.0.1",
    }
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output)
    client = httpx.Client(
        base_url=f"http://127.0.0.1:{port}", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30, trust_env=False
    )
    try:
        while True:
            assert process.poll() is None, log.read_text("utf-8", "replace")[-3000:]
            assert time.monotonic() - started < 120, log.read_text("utf-8", "replace")[-3000:]
            try:
                if client.get("/health").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.05)
        yield RunningEngine(str(client.base_url), client, log, process, time.monotonic() - started)
    finally:
        client.close()
        process.terminate()
        process.wait(30)


@pytest.fixture(scope="session")
def action_server() -> Iterator[FakeActions]:
    server = FakeActions()
    yield server
    server.stop()


@pytest.fixture
def actions(action_server: FakeActions) -> FakeActions:
    action_server.reset()
    return action_server


Start = Callable[..., Any]


@pytest.fixture(scope="session")
def start_engine(
    model: Path, action_server: FakeActions, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Any]:
    """`with start_engine(*more_arguments) as engine:` a served engine of the test's own."""

    def start(*more: str) -> Any:
        port = free_port()
        command = [str(PYTHON), "-m", "channels.engine.serve", "--model", str(model), "--port", str(port), *more]
        return engine_process(command, port, action_server.url, tmp_path_factory.mktemp("engine") / "log")

    return start


@pytest.fixture(scope="session")
def engine(start_engine: Start) -> Iterator[RunningEngine]:
    with start_engine() as running:
        yield running
