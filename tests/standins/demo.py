"""`make demo`: the desk with a LINE stand-in to chat through, and one resident's story in it.

Its data lies apart, in IJU_VAR/demo, so that a demo never mixes with a real desk's.
"""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx

from bot.cli import read_settings
from tests.live import Talk
from tests.standins.line_platform import LinePlatform

STORY = (
    "来年、東京から熊本へ移ることを考えている28歳です。何から始めればいいですか",
    "やめる",
    "阿蘇市で空き家を探しています",
    "相談を申し込みたいです",
    "同意する",
    "阿蘇市",
    "空き家と仕事",
    "スキップ",
    "来年の春",
    "東京",
    "この画面で受け取る",
    "デモ花子",
    "送信する",
    "職員と話したいです",
)


def main() -> None:
    settings = read_settings()
    model = settings.var / "demo" / "model"
    if not model.exists():  # the demo answers with the real desk's model
        model.parent.mkdir(parents=True, exist_ok=True)
        (settings.var / "model").mkdir(exist_ok=True)
        model.symlink_to((settings.var / "model").absolute())
    secret, token = secrets.token_hex(16), secrets.token_urlsafe(32)
    with LinePlatform(f"http://127.0.0.1:{settings.port}/line/webhook", secret, token) as line:
        environment = {
            **os.environ,
            "IJU_VAR": str(settings.var / "demo"),
            "LINE_CHANNEL_SECRET": secret,
            "LINE_CHANNEL_ACCESS_TOKEN": token,
            "LINE_API_BASE": line.base_url,
        }
        threading.Thread(target=_tell, args=(f"http://127.0.0.1:{settings.port}", line), daemon=True).start()
        child = subprocess.Popen([sys.executable, "-m", "bot.cli", "up"], env=environment)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: child.terminate())
        code = child.wait()
    raise SystemExit(code)


def _tell(url: str, line: LinePlatform) -> None:
    """Once the desk answers: a resident's conversation that ends at the desk, and where to look."""
    while True:
        try:
            if httpx.get(f"{url}/healthz", timeout=5).status_code == 200:
                break
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    body = httpx.post(f"{url}/api/v1/conversations", json={}).json()
    talk = Talk(url, body["conversation_id"], body["token"])
    for text in STORY:
        talk.post(text)
    line.control("follow", user="デモ太郎")
    print(f"  LINEの代わり：{line.base_url}", flush=True)
    print("  職員として： IJU_VAR=var/demo ./iju handoffs list、./iju leads export", flush=True)


if __name__ == "__main__":
    assert Path("iju").exists(), "run it from the repository's root: make demo"
    main()
