"""`POST /turn` and `GET /health` of a real engine, with an action server that does as it is told."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from tests.engine.conftest import RunningEngine
from tests.engine.fake_actions import FakeActions, reply, slot

ASK = "リフォームの補助金はありますか"


def seen(answer: dict[str, Any]) -> dict[str, Any]:
    """What the echoing action saw."""
    told: dict[str, Any] = json.loads(answer["replies"][0]["text"])
    return told


def test_a_question_is_understood_and_answered(engine: RunningEngine, actions: FakeActions) -> None:
    answer = engine.turn("阿蘇市の リフォーム補助金はありますか😊", context={"locale": "ja"})
    understanding = answer["understanding"]
    assert understanding["topics"][0]["id"] == "housing_subsidy"
    assert understanding["language"] == "ja"
    assert understanding["decision"] in ("sure", "unsure", "lost")
    assert len(understanding["topic_ranking"]) == 5
    assert [(e["entity"], e["value"], e["start"], e["end"]) for e in understanding["entities"]] == [
        ("municipality", "阿蘇市", 0, 3)
    ]
    assert answer["commands"] == [{"command": "result", "outcome": "answered", "topics": []}]
    assert answer["state"] == {"v": 1, "slots": {"municipality": "阿蘇市"}, "loop": None, "requested": None}
    assert answer["notes"] == []
    assert seen(answer)["metadata"]["context"] == {"locale": "ja"}


def test_offsets_refer_to_what_the_resident_sent(engine: RunningEngine, actions: FakeActions) -> None:
    text = "  ｱｷﾔ😀　を　さがしてます〜〜〜　ﾔﾂｼﾛ で"
    entity = next(e for e in engine.turn(text)["understanding"]["entities"] if e["entity"] == "municipality")
    assert text[entity["start"] : entity["end"]] == entity["text"] == "ﾔﾂｼﾛ"
    assert entity["value"] == "八代市"


def test_a_name_in_kana_keeps_its_blank(engine: RunningEngine, actions: FakeActions) -> None:
    assert seen(engine.turn("やまだ　はなこ"))["text"] == "やまだ はなこ"


def test_state_comes_back_and_is_all_there_is(engine: RunningEngine, actions: FakeActions) -> None:
    first = engine.turn("阿蘇市の家賃はどのくらいですか")
    second = engine.turn("子育ての支援も知りたいです", state=first["state"])
    assert seen(second)["slots"]["municipality"] == "阿蘇市"
    fresh = engine.turn("子育ての支援も知りたいです")
    assert "municipality" not in seen(fresh)["slots"]


def test_two_engines_answer_one_conversation_in_turn(
    engine: RunningEngine, start_engine: Any, actions: FakeActions
) -> None:
    actions.answers["action_ask_guide_concern"] = reply("何が気になりますか")
    actions.answers["action_ask_guide_timing"] = reply("いつごろですか")
    actions.answers["validate_guide_form"] = _accept
    with start_engine() as other:
        texts = ["阿蘇市の家賃は", "八代市の病院は", "保育園について教えて", "玉名市の仕事は", ASK, "電車はありますか"]
        alternating, alone = None, None
        for number, text in enumerate(texts):
            one = (engine, other)[number % 2].turn(text, state=alternating, turn_id=f"turn-{number}")
            two = engine.turn(text, state=alone, turn_id=f"turn-{number}")
            assert one == two
            alternating, alone = one["state"], two["state"]
        assert alternating == {"v": 1, "slots": {"municipality": "玉名市"}, "loop": None, "requested": None}


def _accept(body: dict[str, Any]) -> dict[str, Any]:
    """What rasa-sdk's form validation returns: every value as it came."""
    tracker = body["tracker"]
    events = [e for e in reversed(tracker["events"]) if e["event"] == "slot"][:1]
    return {"events": events, "responses": []}


def test_the_same_turn_again_gives_the_same_result(engine: RunningEngine, actions: FakeActions) -> None:
    assert engine.turn(ASK) == engine.turn(ASK)


