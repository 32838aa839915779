"""The HTTP API over a fake engine, on both databases: contract, repetition, bad input, an engine that is away."""

from __future__ import annotations

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from bot import bootstrap
from bot.conversation.models import Message, Turn
from bot.errors import EngineFailed
from bot.settings import Settings
from channels.app import create
from knowledge.loader import Knowledge
from tests.fakes import FakeEngine, FakeSender


class Desk:
    def __init__(self, client: TestClient, engine: FakeEngine, iju: bootstrap.App) -> None:
        self.client, self.engine, self.iju = client, engine, iju

    def start(self) -> tuple[str, dict[str, str]]:
        made = self.client.post("/api/v1/conversations", json={"locale": "ja"})
        assert made.status_code == 201
        body = made.json()
        return f"/api/v1/conversations/{body['conversation_id']}/messages", {"Authorization": f"Bearer {body['token']}"}

    def count(self, model: type) -> int:
        with self.iju.database.read() as session:
            return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.fixture
def desk(settings: Settings, knowledge: Knowledge) -> Iterator[Desk]:
    engine = FakeEngine()
    settings = settings.model_copy(update={"reply_wait_s": 1.5})
    iju = bootstrap.build(settings, engine=engine, senders={"line": FakeSender()}, knowledge=knowledge)
    with TestClient(create(settings, iju), raise_server_exceptions=False) as client:
        yield Desk(client, engine, iju)


def test_a_message_gets_its_turn_and_stands_in_the_thread(desk: Desk) -> None:
    url, key = desk.start()
    answer = desk.client.post(url, headers=key, json={"message_id": str(uuid4()), "text": "こんにちは"})
    assert answer.status_code == 200
    turn = answer.json()
    assert turn["outcome"] == "answered" and turn["topics"] == ["smalltalk"]
    assert turn["replies"] == [{"type": "text", "text": "1: こんにちは", "sources": []}]
    thread = desk.client.get(url, headers=key).json()
    assert [m["author"] for m in thread["messages"]] == ["resident", "bot"]
    assert thread["messages"][0]["text"] == "こんにちは"
    assert desk.client.get(url, headers=key, params={"after": thread["cursor"]}).json()["messages"] == []


def test_the_same_message_id_is_one_turn_and_in_another_conversation_another(desk: Desk) -> None:
    url, key = desk.start()
    body = {"message_id": str(uuid4()), "text": "家を探す"}
    first, second = (desk.client.post(url, headers=key, json=body).json() for _ in range(2))
    assert first == second and desk.count(Turn) == 1 and desk.engine.calls == ["家を探す"]
    other, other_key = desk.start()
    third = desk.client.post(other, headers=other_key, json=body).json()
    assert third["turn_id"] != first["turn_id"] and desk.count(Turn) == 2


def test_state_goes_to_the_engine_and_comes_back(desk: Desk) -> None:
    url, key = desk.start()
    texts = [
        desk.client.post(url, headers=key, json={"message_id": str(uuid4()), "text": word}).json()["replies"][0]["text"]
        for word in ("一", "二", "三")
    ]
    assert texts == ["1: 一", "2: 二", "3: 三"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"text": ""}, 422, "empty_text"),
        ({"text": " \n　"}, 422, "empty_text"),
        ({"text": "あ" * 5001}, 422, "text_too_long"),
        ({"text": 5}, 422, "invalid_input"),
        ({"text": None}, 422, "invalid_input"),
        ({}, 422, "invalid_input"),
        ({"text": "あ", "message_id": "abc"}, 422, "invalid_input"),
    ],
)
def test_bad_messages_are_refused_with_a_sentence(desk: Desk, body: dict[str, object], status: int, code: str) -> None:
    url, key = desk.start()
    answer = desk.client.post(url, headers=key, json={"message_id": str(uuid4()), **body})
    assert answer.status_code == status
    error = answer.json()["error"]
    assert error["code"] == code and error["message"].endswith("。")
    english = desk.client.post(url, headers={**key, "Accept-Language": "en"}, json={"message_id": str(uuid4()), **body})
    assert english.json()["error"]["message"].isascii()
    assert desk.count(Message) == 0


