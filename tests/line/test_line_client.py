import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from bot.commands import CardReply, Choice, ChoicesReply, Link, TextReply
from channels.line import client as module
from channels.line.client import LineClient, LineRateLimited, LineRejected, LineUnavailable
from channels.line.render import render

HELLO = [{"type": "text", "text": "こんにちは"}]


def key():
    return str(uuid.uuid4())


def talk(line, webhook, text="空き家"):
    """(user id, reply token) of a user who just wrote."""
    line.say("花子", text)
    event = webhook.events()[-1]
    return event.user_id, event.reply_token


def test_a_reply_arrives_as_it_was_rendered(client, line, webhook):
    _, token = talk(line, webhook)
    card = CardReply(
        title="空き家バンク", rows=[("窓口", "市")], links=[Link(label="開く", url="https://example.jp/家")]
    )
    choices = ChoicesReply(text="どちら？", choices=[Choice(label="天草市", text="天草市の空き家")])
    messages = render([TextReply(text="あります。"), card, choices], "ja")
    sent = client.reply(token, messages)
    assert len(sent.message_ids) == 3 and len(sent.request_id) == 32 and not sent.already_accepted
    assert line.messages("花子") == messages  # nothing lost in the SDK's models
    assert line.log("api")[-1]["warnings"] == []


def test_a_reply_token_works_once_and_for_a_minute(client, line, webhook, clock):
    _, token = talk(line, webhook)
    client.reply(token, HELLO)
    with pytest.raises(LineRejected, match="Invalid reply token") as refused:
        client.reply(token, HELLO)
    assert refused.value.status == 400
    _, token = talk(line, webhook)
    clock.now += 61
    with pytest.raises(LineRejected):
        client.reply(token, HELLO)


def test_a_push_with_a_known_key_is_a_success_and_sends_nothing_twice(client, line, webhook):
    user, _ = talk(line, webhook)
    retry_key = key()
    first = client.push(user, HELLO, retry_key)
    again = client.push(user, HELLO, retry_key)
    assert again.already_accepted and not first.already_accepted
    assert (again.request_id, again.message_ids) == (first.request_id, first.message_ids)
    assert line.messages("花子") == HELLO


def test_a_push_whose_answer_was_lost_is_sent_once(client, line, webhook):
    user, _ = talk(line, webhook)
    retry_key = key()
    line.fail("/push", status=500, accepted=True)
    with pytest.raises(LineUnavailable):
        client.push(user, HELLO, retry_key)
    assert client.push(user, HELLO, retry_key).already_accepted
    assert line.messages("花子") == HELLO


def test_what_line_refuses_is_told_with_its_details(client, line, webhook):
    user, token = talk(line, webhook)
    with pytest.raises(LineRejected, match=r"messages\[0\].text"):
        client.reply(token, [{"type": "text", "text": "あ" * 5_001}])
    with pytest.raises(LineRejected, match="'to'"):
        client.push("U" + "0" * 32, HELLO, key())
    with pytest.raises(LineRejected, match="not a UUID"):
        client.push(user, HELLO, "not-a-uuid")
    with pytest.raises(LineRejected) as refused:
        LineClient(line.base_url, "wrong").push(user, HELLO, key())
    assert refused.value.status == 401
    assert client.reply(token, HELLO).message_ids  # a refused request leaves the token unused


@pytest.mark.parametrize("message", [{}, {"text": "x"}, {"type": "nope"}, {"type": "text"}])
def test_what_is_no_line_message_is_refused_before_it_is_sent(client, line, message):
    with pytest.raises(LineRejected, match="not a LINE message"):
        client.reply("token", [message])
    assert line.log("api") == []


def test_too_many_calls_and_a_used_up_month_are_told_apart(client, line, webhook):
    user, _ = talk(line, webhook)
    line.fail("/push", status=429)
    with pytest.raises(LineRateLimited) as limited:
        client.push(user, HELLO, key())
    assert not limited.value.monthly
    line.server.talks.quota = 0
    with pytest.raises(LineRateLimited) as limited:
        client.push(user, HELLO, key())
    assert limited.value.monthly


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_failing_line_is_unavailable_and_not_tried_again_by_itself(client, line, webhook, status):
    user, _ = talk(line, webhook)
    line.fail("/push", status=status)
    with pytest.raises(LineUnavailable, match=str(status)):
        client.push(user, HELLO, key())
    assert len(line.log("api")) == 1


def test_a_slow_line_is_unavailable(client, line, webhook, monkeypatch):
    monkeypatch.setattr(module, "TIMEOUT_SECONDS", 0.2)
    _, token = talk(line, webhook)
    line.fail("/reply", delay=1)
    with pytest.raises(LineUnavailable, match="did not answer"):
        client.reply(token, HELLO)


def test_no_line_at_all_is_unavailable():
    with pytest.raises(LineUnavailable):
        LineClient("http://127.0.0.1:9", "token").reply("token", HELLO)


def test_an_answer_that_is_not_lines_is_unavailable():
    """A proxy's page with status 200, say: nothing tells that LINE has the messages."""

    class Proxy(BaseHTTPRequestHandler):
        def do_POST(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Proxy) as proxy:
        Thread(target=proxy.serve_forever, daemon=True).start()
        with pytest.raises(LineUnavailable):
            LineClient(f"http://127.0.0.1:{proxy.server_port}", "token").reply("token", HELLO)
        proxy.shutdown()


@pytest.mark.parametrize(
    ("base_url", "host"), [("", "https://api.line.me"), ("http://localhost:1/", "http://localhost:1")]
)
def test_without_an_address_it_is_lines_own(monkeypatch, base_url, host):
    called = []

    def request(method, url, **_):
        called.append(url)
        raise OSError

    client = LineClient(base_url, "token")
    monkeypatch.setattr(client._client.rest_client.pool_manager, "request", request)
    with pytest.raises(LineUnavailable):
        client.reply("token", HELLO)
    assert called == [f"{host}/v2/bot/message/reply"]


def test_a_sixth_message_is_refused_before_it_is_sent(client, line):
    with pytest.raises(LineRejected):
        client.reply("token", HELLO * 6)
    assert line.log("api") == []
