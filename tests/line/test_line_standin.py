"""The stand-in is as strict as LINE: what it lets pass, LINE would take."""

import uuid

import httpx
import pytest

from tests.standins import line_rules
from tests.standins.line_spec import Spec

TOKEN = "channel-token"  # as in conftest
HELLO = {"type": "text", "text": "こんにちは"}


@pytest.fixture
def api(line):
    with httpx.Client(base_url=line.base_url, headers={"authorization": f"Bearer {TOKEN}"}, trust_env=False) as api:
        yield api


def push(api, user_id, messages=(HELLO,), **headers):
    return api.post("/v2/bot/message/push", json={"to": user_id, "messages": list(messages)}, headers=headers)


def test_events_are_signed_and_complete(line, webhook):
    assert line.say("花子", "空き家を探しています")["status"] == 200
    line.control("follow", user="花子")
    line.control("sticker", user="花子")
    line.control("unfollow", user="花子")
    events = webhook.events()
    assert [event.kind for event in events] == ["text", "follow", "sticker", "unfollow"]
    assert len({event.event_id for event in events}) == 4
    assert len({event.user_id for event in events}) == 1
    assert [bool(event.reply_token) for event in events] == [True, True, True, False]
    assert all(len(event.event_id) == 26 for event in events)


def test_a_redelivered_event_is_the_same_and_its_token_lives_again(line, webhook, clock, api):
    event_id = line.say("花子", "空き家")["event_ids"][0]
    clock.now += 600
    line.control("redeliver", event_id=event_id)
    first, second = webhook.events()
    assert (first.event_id, first.reply_token) == (second.event_id, second.reply_token)
    assert second.redelivery and not first.redelivery
    reply = {"replyToken": second.reply_token, "messages": [HELLO]}
    assert api.post("/v2/bot/message/reply", json=reply).status_code == 200
    line.say("花子", "仕事")
    clock.now += 1_201
    line.control("redeliver")
    reply["replyToken"] = webhook.events()[-1].reply_token
    assert api.post("/v2/bot/message/reply", json=reply).status_code == 400


def test_what_became_of_a_webhook_is_told(line, webhook):
    webhook.status = 500
    assert line.say("花子", "空き家")["error"] == "error_status_code"
    line.server.webhook_url = "http://127.0.0.1:9/"
    answer = line.say("花子", "空き家")
    assert (answer["status"], answer["error"]) == (0, "ConnectError")


def test_any_events_can_be_sent(line, webhook):
    line.control("events", events=[{"type": "somethingNew", "webhookEventId": "x"}, {"odd": True}])
    assert [event.kind for event in webhook.events()] == ["other"]
    line.control("events", events=[])
    assert len(webhook.requests) == 2


def test_quota_counts_pushes_and_not_replies(line, webhook, api):
    user = line.say("花子", "空き家")["user_ids"][0]
    api.post("/v2/bot/message/reply", json={"replyToken": webhook.events()[0].reply_token, "messages": [HELLO]})
    push(api, user, [HELLO, HELLO])
    assert api.get("/v2/bot/message/quota").json() == {"type": "limited", "value": 5_000}
    assert api.get("/v2/bot/message/quota/consumption").json() == {"totalUsage": 1}
    line.server.talks.quota = 1
    assert push(api, user).status_code == 429


def test_retry_keys(line, api, clock):
    user = line.say("花子", "空き家")["user_ids"][0]
    header = {"X-Line-Retry-Key": str(uuid.uuid4())}
    assert push(api, user, **header).status_code == 200
    assert push(api, user, **header).status_code == 409
    assert push(api, user, [{"type": "text", "text": "別"}], **header).status_code == 400
    clock.now += 24 * 60 * 60
    assert push(api, user, **header).status_code == 200
    assert push(api, user, **{"X-Line-Retry-Key": "x"}).status_code == 400
    refused = api.post("/v2/bot/message/validate/push", json={"messages": [HELLO]}, headers=header)
    assert refused.status_code == 400


def test_who_blocked_gets_nothing_and_line_does_not_tell(line, api):
    user = line.say("花子", "空き家")["user_ids"][0]
    assert api.get(f"/v2/bot/profile/{user}").json()["displayName"] == "花子"
    line.control("unfollow", user="花子")
    assert push(api, user).status_code == 200
    assert line.messages("花子") == []
    assert api.get(f"/v2/bot/profile/{user}").status_code == 404


@pytest.mark.parametrize(("seconds", "status"), [(5, 202), (60, 202), (7, 400), (65, 400)])
def test_loading_animation(line, api, seconds, status):
    user = line.say("花子", "空き家")["user_ids"][0]
    body = {"chatId": user, "loadingSeconds": seconds}
    assert api.post("/v2/bot/chat/loading/start", json=body).status_code == status