def test_invalid_json_is_a_clear_400(desk: Desk) -> None:
    url, key = desk.start()
    answer = desk.client.post(url, headers={**key, "Content-Type": "application/json"}, content=b'{"text": "a')
    assert answer.status_code == 400 and answer.json()["error"]["code"] == "malformed_request"
    answer = desk.client.post(url, headers={**key, "Content-Type": "application/json"}, content="あ".encode("cp932"))
    assert answer.status_code == 400


def test_a_body_over_two_megabytes_is_refused(desk: Desk) -> None:
    url, key = desk.start()
    answer = desk.client.post(url, headers=key, json={"message_id": str(uuid4()), "text": "a" * 3_000_000})
    assert answer.status_code == 413 and answer.json()["error"]["message"]


def test_only_its_own_token_opens_a_conversation(desk: Desk) -> None:
    url, _ = desk.start()
    _, other_key = desk.start()
    body = {"message_id": str(uuid4()), "text": "こんにちは"}
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic x"}, other_key):
        answer = desk.client.post(url, headers=headers, json=body)
        assert answer.status_code == 401 and answer.json()["error"]["code"] == "not_authorised"
        assert desk.client.get(url, headers=headers).status_code == 401
    unknown = desk.client.get(f"/api/v1/conversations/{uuid4()}/messages", headers=other_key)
    assert unknown.status_code == 401
    assert desk.count(Message) == 0


@pytest.mark.parametrize("text", ["😊😊", "\x00\x01\u200b", "(love)(happy)", "\u202e\u200f"])
def test_a_message_without_words_gets_a_sentence_without_the_engine(desk: Desk, text: str) -> None:
    url, key = desk.start()
    turn = desk.client.post(url, headers=key, json={"message_id": str(uuid4()), "text": text}).json()
    assert turn["outcome"] == "answered" and "文字のメッセージ" in turn["replies"][0]["text"]
    assert desk.engine.calls == []


def test_a_lone_surrogate_is_stored_as_a_question_mark(desk: Desk) -> None:
    url, key = desk.start()
    raw = f'{{"message_id": "{uuid4()}", "text": "家\\ud800"}}'
    answer = desk.client.post(url, headers={**key, "Content-Type": "application/json"}, content=raw.encode())
    assert answer.status_code == 200 and answer.json()["replies"][0]["text"] == "1: 家?"


def test_while_the_engine_is_down_the_message_waits_and_is_answered_when_it_is_back(desk: Desk) -> None:
    url, key = desk.start()
    desk.engine.down = True
    assert desk.client.get("/healthz").status_code == 503
    body = {"message_id": str(uuid4()), "text": "空き家"}
    answer = desk.client.post(url, headers=key, json=body)
    assert answer.status_code == 202 and answer.json()["status"] == "pending"
    promised = answer.json()["turn_id"]
    desk.engine.down = False
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        thread = desk.client.get(url, headers=key).json()["messages"]
        if len(thread) == 2:
            break
        time.sleep(0.1)
    assert [m["author"] for m in thread] == ["resident", "bot"]
    assert desk.client.post(url, headers=key, json=body).json()["turn_id"] == promised
    assert desk.count(Turn) == 1


