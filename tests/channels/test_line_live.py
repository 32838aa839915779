"""LINE end to end: webhook, real engine, replies through the outbox, each request checked by the stand-in
against LINE's specification."""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.live import Live
from tests.standins.line_platform import LinePlatform, sign

# What LINE's talk must never ask for (platform guideline: no residents' personal data in the talk).
PERSONAL = re.compile(
    r"お名前(を|は|（)|氏名|電話番号を(教|入)|メールアドレス|ご?住所|ご家族|家族(構成)?を|どなたと|だれと|your (name|phone|e-?mail|address|family)|who would move",
    re.IGNORECASE,
)


class Resident:
    """A LINE user: says something and reads what the desk sent."""

    def __init__(self, line: LinePlatform) -> None:
        self.line, self.name = line, f"U{uuid4().hex}"

    def log(self) -> list[dict[str, Any]]:
        entries = httpx.get(f"{self.line.base_url}/_standin/log", params={"user": self.name}).json()["entries"]
        return [e for e in entries if e["kind"] == "api" and self.name in e["users"]]

    def messages(self) -> list[dict[str, Any]]:
        return [message for entry in self.log() for message in entry["body"]["messages"]]

    def say(self, text: str, *, answered: bool = True) -> str:
        """The JSON of what came back, as one text."""
        before = len(self.log())
        taken = self.line.control("say", user=self.name, text=text)
        assert taken["status"] == 200
        return self.wait(before) if answered else ""

    def wait(self, before: int, seconds: float = 20) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            entries = self.log()
            if len(entries) > before:
                return json.dumps([e["body"]["messages"] for e in entries[before:]], ensure_ascii=False)
            time.sleep(0.05)
        raise AssertionError("no answer on LINE")


@pytest.fixture
def resident(live: Live, line_platform: LinePlatform) -> Resident:
    return Resident(line_platform)


@pytest.fixture(scope="module", autouse=True)
def nothing_was_refused(line_platform: LinePlatform) -> Any:
    """Every request of this file that the stand-in did not expect to fail was valid for LINE."""
    yield
    entries = httpx.get(f"{line_platform.base_url}/_standin/log").json()["entries"]
    assert [e for e in entries if e["kind"] == "api" and e["status"] == 400] == []
    assert [e for e in entries if e["kind"] == "api" and e["warnings"]] == []


def test_the_issues_walk_and_a_lead_on_line(live: Live, resident: Resident) -> None:
    resident.line.control("follow", user=resident.name)
    resident.wait(0)
    assert "空き家" in resident.say("阿蘇市で空き家を探しています")
    assert "出典" in resident.say("リフォームの補助金はありますか")
    assert "東京" in resident.say("東京で相談できますか")
    assert "コネクション" in resident.say("熊本コネクションって何")
    resident.say("仕事も探したい")
    assert "同意" in resident.say("相談を申し込みたいです")
    assert "移住先" in resident.say("同意する")
    resident.say("阿蘇市")
    resident.say("空き家と仕事")
    resident.say("来年の春")
    assert "ニックネーム" in resident.say("東京")
    summary = resident.say("あそ子")
    assert "あそ子" in summary and "送信する" in summary
    assert "受け付けました" in resident.say("送信する")
    said = json.dumps(resident.messages(), ensure_ascii=False)
    form = said[said.index("移住先として") :]
    assert not PERSONAL.search(form), PERSONAL.search(form)
    leads = json.loads(live.iju("leads", "export", "--json").stdout)["leads"]
    lead = [row for row in leads if row["name"] == "あそ子"]
    assert len(lead) == 1 and lead[0]["channel"] == "line" and lead[0]["contact_kind"] == "line"
    assert lead[0]["contact"] is None and lead[0]["family"] is None
    assert lead[0]["destination"] == ["43214"] and lead[0]["desk"] == "東京"
    tokens = [entry["endpoint"] for entry in resident.log()]
    assert set(tokens) == {"/v2/bot/message/reply"}  # nothing was pushed: replies cost no quota