def test_size_of_state_does_not_grow(engine: RunningEngine, actions: FakeActions) -> None:
    state: dict[str, Any] | None = None
    sizes = []
    for number in range(30):
        state = engine.turn("阿蘇市の家賃はどのくらいですか", state=state, turn_id=f"turn-{number}")["state"]
        sizes.append(len(json.dumps(state, ensure_ascii=False).encode()))
    assert len(set(sizes)) == 1
    assert sizes[0] < 1024


@pytest.mark.parametrize(
    ("state", "note"),
    [
        ({"v": 0, "slots": {"municipality": "阿蘇市"}}, "version"),
        ({"v": 1, "slots": {"gone": 1}}, "gone"),
        ({"v": 1, "slots": {}, "loop": "gone_form", "requested": "x"}, "gone_form"),
    ],
)
def test_what_an_upgrade_took_away_is_dropped_and_said(
    engine: RunningEngine, actions: FakeActions, state: dict[str, Any], note: str
) -> None:
    answer = engine.turn(ASK, state=state)
    assert note in "".join(answer["notes"])
    assert answer["state"] == {"v": 1, "slots": {}, "loop": None, "requested": None}


@pytest.mark.parametrize(
    "text", ["/restart", "／restart", ' \u200b/ask{"municipality": "阿蘇市"}', "//session_start", "/"]
)
def test_a_command_to_rasa_is_only_text(engine: RunningEngine, actions: FakeActions, text: str) -> None:
    answer = engine.turn(text)
    assert answer["understanding"]["intent"]["name"] == "ask"
    assert answer["understanding"]["intent"]["confidence"] < 1
    assert [body["next_action"] for body in actions.requests] == ["action_answer"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"text": ""}, 422, "text_empty"),
        ({"text": " \n\t\u200b"}, 422, "text_empty"),
        ({"text": "あ" * 5001}, 422, "text_too_long"),
        ({"text": 5}, 400, "invalid_request"),
        ({"turn_id": None}, 400, "invalid_request"),
        ({"turn_id": "a\nb"}, 400, "invalid_request"),
        ({"conversation_id": ""}, 400, "invalid_request"),
        ({"state": []}, 400, "invalid_request"),
        ({"state": {"v": 1, "slots": []}}, 400, "invalid_request"),
        ({"context": []}, 400, "invalid_request"),
    ],
)
def test_a_bad_request_is_refused(
    engine: RunningEngine, actions: FakeActions, change: dict[str, Any], status: int, code: str
) -> None:
    body = {"turn_id": "t", "conversation_id": "c", "text": ASK, "state": None, "context": {}, **change}
    response = engine.client.post("/turn", json=body)
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert set(response.json()["error"]) == {"code", "message", "detail"}
    assert actions.requests == []


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b'"x"', b"[" * 5000])
def test_a_body_that_is_not_an_object(engine: RunningEngine, content: bytes) -> None:
    assert engine.client.post("/turn", content=content).status_code == 400


@pytest.mark.parametrize("header", [None, "", "Bearer wrong", "Basic x", "Bearer ｔｏｋｅｎ"])
def test_only_the_token_opens(engine: RunningEngine, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header.encode()}
    response = httpx.post(f"{engine.url}/turn", headers=headers, json={}, trust_env=False)
    assert (response.status_code, response.json()["error"]["code"]) == (401, "unauthorized")


@pytest.mark.parametrize(
    "text", ["😀😀😀", "(love)", "\ud800あ", "<script>", "あ" * 5000, "!", "中文问题在哪里", "\u202eあ"]
)
def test_odd_text_is_answered(engine: RunningEngine, actions: FakeActions, text: str) -> None:
    body = {"turn_id": "t", "conversation_id": "c", "text": text, "state": None, "context": {}}
    response = engine.client.post("/turn", content=json.dumps(body).encode())
    assert response.status_code == 200
    assert response.json()["replies"]


def test_another_language_is_noticed(engine: RunningEngine, actions: FakeActions) -> None:
    understanding = engine.turn("이주 상담을 하고 싶어요")["understanding"]
    assert (understanding["language"], understanding["decision"]) == ("other", "lost")
    assert engine.turn("How can I get the relocation grant?")["understanding"]["language"] == "en"


