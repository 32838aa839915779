"""`./iju up` as an operator sees it: ready, restarted after a kill, gone after Ctrl-C, one sentence for each obstacle."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from bot import supervise
from bot.evaluation import free_port
from bot.settings import Settings, problem_of
from tests.live import ROOT

COMMAND = [sys.executable, "-W", "ignore", "-m", "bot.cli", "up"]


def environment(var: Path, port: int, **extra: str) -> dict[str, str]:
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("IJU_", "LINE_"))}
    return {**clean, "IJU_VAR": str(var), "IJU_PORT": str(port), **extra}


@pytest.fixture
def var(tmp_path: Path) -> Path:
    """A folder with the model that is trained already."""
    supervise.trained_model(Settings(_env_file=None, var=ROOT / "var"))
    (tmp_path / "model").symlink_to(ROOT / "var" / "model")
    return tmp_path


@pytest.fixture
def desk(var: Path) -> Iterator[tuple[subprocess.Popen[str], int, Path]]:
    port = free_port()
    log = var / "up.log"
    with log.open("w") as out:
        child = subprocess.Popen(COMMAND, cwd=ROOT, env=environment(var, port), stdout=out, stderr=out, text=True)
    yield child, port, log
    if child.poll() is None:
        child.terminate()
        child.wait(60)


def wait_for(port: int, seconds: float = 90) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=5).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError("not ready")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("IJU_PORT=8100\nこれは何\n", "2行目を読めません"),
        ('IJU_PORT="8100\n', "1行目を読めません"),
        ("# よい\nIJU_PROT=8100\n", "IJU_PROT という設定はありません"),
        ("export IJU_PORT='8100'\n\nPATH_OF_OTHERS=1\nLINE_CHANNEL_SECRET=x\n", None),
        ("", None),
    ],
)
def test_a_broken_env_file_is_named(tmp_path: Path, content: str, said: str | None) -> None:
    file = tmp_path / ".env"
    assert problem_of(file) is None
    file.write_text(content, "utf-8")
    problem = problem_of(file)
    assert problem is None if said is None else said in str(problem)


def test_a_database_without_tables_ends_in_a_sentence(tmp_path: Path) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "bot.cli", "leads", "export"]
    done = subprocess.run(command, cwd=ROOT, env=environment(tmp_path, 1), capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and "データベースを使えません" in done.stderr and "Traceback" not in done.stderr


def test_ready_restarted_after_a_kill_and_gone_after_ctrl_c(desk: tuple[subprocess.Popen[str], int, Path]) -> None:
    child, port, log = desk
    wait_for(port)
    family = psutil.Process(child.pid).children(recursive=True)
    engine = next(p for p in family if "channels.engine.serve" in " ".join(p.cmdline()))
    for victim in (engine, next(p for p in family if p.cmdline()[-1] == "channels.app")):
        victim.send_signal(signal.SIGKILL)
        time.sleep(0.5)
        wait_for(port)
    family = psutil.Process(child.pid).children(recursive=True)
    child.send_signal(signal.SIGINT)
    assert child.wait(60) == 0
    _gone, alive = psutil.wait_procs(family, timeout=20)
    assert alive == [], alive
    said = log.read_text("utf-8")
    assert f"http://127.0.0.1:{port}/widget/demo" in said and "学習しています" not in said


def run(var: Path, port: int, **extra: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        COMMAND, cwd=ROOT, env=environment(var, port, **extra), capture_output=True, text=True, timeout=60
    )


def one_sentence(result: subprocess.CompletedProcess[str], word: str) -> None:
    assert result.returncode == 1 and word in result.stderr and result.stderr.strip().count("\n") == 0, result.stderr
    assert "Traceback" not in result.stderr


def test_a_busy_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        one_sentence(run(tmp_path, taken.getsockname()[1]), "IJU_PORT")


def test_a_broken_setting_is_one_sentence(tmp_path: Path) -> None:
    one_sentence(run(tmp_path, free_port(), IJU_REPLY_WAIT_S="soon"), "reply_wait_s")
    one_sentence(run(tmp_path, 99999), "port")


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    one_sentence(run(tmp_path / "file" / "var", free_port()), "IJU_VAR")


def test_a_full_disk_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10, 10, 0))
    with pytest.raises(SystemExit):
        supervise.up(Settings(_env_file=None, var=tmp_path, port=free_port()))
    assert "ディスク" in capsys.readouterr().err


def test_a_missing_python_is_one_sentence(tmp_path: Path) -> None:
    """install.sh on a machine without a usable Python or uv."""
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    tools = tmp_path / "bin"
    tools.mkdir()
    for name in ("sh", "dirname", "cksum", "tr", "df", "awk", "rm"):
        (tools / name).symlink_to(shutil.which(name) or name)
    result = subprocess.run(
        [str(tools / "sh"), "requirements/install.sh"],
        cwd=tmp_path,
        env={"PATH": str(tools)},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 1 and "Python" in result.stderr and result.stderr.count("\n") == 1, result.stderr
