"""The systems of the benchmark as processes: ours (an engine and an app) and the stock assistant."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import aiohttp

from bot.evaluation import free_port
from tests.bench.load import until_answered
from tests.bench.processes import APP_PYTHON, ENGINE_PYTHON, ROOT, Process
from tests.bench.stock.training import QUIET
from tests.bench.talks import AppTalk, EngineTalk, NotAnswered, Open, StockTalk, Talk

TOKEN = "bench-token"
HELLO = "熊本への移住について教えてください"


class System:
    """Some processes; `pause` keeps them from taking the processor while another system is measured."""

    def __init__(self) -> None:
        self.processes: dict[str, Process] = {}

    def check(self) -> None:
        for process in self.processes.values():
            process.check()

    def pause(self) -> None:
        for process in self.processes.values():
            process.pause()

    def resume(self) -> None:
        for process in self.processes.values():
            process.resume()

    def close(self) -> None:
        for process in reversed(self.processes.values()):
            process.close()


class Ours(System):
    """An engine, and an app on a new database that it calls for actions. `start_*` do not wait."""

    def __init__(self, folder: Path, model: Path, database_url: str = "") -> None:
        super().__init__()
        folder.mkdir(parents=True)
        self._folder, self._model = folder, model
        engine, app = free_port(), free_port()
        self._ports = {"engine": engine, "app": app}
        self._environment = {
            "IJU_VAR": str(folder),
            "IJU_HOST": "127.0.0.1",
            "IJU_PORT": str(app),
            "IJU_PUBLIC_URL": "",
            "IJU_DATABASE_URL": database_url,
            "IJU_ENGINE_URLS": f"http://127.0.0.1:{engine}",
            "IJU_INTERNAL_TOKEN": TOKEN,
            "IJU_ACTIONS_URL": f"http://127.0.0.1:{app}/internal/actions",
            "IJU_LOG_FORMAT": "json",
            "IJU_REPLY_WAIT_S": "55",  # a slow turn is to be seen as one, not as 202
            "LINE_CHANNEL_SECRET": "",
            "LINE_CHANNEL_ACCESS_TOKEN": "",
        }
        upgrade = [str(ROOT / "iju"), "db", "upgrade"]
        environment = {**os.environ, **self._environment}
        subprocess.run(upgrade, cwd=ROOT, env=environment, check=True, capture_output=True)

    def start_engine(self) -> None:
        command = [ENGINE_PYTHON, "-m", "channels.engine.serve", "--model", str(self._model)]
        command += ["--port", str(self._ports["engine"])]
        self.processes["engine"] = Process(command, self._environment, self._folder / "engine.log")

    def start_app(self) -> None:
        command = [APP_PYTHON, "-m", "channels.app"]
        self.processes["app"] = Process(command, self._environment, self._folder / "app.log")

    async def app_up(self) -> None:
        """Waits for the app alone, which answers 503 while it has no engine."""
        await _serves(f"http://127.0.0.1:{self._ports['app']}/healthz", self)

    async def engine_talk(self, http: aiohttp.ClientSession) -> Talk:
        return EngineTalk(http, f"http://127.0.0.1:{self._ports['engine']}", TOKEN)

    async def app_talk(self, http: aiohttp.ClientSession) -> Talk:
        return await AppTalk.open(http, f"http://127.0.0.1:{self._ports['app']}")


class Stock(System):
    """`rasa run` and a rasa-sdk action server, with a SQLite tracker store."""

    def __init__(self, folder: Path, project: Path) -> None:
        super().__init__()
        folder.mkdir(parents=True)
        self._folder, self._project = folder, project
        self._port, self._actions = free_port(), free_port()
        self._environment = {
            **QUIET,
            "STOCK_ACTIONS_URL": f"http://127.0.0.1:{self._actions}/webhook",
            "STOCK_DATABASE": str(folder / "tracker.db"),
            "STOCK_ANSWERS": str(project / "answers.json"),
        }

    def start_actions(self) -> None:
        command = [ENGINE_PYTHON, "-m", "rasa_sdk", "--actions", "tests.bench.stock.lookup"]
        command += ["--port", str(self._actions)]
        self.processes["actions"] = Process(command, self._environment, self._folder / "actions.log")

    def start_server(self) -> None:
        command = [ENGINE_PYTHON, "-m", "rasa", "run", "--model", str(self._project / "model" / "stock.tar.gz")]
        command += ["--interface", "127.0.0.1", "--port", str(self._port)]
        command += ["--endpoints", str(self._project / "endpoints.yml")]
        command += ["--credentials", str(self._project / "credentials.yml")]
        self.processes["server"] = Process(command, self._environment, self._folder / "server.log")

    async def actions_up(self) -> None:
        await _serves(f"http://127.0.0.1:{self._actions}/health", self)

    async def talk(self, http: aiohttp.ClientSession) -> Talk:
        return StockTalk(http, f"http://127.0.0.1:{self._port}")


async def _serves(url: str, system: System) -> None:
    """Waits until anything answers HTTP at `url`."""

    class Reached:
        async def send(self, text: str) -> None: ...

    async def reach(http: aiohttp.ClientSession) -> Talk:
        async with http.get(url) as response:
            if response.status not in (200, 503):
                raise NotAnswered(str(response.status))
        return Reached()

    await until_answered(reach, "", system.check)


async def warm(open_talk: Open, system: System, turns: int = 5) -> None:
    """A first answer, however long it takes, and some more: caches and connections are as in use."""
    for _ in range(turns):
        await until_answered(open_talk, HELLO, system.check)