def test_a_failing_action_is_tried_again_and_ends_at_the_desk(desk: Desk) -> None:
    url, key = desk.start()
    desk.engine.fail = [EngineFailed("HTTP 502 action_failed")]
    turn = desk.client.post(url, headers=key, json={"message_id": str(uuid4()), "text": "一度だけ失敗"}).json()
    assert turn["outcome"] == "answered"
    desk.engine.fail = [EngineFailed("HTTP 502 action_failed")] * 3
    body = {"message_id": str(uuid4()), "text": "必ず失敗"}
    answer = desk.client.post(url, headers=key, json=body)
    deadline = time.monotonic() + 10
    while answer.status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.2)
        answer = desk.client.post(url, headers=key, json=body)
    turn = answer.json()
    assert turn["outcome"] == "handed_off" and turn["desk"] and turn["replies"][0]["text"]
    later = desk.client.post(url, headers=key, json={"message_id": str(uuid4()), "text": "もしもし"}).json()
    assert later["outcome"] == "staff" and later["replies"] == []


def test_an_unreadable_payload_of_an_action_is_a_failure_not_silence(desk: Desk) -> None:
    url, key = desk.start()
    desk.engine.commands = [{"command": "drop_tables"}]
    body = {"message_id": str(uuid4()), "text": "こわれた応答"}
    answer = desk.client.post(url, headers=key, json=body)
    deadline = time.monotonic() + 10
    while answer.status_code == 202 and time.monotonic() < deadline:
        time.sleep(0.2)
        answer = desk.client.post(url, headers=key, json=body)
    assert answer.json()["outcome"] == "handed_off"


def test_unknown_paths_methods_and_cursors(desk: Desk) -> None:
    url, key = desk.start()
    assert desk.client.get("/nothing").json()["error"]["code"] == "not_found"
    assert desk.client.put(url, headers=key).status_code == 405
    assert desk.client.get(url, headers=key, params={"after": "x"}).status_code == 422
    assert desk.client.post("/api/v1/conversations", json={"locale": "fr"}).status_code == 422


def test_the_contract_is_documented_with_examples(desk: Desk) -> None:
    paths = desk.client.get("/api/openapi.json").json()["paths"]
    thread = "/api/v1/conversations/{conversation_id}/messages"
    answers = paths[thread]["post"]["responses"]
    assert answers["200"]["content"]["application/json"]["example"]["outcome"] == "answered"
    assert answers["202"]["content"]["application/json"]["example"]["status"] == "pending"
    assert {"post"} == set(paths["/api/v1/conversations"]) and {"get", "post"} == set(paths[thread])
    assert not [path for path in paths if path.startswith("/internal")]


def test_without_line_its_webhook_says_so(desk: Desk) -> None:
    answer = desk.client.post("/line/webhook", content=b'{"events": []}', headers={"X-Line-Signature": "x"})
    assert answer.status_code == 503
    assert answer.json()["error"]["message"]


def test_health_and_metrics(desk: Desk) -> None:
    assert desk.client.get("/healthz").json() == {"status": "ok", "engine": "ok", "database": "ok", "model": "fake"}
    assert desk.client.get("/metrics").status_code == 401
    metrics = desk.client.get("/metrics", headers={"Authorization": "Bearer test-token"})
    assert "iju_turns_total" in metrics.text


def test_actions_need_the_token_and_the_same_machine(desk: Desk) -> None:
    call = {"next_action": "nothing", "tracker": {"sender_id": "x"}}
    right = {"Authorization": "Bearer test-token"}
    assert desk.client.post("/internal/actions", json=call, headers=right).status_code == 401  # from elsewhere
    here = TestClient(desk.client.app, client=("127.0.0.1", 50000))
    assert here.post("/internal/actions", json=call).status_code == 401
    assert here.post("/internal/actions", json=call, headers={"Authorization": "Bearer wrong"}).status_code == 401
    assert here.post("/internal/actions", json=call, headers=right).status_code == 404


def test_a_database_error_does_not_quote_what_was_written(desk: Desk) -> None:
    with pytest.raises(sa.exc.SQLAlchemyError) as raised, desk.iju.database.write() as session:
        session.execute(sa.text("INSERT INTO nowhere (id, text) VALUES (:id, :text)"), {"id": "1", "text": "秘密"})
    assert "秘密" not in str(raised.value)
