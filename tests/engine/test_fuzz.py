"""Whatever is typed, the engine answers; and what is no question is never answered with confidence."""

from __future__ import annotations

import base64
import html
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.engine.conftest import RunningEngine
from tests.engine.fake_actions import FakeActions

NOW = "2026-11-24T03:00:00+00:00"
SETTINGS = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
PIECES = st.sampled_from(
    [
        *[
            "阿蘇市",
            "空き家",
            "補助金",
            "ほじょきん",
            "ﾎｼﾞｮｷﾝ",
            "では",
            "なくて",
            "、",
            "。",
            "?",
            "\n",
            " ",
            "　",
            "ー",
            "〜",
            "w",
        ],
        *[
            "😀",
            "👨‍👩‍👧",
            "\u200b",
            "\u202e",
            "\ufeff",
            "\ud800",
            "ゔ",
            "か\u3099",
            "ｶﾞ",
            "１２３",
            "百二十万円",
            "令和8年",
            "@",
            "〒",
        ],
        *[
            "090-",
            "<b>",
            "{",
            "\\",
            "/restart",
            "http://",
            "あとね",
            "それと",
            "は?",
            "です",
            "\u0000",
            "𠮷",
            "é",
            "안",
            "ไทย",
        ],
    ]
)


def understood(engine: RunningEngine, text: str) -> dict[str, Any] | None:
    """None where the text was refused as empty."""
    body = {"turn_id": "t", "conversation_id": "c", "text": text, "state": None, "context": {"now": NOW}}
    answer = engine.client.post("/turn", content=json.dumps(body).encode())  # ASCII: lone surrogates arrive as such
    assert answer.status_code in (200, 422), (text, answer.status_code, answer.text)
    return dict(answer.json()["understanding"]) if answer.status_code == 200 else None


@SETTINGS
@given(st.one_of(st.text(max_size=300), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_is_answered(engine: RunningEngine, actions: FakeActions, text: str) -> None:
    understood(engine, text)


@pytest.mark.parametrize(
    "text",
    [
        *["あ", "a", "1", "。", "？？？", "!?!?!?", "…", "ーーーー", "()[]{}", "💸💸💸", "🐶🐱🐭🐹"],
        *["\u200b\u200c\u200d.", "\u202eabc\u202c", "\ud83d", "https://example.com/a?b=c", "qwertyuiop asdfgh"],
        *["鬱" * 300, "龘" * 4, "x" * 5000, "。" * 5000, "😀" * 2000],
        base64.b64encode(bytes(range(200))).decode(),
        json.dumps({"a": [1, {"b": None}], "c": "d"}),
        "<script>alert(1)</script><table><tr><td>1</td></tr></table>",
        html.escape("<img src=x onerror=alert(1)>"),
        *[
            "\\x00\\xff",
            "SELECT * FROM t;",
            "0x1f 0b10 3.14e-7",
            "ђж",
            "我想问一下这里的税",
            "안녕하세요",
            "Tôi không biết",
            "สวัสดี",
        ],
    ],
)
def test_noise_is_not_answered_with_confidence(engine: RunningEngine, actions: FakeActions, text: str) -> None:
    if told := understood(engine, text):
        assert told["decision"] != "sure" or told["topics"][0]["id"] in ("out_of_scope", "smalltalk"), told["topics"]