def test_every_line_turn_of_the_form_asks_for_nothing_personal(resident: Resident, live: Live) -> None:
    """In each language's wording, read from the desk itself: the prompts and errors LINE can show."""
    from knowledge import loader
    from tests.conftest import ROOT

    phrases = loader.load(ROOT / "knowledge" / "data").phrases["consultation_form"]
    from actions.consultation import TALK_FIELDS

    assert set(TALK_FIELDS) == {"consent", "destination", "interests", "timing", "desk", "name", "confirm"}
    said = [(field, part) for field in TALK_FIELDS for part in ("prompt", "error")]
    for field, part in said:
        entry = phrases[field].get(f"line_{part}") or phrases[field][part]
        for locale, text in entry.items():
            found = PERSONAL.search(
                text.replace("本名や電話番号は書かないで", "").replace("your real name or phone number", "")
            )
            assert not found, (field, locale, found)


def test_a_sticker_gets_a_sentence(resident: Resident) -> None:
    resident.line.control("sticker", user=resident.name)
    assert "文字のメッセージ" in resident.wait(0)


def test_the_same_event_again_is_not_answered_twice(resident: Resident) -> None:
    resident.say("空き家バンクについて教えて")
    for _ in range(3):
        assert resident.line.control("redeliver")["status"] == 200
    resident.say("移住体験ツアーはありますか")
    assert len(resident.log()) == 2


def test_a_hand_off_and_staffs_answer(live: Live, resident: Resident) -> None:
    resident.say("職員と話したいです")
    resident.say("もしもし", answered=False)
    waiting = [row for row in json.loads(live.iju("handoffs", "list", "--json").stdout) if row["channel"] == "line"]
    conversation_id = waiting[-1]["conversation_id"]
    before = len(resident.log())
    assert live.iju("handoffs", "reply", conversation_id, "担当です。何でも聞いてください").returncode == 0
    assert "担当です" in resident.wait(before)
    assert resident.log()[-1]["endpoint"] == "/v2/bot/message/push" and resident.log()[-1]["retry_key"]
    assert live.iju("handoffs", "return", conversation_id).returncode == 0
    assert "自動応答に戻りました" in resident.wait(before + 1)
    assert "空き家" in resident.say("空き家を探したい")


def test_wrong_signatures_are_refused_and_store_nothing(live: Live) -> None:
    body = b'{"destination":"U1","events":[]}'
    url = f"{live.url}/line/webhook"
    for headers in (
        {},
        {"x-line-signature": "nonsense"},
        {"x-line-signature": sign("other", body)},
        {"x-line-signature": "あ".encode()},
    ):
        answer = httpx.post(url, content=body, headers=headers)
        assert answer.status_code == 401 and answer.json()["error"]["message"]
    right = {"X-LINE-SIGNATURE": sign("line-test-secret", body)}
    assert httpx.post(url, content=body, headers=right).status_code == 200
    assert httpx.post(url, content=body + b" ", headers=right).status_code == 401
    broken = b"{"
    assert (
        httpx.post(url, content=broken, headers={"x-line-signature": sign("line-test-secret", broken)}).status_code
        == 400
    )


def test_line_down_for_a_moment_loses_nothing(resident: Resident, live: Live) -> None:
    resident.line.control("faults", endpoint="/message/reply", status=500, times=2)
    assert "空き家" in resident.say("空き家を見てみたい")
    assert len(resident.log()) == 1
    # LINE has the message a moment before the row says so.
    settled(lambda: unsent(live) == 0)


def settled(holds: Callable[[], bool], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "did not settle"
        time.sleep(0.05)


def unsent(live: Live) -> int:
    database = sqlite3.connect(live.var / "iju.sqlite3", timeout=10)
    try:
        return int(database.execute("select count(*) from outbox where status != 'sent'").fetchone()[0])
    finally:
        database.close()
