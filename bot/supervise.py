"""`./iju up`: everything a desk needs in the foreground, under supervisord.

supervisord restarts a process that dies and takes all down at Ctrl-C; this module checks what can be
checked before, trains when the inputs changed, migrates, and says when the desk answers.
"""

from __future__ import annotations

import ctypes
import os
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import NoReturn

import httpx

from bot.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
ENGINE_PYTHON = ROOT / ".venv-engine" / "bin" / "python"
FREE_MB = 500
SLOW_START_S = 180
PR_SET_PDEATHSIG = 1


def stop(sentence: str) -> NoReturn:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


def say(sentence: str) -> None:
    print(sentence, flush=True)


def up(settings: Settings) -> None:
    """Returns when everything it started has ended."""
    _check(settings)
    model = trained_model(settings)
    say("データベースを確認しています…")
    _migrate(settings)
    environment = _environment(settings)
    config = _write_config(settings, model, environment)
    say("エンジンとアプリを起動しています…")
    supervisor = subprocess.Popen(  # noqa: S603
        [sys.executable, "-W", "ignore", "-m", "supervisor.supervisord", "-n", "-c", str(config)],
        env=environment,
        preexec_fn=_end_with_parent,
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: supervisor.terminate())
    _announce(settings, supervisor)
    raise SystemExit(0 if supervisor.wait() in (0, -signal.SIGTERM, -signal.SIGINT) else 1)


def _check(settings: Settings) -> None:
    try:
        settings.var.mkdir(parents=True, exist_ok=True)
        (settings.var / "run").mkdir(exist_ok=True)
    except OSError as error:
        stop(f"{settings.var} に書き込めません（{error.strerror}）。IJU_VAR を書き込める場所にしてください。")
    free = shutil.disk_usage(settings.var).free // 2**20
    if free < FREE_MB:
        stop(f"ディスクの空きが足りません（空き {free}MB、{FREE_MB}MB 必要です）。空けてから起動してください。")
    if not _is_free(settings.host, settings.port):
        stop(f"ポート {settings.port} は使われています。そのプログラムを止めるか、IJU_PORT で別の番号にしてください。")
    if not ENGINE_PYTHON.exists():
        stop("エンジンの環境がありません。make up で起動してください。")


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def trained_model(settings: Settings) -> Path:
    """The model for today's sentences, config, domain, components and dictionaries; trained if there is none."""
    folder = (settings.var / "model").absolute()
    process = subprocess.Popen(  # noqa: S603
        [str(ENGINE_PYTHON), "-m", "channels.engine.train", "--out", str(folder)],
        cwd=ROOT,
        env={**os.environ, "TQDM_DISABLE": "1", "PYTHONWARNINGS": "ignore", "TF_CPP_MIN_LOG_LEVEL": "3"},
        stdout=subprocess.PIPE,
        text=True,
    )
    last = ""
    assert process.stdout
    for line in process.stdout:
        last = line.strip()
        if last.startswith("train:"):
            say(f"モデル：{last.removeprefix('train:').strip()}")
    if process.wait() != 0 or not Path(last).is_file():
        stop("モデルを学習できませんでした。上のメッセージを確かめてください。")
    return Path(last)


def _migrate(settings: Settings) -> None:
    from sqlalchemy.exc import SQLAlchemyError

    from bot.db.upgrade import upgrade

    try:
        upgrade(settings.database)
    except SQLAlchemyError as error:
        stop(
            f"データベースを開けません（{type(error).__name__}）。IJU_DATABASE_URL とデータベースの状態を確かめてください。"
        )


def _environment(settings: Settings) -> dict[str, str]:
    """What both processes get: the engine's address and one token, made anew at each start."""
    made = dict(os.environ)
    made["IJU_INTERNAL_TOKEN"] = settings.internal_token or secrets.token_urlsafe(24)
    if not settings.engines:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            made["IJU_ENGINE_URLS"] = f"http://127.0.0.1:{probe.getsockname()[1]}"
    made["IJU_ACTIONS_URL"] = f"{settings.local}/internal/actions"
    made["IJU_LOG_FORMAT"] = "human" if sys.stdout.isatty() else "json"
    return made


def _write_config(settings: Settings, model: Path, environment: dict[str, str]) -> Path:
    run = (settings.var / "run").absolute()
    programs = {"app": shlex.join([sys.executable, "-m", "channels.app"])}
    if not settings.engines:
        port = environment["IJU_ENGINE_URLS"].rsplit(":", 1)[1]
        programs["engine"] = shlex.join(
            [str(ENGINE_PYTHON), "-m", "channels.engine.serve", "--model", str(model), "--port", port]
        )
    lines = [
        "[supervisord]",
        f"pidfile={run}/supervisord.pid",
        "logfile=/dev/null",
        "logfile_maxbytes=0",
        "loglevel=error",
    ]
    if os.geteuid() == 0:
        lines.append("user=root")
    for name, command in programs.items():
        lines += [
            f"[program:{name}]",
            f"command={command.replace('%', '%%')}",
            f"directory={ROOT}",
            "autorestart=true",
            "startsecs=0",
            "stopwaitsecs=15",
            "stopasgroup=true",
            "killasgroup=true",
            "stdout_logfile=/dev/fd/1",
            "stdout_logfile_maxbytes=0",
            "redirect_stderr=true",
        ]
    path = run / "supervisord.conf"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def _end_with_parent() -> None:
    """Linux: should `up` be killed outright, supervisord gets SIGTERM and takes its children along."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def _announce(settings: Settings, supervisor: subprocess.Popen[bytes]) -> None:
    started, warned = time.monotonic(), False
    while supervisor.poll() is None:
        try:
            answer = httpx.get(f"{settings.local}/healthz", timeout=5, trust_env=False)
            if answer.status_code == 200:
                say(f"準備ができました（{time.monotonic() - started:.1f}秒）。")
                say(f"  ウィジェット：{settings.address}/widget/demo")
                say(f"  APIの説明：  {settings.address}/api/docs")
                say("  止めるとき： Ctrl-C")
                return
        except httpx.HTTPError:
            pass
        if not warned and time.monotonic() - started > SLOW_START_S:
            warned = True
            say("起動に時間がかかっています。上に出ているメッセージを確かめてください。")
        time.sleep(0.2)
