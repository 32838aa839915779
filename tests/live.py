"""The real thing for tests: trained model, two engines, the app, a LINE stand-in, each a process or server of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx

from bot.evaluation import free_port
from bot.settings import Settings
from bot.supervise import ENGINE_PYTHON, trained_model

ROOT = Path(__file__).resolve().parent.parent
TOKEN = "live-test-token"


@dataclass
class Process:
    """A child that can be killed and started again with the same command."""

    command: list[str]
    env: dict[str, str]
    log: Path
    child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                self.command, cwd=ROOT, env=self.env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self, number: int = signal.SIGKILL) -> None:
        if self.child and self.child.poll() is None:
            os.killpg(self.child.pid, number)
            self.child.wait(timeout=30)


@dataclass
class Live:
    """A running desk. `talk()` starts a conversation over HTTP."""

    url: str
    var: Path
    app: Process
    engines: list[Process]
    env: dict[str, str]
    engine_urls: list[str] = field(default_factory=list)

    def talk(self, locale: str = "ja") -> Talk:
        body = httpx.post(f"{self.url}/api/v1/conversations", json={"locale": locale}).raise_for_status().json()
        return Talk(self.url, body["conversation_id"], body["token"])

    def ask(self, text: str, locale: str = "ja") -> dict[str, Any]:
        return self.talk(locale).say(text)

    def iju(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-W", "ignore", "-m", "bot.cli", *arguments],
            cwd=ROOT,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=60,
        )

    def wait_ready(self, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        last = ""
        while time.monotonic() < deadline:
            try:
                answer = httpx.get(f"{self.url}/healthz", timeout=5)
                if answer.status_code == 200:
                    return
                last = answer.text
            except httpx.HTTPError as error:
                last = type(error).__name__
            time.sleep(0.2)
        logs = "\n".join(
            p.log.read_text("utf-8", "replace")[-2000:] for p in (self.app, *self.engines) if p.log.exists()
        )
        raise AssertionError(f"not ready after {seconds} s: {last}\n{logs}")


@dataclass
class Talk:
    url: str
    conversation_id: str
    token: str

    @property
    def messages(self) -> str:
        return f"{self.url}/api/v1/conversations/{self.conversation_id}/messages"

    def post(self, text: str, message_id: str | None = None) -> httpx.Response:
        body = {"message_id": message_id or str(uuid4()), "text": text}
        return httpx.post(self.messages, json=body, headers=self.headers, timeout=30)

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def say(self, text: str) -> dict[str, Any]:
        answer = self.post(text)
        assert answer.status_code == 200, (text, answer.status_code, answer.text)
        turn: dict[str, Any] = answer.json()
        return turn

    def thread(self) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = (
            httpx.get(self.messages, headers=self.headers).raise_for_status().json()["messages"]
        )
        return rows


@contextmanager
def running(var: Path, engines: int = 2, **extra: str) -> Iterator[Live]:
    """Start everything; stop it whatever happens."""
    model = trained_model(Settings(_env_file=None, var=ROOT / "var"))
    port = free_port()
    ports = [free_port() for _ in range(engines)]
    urls = [f"http://127.0.0.1:{p}" for p in ports]
    env = {
        **{k: v for k, v in os.environ.items() if not k.startswith(("IJU_", "LINE_"))},
        "IJU_PORT": str(port),
        "IJU_VAR": str(var),
        "IJU_ENGINE_URLS": ",".join(urls),
        "IJU_INTERNAL_TOKEN": TOKEN,
        "IJU_ACTIONS_URL": f"http://127.0.0.1:{port}/internal/actions",
        "NO_PROXY": "127.0.0.1",
        **extra,
    }
    subprocess.run(
        [sys.executable, "-m", "bot.cli", "db", "upgrade"], cwd=ROOT, env=env, check=True, capture_output=True
    )
    app = Process([sys.executable, "-W", "ignore", "-m", "channels.app"], env, var / "app.log")
    children = [
        Process(
            [str(ENGINE_PYTHON), "-m", "channels.engine.serve", "--model", str(model), "--port", str(p)],
            env,
            var / f"engine-{number}.log",
        )
        for number, p in enumerate(ports)
    ]
    live = Live(f"http://127.0.0.1:{port}", var, app, children, env, urls)
    try:
        for process in (*children, app):
            process.start()
        live.wait_ready()
        yield live
    finally:
        for process in (app, *children):
            process.kill(signal.SIGTERM)