@pytest.mark.parametrize(("method", "path", "options", "status"), [
    ("GET", "/v2/bot/nothing", {}, 404),
    ("GET", "/v2/bot/message/push", {}, 404),
    ("GET", "/v2/bot/richmenu/list", {}, 501),
    ("POST", "/v2/bot/message/push", {"content": "{", "headers": {"content-type": "application/json"}}, 400),
    ("POST", "/v2/bot/message/push", {"content": "{}", "headers": {"content-type": "text/plain"}}, 415),
    ("POST", "/v2/bot/message/push", {"json": {"to": "x" * 2_100_000, "messages": [HELLO]}}, 413),
    ("POST", "/v2/bot/message/push", {"json": {"to": "U", "messages": [HELLO]}, "headers": {"authorization": "Bearer x"}}, 401),
    ("POST", "/v2/bot/message/push", {"json": {"to": "U", "messages": []}}, 400),
    ("POST", "/v2/bot/message/push", {"json": {"to": "U", "messages": [HELLO] * 6}}, 400),
    ("POST", "/v2/bot/message/push", {"json": {"to": "U", "messages": [HELLO], "extra": 1}}, 400),
    ("POST", "/v2/bot/message/validate/reply", {"json": {"messages": [HELLO]}}, 200),
    ("POST", "/v2/bot/message/validate/reply", {"json": {"messages": [{"type": "text", "text": " "}]}}, 400),
])  # fmt: skip
def test_requests_are_checked_and_recorded(line, api, method, path, options, status):
    answer = api.request(method, path, **options)
    assert answer.status_code == status
    entry = line.log("api")[-1]
    assert (entry["endpoint"], entry["status"], entry["accepted"]) == (path, status, status == 200)
    if status >= 400:
        assert Spec("messaging-api.yml").problems("ErrorResponse", answer.json()) == []


def test_faults(line, api):
    user = line.say("花子", "空き家")["user_ids"][0]
    line.fail("/push", status=503, times=2)
    assert [push(api, user).status_code for _ in range(3)] == [503, 503, 200]


def test_the_log_of_one_talk(line, api):
    user = line.say("花子", "空き家")["user_ids"][0]
    line.say("太郎", "仕事")
    push(api, user)
    push(api, "U" + "0" * 32)
    log = api.get("/_standin/log", params={"user": "花子"}).json()
    assert [(entry["kind"], entry["status"]) for entry in log["entries"]] == [
        ("webhook", 200),
        ("api", 200),
        ("api", 400),
    ]
    assert api.get("/_standin/log", params={"after": log["last"]}).json()["entries"] == []


def test_bad_control_requests_are_told(api):
    assert api.post("/_standin/say", json={"user": "花子"}).status_code == 422
    assert api.post("/_standin/redeliver", json={}).status_code == 422


# --- the rules that the specification leaves out -------------------------------------------------

ACTION = {"type": "message", "label": "はい", "text": "はい"}


def text(**change):
    return {"type": "text", "text": "x", **change}


def quick(*actions):
    return text(quickReply={"items": [{"type": "action", "action": action} for action in actions]})


def flex(part, **change):
    body = {"type": "box", "layout": "vertical", "contents": [part]}
    return {"type": "flex", "altText": "x", "contents": {"type": "bubble", "body": body}, **change}


def words(**change):
    return {"type": "text", "text": "x", **change}


def buttons(**change):
    return {
        "type": "template",
        "altText": "x",
        "template": {"type": "buttons", "text": "x", "actions": [ACTION], **change},
    }


GOOD = [
    text(text="あ" * 5_000), quick(ACTION | {"label": "👨‍👩‍👧‍👦" * 20, "text": "👨‍👩‍👧‍👦" * 300}), quick({"type": "location", "label": "場所"}),
    flex(words(action={"type": "uri", "uri": "https://a.jp/%E5"})), buttons(text="あ" * 160), flex(words(), altText="あ" * 1_500),
    flex(words(action={"type": "uri", "uri": "tel:0961234567"})),
]  # fmt: skip
BAD = [
    text(text="あ" * 5_001), text(text="🍎" * 2_501), text(text=""), text(text="\n"), text(text="\ud83d"),
    quick(*[ACTION] * 14), quick(), quick(ACTION | {"label": "あ" * 21}), quick({"type": "message", "text": "x"}),
    quick(ACTION | {"text": "あ" * 301}), quick(ACTION | {"text": ""}), quick({"type": "uri", "label": "x", "uri": "mailto:a@b"}),
    text(quickReply={"items": [{"action": ACTION}]}), text(sender={"name": "LINE 相談"}),
    text(emojis=[{"index": 0, "productId": "a", "emojiId": "1"}]),
    flex(words(), altText=""), flex(words(), altText="あ" * 1_501), flex(words(text="")), flex(words(color="red")),
    flex(words(size="huge")), flex({"type": "span", "text": "x"}), flex({"type": "icon", "url": "https://a.jp/"}),
    flex(words(action={"type": "uri", "uri": "https://a.jp/空き家"})), flex(words(action={"type": "uri", "uri": "https://"})),
    flex(words(action={"type": "uri", "uri": "https://a.jp/" + "a" * 1_000})), flex(words(action={"type": "camera", "label": "x"})),
    flex(words(action=ACTION | {"label": "あ" * 41})), flex(words(text="あ" * 11_000)), flex(words(margin="2em")),
    {"type": "flex", "altText": "x", "contents": {"type": "bubble"}},
    {"type": "flex", "altText": "x", "contents": {"type": "carousel", "contents": [flex(words())["contents"]] * 13}},
    buttons(text="あ" * 161), buttons(text="あ" * 61, title="x"), buttons(actions=[ACTION] * 5), buttons(actions=[ACTION | {"label": "あ" * 21}]),
    {"type": "image", "originalContentUrl": "http://a.jp/a.png", "previewImageUrl": "https://a.jp/a.png"},
]  # fmt: skip


def refused(message):
    schema = Spec("messaging-api.yml").problems("ValidateMessageRequest", {"messages": [message]})
    return schema or line_rules.problems([message])


@pytest.mark.parametrize("message", GOOD)
def test_what_line_takes(message):
    assert refused(message) == []


@pytest.mark.parametrize("message", BAD)
def test_what_line_refuses(message):
    assert refused(message)


def test_a_quick_reply_that_nobody_sees_is_told():
    assert line_rules.warnings([quick(ACTION), text()])
    assert not line_rules.warnings([text(), quick(ACTION)])
