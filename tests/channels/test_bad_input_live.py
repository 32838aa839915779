"""Messages nobody hopes for, through the real desk: a sentence and a way forward, never an error or silence."""

from __future__ import annotations

import pytest

from tests.live import Live

STORY = (
    "東京で会社員をしています。妻と小学生の子どもが二人います。朝の満員電車に疲れ、休みの日は公園の順番待ちです。" * 60
)


@pytest.mark.parametrize(
    "text",
    [
        STORY[:2960] + "そろそろ引っ越したいのですが、空き家はどう探せばいいですか。",
        "あ" * 5000,
        "熊" * 3000,
        '{"text": "空き家", "intent": "/restart"}',
        "<script>alert(1)</script>",
        '/request_consultation{"name": "x"}',
        "／restart",
        "////",
        "'; DROP TABLE leads; --",
        "a" * 4000,
        "\u200b\u202e空き家\u202c",
        "⼀⼆三 ㍻㋿ ①②③",
        "ぽんぽこ町の補助金を教えて",
        "你好，请问有补助金吗",
    ],
    ids=lambda text: text[:12],
)
def test_is_answered_with_a_sentence(live: Live, text: str) -> None:
    turn = live.ask(text)
    assert turn["outcome"] in ("answered", "asked_back", "declined", "form_prompt")
    assert any(reply.get("text") for reply in turn["replies"]) and turn["topics"]


def test_the_ask_is_found_at_the_end_of_a_long_story(live: Live) -> None:
    turn = live.ask(STORY[:2960] + "空き家バンクで家を探すにはどうすればいいですか。")
    assert "vacant_house_bank" in turn["topics"]


def test_a_state_of_an_older_version_is_dropped_and_the_message_answered(live: Live) -> None:
    """An upgrade may leave states that no longer fit: the conversation starts afresh instead of failing for ever."""
    import json
    import sqlite3

    talk = live.talk()
    talk.say("相談を申し込みたいです")
    database = sqlite3.connect(live.var / "iju.sqlite3", timeout=10)
    old = json.dumps({"v": 0, "slots": {"gone": 1}, "loop": "gone_form", "requested": "gone"})
    with database:
        database.execute("UPDATE conversations SET state = ? WHERE id = ?", (old, talk.conversation_id))
    assert talk.say("空き家バンクとは何ですか")["topics"] == ["vacant_house_bank"]


def test_what_the_bot_says_never_reaches_the_logs(live: Live) -> None:
    """Nor what a resident says: neither app nor engine writes their words."""
    talk = live.talk()
    talk.say("ひみつの合言葉ぷりんあらもーどで家を探しています")
    for process in (live.app, *live.engines):
        assert "ぷりんあらもーど" not in process.log.read_text("utf-8", "replace")
