import base64
import hashlib
import hmac
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.line.events import LineEvent, parse, verify

USER = "U" + "1" * 32
TEXT = {
    "type": "message", "timestamp": 1_700_000_000_000, "source": {"type": "user", "userId": USER},
    "webhookEventId": "01HF", "deliveryContext": {"isRedelivery": False}, "mode": "active",
    "replyToken": "a" * 32, "message": {"type": "text", "id": "5", "quoteToken": "q", "text": "空き家"},
}  # fmt: skip


def body(*events):
    return json.dumps({"destination": USER, "events": list(events)}).encode()


def signature(secret, raw):
    return base64.b64encode(hmac.new(secret.encode(), raw, hashlib.sha256).digest()).decode()


def test_a_text_event():
    assert parse(body(TEXT)) == [
        LineEvent("01HF", "text", USER, "空き家", "a" * 32, 1_700_000_000_000, redelivery=False, standby=False)
    ]


def test_a_redelivered_and_a_standby_event():
    again = TEXT | {"deliveryContext": {"isRedelivery": True}}
    standby = {key: value for key, value in TEXT.items() if key != "replyToken"} | {"mode": "standby"}
    first, second = parse(body(again, standby))
    assert first.redelivery and not first.standby
    assert second.standby and second.reply_token is None


@pytest.mark.parametrize("kind", ["sticker", "image", "video", "audio", "file", "location"])
def test_other_messages_have_their_type_and_no_text(kind):
    (event,) = parse(body(TEXT | {"message": {"type": kind, "id": "5", "text": "sticker words"}}))
    assert (event.kind, event.text) == (kind, None)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "postback", "postback": {"data": "x"}},
        {"type": "somethingNew"},
        {"message": {"type": "hologram", "id": "5"}},
        {"message": None},
        {"source": {"type": "group", "groupId": "G1", "userId": USER}},
        {"source": {"type": "planet"}},
        {"source": None},
        {"replyToken": "0" * 32},
        {"replyToken": "f" * 32},
    ],
)
def test_what_asks_for_no_answer_is_other(change):
    (event,) = parse(body(TEXT | change))
    assert (event.kind, event.text) == ("other", None)


def test_a_group_is_no_place_for_a_residents_own_conversation():
    (event,) = parse(body(TEXT | {"source": {"type": "group", "groupId": "G1", "userId": USER}}))
    assert (event.user_id, event.reply_token) == (None, None)


def test_a_user_who_did_not_consent_has_no_id():
    (event,) = parse(body(TEXT | {"source": {"type": "user"}}))
    assert (event.kind, event.user_id) == ("text", None)


def test_one_odd_event_does_not_take_the_others_with_it():
    odd = [None, 3, [], {}, {"type": "message"}, TEXT | {"mode": 7, "deliveryContext": {}, "timestamp": "soon"}]
    events = parse(body(*odd, TEXT | {"webhookEventId": "last"}))
    assert [event.event_id for event in events] == ["01HF", "last"]
    assert events[0].timestamp_ms == 0


def test_half_a_surrogate_pair_becomes_storable():
    raw = body(TEXT).replace(b"\\u7a7a", b"\\ud83d")
    (event,) = parse(raw)
    assert event.text == "?き家"
    event.text.encode()


def test_the_connection_check():
    assert parse(b'{"destination": "U1", "events": []}') == []
    assert parse(b"{}") == []


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b"null", b"\xff\xfe\x00", b"[" * 100_000])
def test_a_body_that_is_no_json_object(raw):
    with pytest.raises(ValueError):
        parse(raw)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: (
    st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*TEXT, "text", "id", "userId"]), inner)
), max_leaves=15))  # fmt: skip
def test_any_json_is_read_or_left_out(event):
    for read in parse(body(event, TEXT)):
        assert isinstance(read, LineEvent)


def test_signature():
    raw = body(TEXT)
    assert verify("secret", raw, signature("secret", raw))
    assert not verify("secret", raw + b" ", signature("secret", raw))
    assert not verify("other", raw, signature("secret", raw))


@pytest.mark.parametrize("header", [None, "", "x", "署名", "\ud800", "é" * 44])
def test_a_signature_that_is_none(header):
    assert not verify("secret", b"{}", header)


def test_without_a_secret_nothing_is_lines():
    assert not verify("", b"{}", signature("", b"{}"))
