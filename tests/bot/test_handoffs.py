"""People take over: the bot is silent, staff's words reach the resident, the bot comes back."""

from __future__ import annotations

import pytest

from bot.bootstrap import App
from bot.conversation import repository
from bot.conversation.service import Incoming
from bot.errors import InvalidInput, NotFound
from tests.fakes import FakeEngine, FakeSender


def say(iju: App, conversation_id: str, text: str, event: str) -> str:
    stored = iju.conversations.receive(conversation_id, Incoming(event, text=text))
    iju.conversations.answer_up_to(stored.message_id)
    with iju.database.read() as session:
        turn = repository.turn_of(session, stored.message_id)
        assert turn
        return turn.outcome


def hand_off(iju: App, engine: FakeEngine, channel: str) -> str:
    conversation = (
        iju.conversations.of_channel_user("line", "U1") if channel == "line" else iju.conversations.start("web")
    )
    engine.commands = [{"command": "hand_off", "desk": "東京", "reason": "asked"}]
    say(iju, conversation.id, "職員と話したい", "e1")
    engine.commands = []
    return conversation.id


def test_the_bot_is_silent_until_it_is_given_back(iju: App, engine: FakeEngine) -> None:
    conversation_id = hand_off(iju, engine, "web")
    assert say(iju, conversation_id, "まだですか", "e2") == "staff"
    waiting = iju.handoffs.open()
    assert [(w["conversation_id"], w["desk"], w["last_text"]) for w in waiting] == [
        (conversation_id, "東京", "まだですか")
    ]
    assert iju.handoffs.reply(conversation_id, "お待たせしました") is False
    assert iju.handoffs.give_back(conversation_id) is False
    with iju.database.read() as session:
        thread = repository.thread(session, conversation_id)
        assert [m.author for m in thread] == ["resident", "bot", "resident", "staff", "bot"]
    assert iju.handoffs.open() == []
    assert say(iju, conversation_id, "ありがとう", "e3") == "answered"


def test_on_line_staffs_words_go_through_the_outbox(iju: App, engine: FakeEngine, sender: FakeSender) -> None:
    conversation_id = hand_off(iju, engine, "line")
    assert iju.handoffs.reply(conversation_id, "担当です") is True
    iju.deliveries.deliver(conversation_id)
    assert [replies[0]["text"] for _, replies in sender.sent] == ["1: 職員と話したい", "担当です"]


def test_a_consultation_request_is_answered_in_its_conversation(iju: App, engine: FakeEngine) -> None:
    conversation = iju.conversations.start("web")
    lead = {"name": "山本", "contact_kind": "none", "destination": [], "topics": [], "desk": "東京"}
    consent = {"consent_version": "1", "consent_at": "2026-11-24T00:00:00+00:00"}
    engine.commands = [{"command": "store_lead", **lead, **consent}]
    assert say(iju, conversation.id, "送信する", "e1") == "answered"
    engine.commands = []
    assert iju.handoffs.reply(conversation.id, "お申込みありがとうございます") is False
    with iju.database.read() as session:
        assert repository.thread(session, conversation.id)[-1].text == "お申込みありがとうございます"
    assert say(iju, conversation.id, "どうも", "e2") == "answered"  # the bot goes on
    with pytest.raises(InvalidInput):
        iju.handoffs.give_back(conversation.id)


def test_errors_are_clear(iju: App, engine: FakeEngine) -> None:
    conversation = iju.conversations.start("web")
    with pytest.raises(InvalidInput):
        iju.handoffs.reply(conversation.id, "引き継がれていない会話")
    with pytest.raises(NotFound):
        iju.handoffs.give_back("01a20000-0000-7000-8000-000000000000")
    conversation_id = hand_off(iju, engine, "web")
    for text in ("", "  ", "あ" * 5001):
        with pytest.raises(InvalidInput):
            iju.handoffs.reply(conversation_id, text)