@pytest.mark.parametrize(
    "answer",
    [500, 404, "no json", {"events": [{"event": "no such event"}]}, {"events": "x"}, {"events": [], "responses": []}],
)
def test_an_action_that_fails_fails_the_turn(engine: RunningEngine, actions: FakeActions, answer: Any) -> None:
    actions.answers["action_answer"] = answer
    response = engine.post(ASK)
    assert (response.status_code, response.json()["error"]["code"]) == (502, "action_failed")
    assert ASK not in response.text
    assert engine.log.read_text("utf-8").count(ASK) == 0


def test_an_action_server_that_is_down(start_engine: Any, engine: RunningEngine, actions: FakeActions) -> None:
    actions.answers["action_answer"] = lambda body: (_ for _ in ()).throw(ConnectionAbortedError())
    answer = engine.post(ASK)  # to be tried again: nothing is wrong with the message
    assert answer.status_code == 503 and answer.json()["error"]["code"] == "actions_unreachable"
    actions.reset()
    assert engine.post(ASK).status_code == 200


def test_the_action_is_sent_the_token_and_no_domain(engine: RunningEngine, actions: FakeActions) -> None:
    engine.turn(ASK)
    assert actions.headers[0]["Authorization"] == engine.client.headers["authorization"]
    assert "domain" not in actions.requests[0]


def test_the_connection_to_the_actions_is_kept(engine: RunningEngine, actions: FakeActions) -> None:
    engine.turn(ASK)
    before = actions.connections
    for _ in range(5):
        engine.turn(ASK)
    assert actions.connections == before


def test_texts_of_a_response_are_replies_too(engine: RunningEngine, actions: FakeActions) -> None:
    actions.answers["action_answer"] = {"events": [], "responses": [{"text": "一行\n\n二行"}]}
    assert engine.turn(ASK)["replies"] == [{"type": "text", "text": "一行\n\n二行", "sources": []}]


def test_a_payload_of_another_kind_is_an_error(engine: RunningEngine, actions: FakeActions) -> None:
    actions.answers["action_answer"] = {"events": [], "responses": [{"custom": {"other": 1}}]}
    assert engine.post(ASK).status_code == 502


def test_conversations_do_not_mix_at_eight_at_a_time(engine: RunningEngine, actions: FakeActions) -> None:
    actions.delay_s = 0.02
    places = ["阿蘇市", "八代市", "人吉市", "荒尾市", "水俣市", "玉名市", "山鹿市", "宇土市"] * 3

    def ask(number: int) -> tuple[str, str]:
        answer = engine.turn(f"{places[number]}の家賃はどのくらいですか", turn_id=f"turn-{number}")
        return seen(answer)["text"][:3], answer["state"]["slots"]["municipality"]

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(len(places)))) == [(place, place) for place in places]


def test_health_names_the_model(engine: RunningEngine, model: Any) -> None:
    assert engine.client.get("/health").json() == {"status": "ok", "model": model.name.removesuffix(".tar.gz")}


def test_the_log_has_turns_and_no_words(engine: RunningEngine, actions: FakeActions) -> None:
    engine.turn("わたしのひみつのはなし", turn_id="turn-of-the-log")
    lines = [json.loads(line) for line in engine.log.read_text("utf-8").splitlines() if line.startswith("{")]
    turns = [line for line in lines if line["event"] == "turn"]
    assert turns
    assert all("turn_id" in line for line in turns)
    assert any(line["turn_id"] == "turn-of-the-log" for line in turns)
    assert "ひみつ" not in engine.log.read_text("utf-8")


def test_slots_that_actions_set(engine: RunningEngine, actions: FakeActions) -> None:
    actions.answers["action_answer"] = reply("はい", slot("last_topics", ["farming"]), slot("lost_count", 1))
    state = engine.turn(ASK)["state"]
    assert state["slots"] == {"last_topics": ["farming"], "lost_count": 1}
    actions.answers["action_answer"] = reply("はい", slot("last_topics", None), slot("lost_count", None))
    assert engine.turn(ASK, state=state)["state"]["slots"] == {}
