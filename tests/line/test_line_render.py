import json
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from linebot.v3.messaging import Message
from pydantic import TypeAdapter

from bot.commands import (
    CardReply,
    Choice,
    ChoicesReply,
    FormPromptReply,
    Link,
    Reply,
    Source,
    TextReply,
)
from channels.line.render import render, split, uri
from tests.standins import line_rules
from tests.standins.line_spec import Spec

SOURCE = Source(title="移住・定住の手引き", url="https://example.jp/移住?q=空き家", as_of="2022-12")
CARD = CardReply(title="移住支援金", text="上限は世帯で100万円です。", rows=[("対象", "東京圏から移る人"), ("窓口", "市町村")],
                 links=[Link(label="くわしく", url="https://example.jp/shienkin")], sources=[SOURCE])  # fmt: skip


@cache
def spec():
    return Spec("messaging-api.yml")


def check(messages):
    """What LINE would refuse or not show, and what the SDK would lose on the way."""
    if not messages:
        return
    request = {"replyToken": "t", "messages": messages}
    assert spec().problems("ReplyMessageRequest", request) == []
    assert line_rules.problems(messages) == []
    assert line_rules.warnings(messages) == []
    assert len(json.dumps(request)) <= 2 * 1024 * 1024
    assert [Message.from_dict(message).to_dict() for message in messages] == messages


def quick(message):
    return [(item["action"]["label"], item["action"]["text"]) for item in message["quickReply"]["items"]]


# --- what each reply becomes -------------------------------------------------------------------


def test_a_text_with_its_source():
    (message,) = render([TextReply(text="空き家バンクがあります。", sources=[SOURCE, SOURCE])], "ja")
    assert message == {
        "type": "text",
        "text": "空き家バンクがあります。\n出典：移住・定住の手引き（2022年12月時点）\n"
        "https://example.jp/%E7%A7%BB%E4%BD%8F?q=%E7%A9%BA%E3%81%8D%E5%AE%B6",
    }


@pytest.mark.parametrize(("as_of", "locale", "line"), [
    ("2022", "ja", "出典：冊子（2022年時点）"),
    ("2022-12-05", "ja", "出典：冊子（2022年12月5日時点）"),
    ("令和4年", "ja", "出典：冊子（令和4年時点）"),
    ("2022-12-05", "en", "Source: 冊子 (as of 5 December 2022)"),
    ("2022-12", "en", "Source: 冊子 (as of December 2022)"),
    ("2022", "easy_ja", "情報の もと：冊子（2022年の 情報）"),
    ("", "ja", "出典：冊子"),
])  # fmt: skip
def test_the_date_of_a_source_is_as_exact_as_it_is_known(as_of, locale, line):
    (message,) = render([TextReply(text="答え", sources=[Source(title="冊子", as_of=as_of)])], locale)
    assert message["text"] == f"答え\n{line}"


def test_a_card_is_a_bubble_whose_alt_text_is_the_answer():
    (message,) = render([CARD], "ja")
    check([message])
    assert message["altText"] == "移住支援金\n上限は世帯で100万円です。\n対象：東京圏から移る人\n窓口：市町村"
    flex = json.dumps(message["contents"], ensure_ascii=False)
    for part in (
        "移住支援金",
        "東京圏から移る人",
        "https://example.jp/shienkin",
        "出典：移住・定住の手引き（2022年12月時点）",
    ):
        assert part in flex
    assert flex.count('"type": "text"') == flex.count('"scaling": true')


def test_a_link_that_line_has_no_action_for_is_still_told():
    (message,) = render([CardReply(title="窓口", links=[Link(label="メール", url="mailto:desk@example.jp")])], "ja")
    check([message])
    assert "メール：mailto:desk@example.jp" in json.dumps(message, ensure_ascii=False)
    assert "footer" not in message["contents"]


def test_a_card_too_large_for_a_bubble_is_told_as_text():
    messages = render([CardReply(title="一覧", rows=[(f"項目{i}", "説明" * 50) for i in range(80)])], "ja")
    check(messages)
    assert {message["type"] for message in messages} == {"text"}
    assert "項目79" in messages[-1]["text"]


def test_choices_are_quick_replies():
    reply = ChoicesReply(
        text="どちらですか。", choices=[Choice(label="天草市", text="天草市の空き家"), Choice(label="", text="阿蘇市")]
    )
    (message,) = render([reply], "ja")
    assert message["text"] == "どちらですか。"
    assert quick(message) == [("天草市", "天草市の空き家"), ("阿蘇市", "阿蘇市")]


def test_quick_replies_stand_on_the_last_message_only():
    choices = ChoicesReply(text="どちら？", choices=[Choice(label="甲", text="甲"), Choice(label="乙", text="乙")])
    messages = render([choices, TextReply(text="x" * 6_000), CARD], "ja")
    assert [("quickReply" in message) for message in messages] == [False, False, False, True]
    assert quick(messages[-1]) == [("甲", "甲"), ("乙", "乙")]


def test_the_choices_of_an_earlier_question_are_not_lost():
    earlier = ChoicesReply(text="市町村は？", choices=[Choice(label="天草市", text="天草市")])
    later = ChoicesReply(text="時期は？", choices=[Choice(label="来年", text="来年")])
    first, last = render([earlier, later], "ja")
    assert first["text"] == "市町村は？\n・天草市"
    assert quick(last) == [("来年", "来年")]


def test_a_label_that_must_be_shortened_is_also_written_out():
    label = "とても長い名前の移住体験住宅の申し込みについて知りたい"
    (message,) = render([ChoicesReply(text="どれ？", choices=[Choice(label=label, text=label)])], "ja")
    check([message])
    assert label in message["text"]
    assert quick(message)[0] == (label[:19] + "…", label)


def prompt(**change):
    whole = {"form": "consultation", "field": "timing", "text": "いつごろですか。", "progress": (3, 8), **change}
    return FormPromptReply(**whole)


def test_a_form_prompt_says_what_was_wrong_how_far_it_is_and_the_ways_on():
    reply = prompt(optional=True, error="日付が読めませんでした。", choices=[Choice(label="1年以内", text="1年以内")])
    (message,) = render([reply], "ja")
    assert message["text"] == "日付が読めませんでした。\nいつごろですか。（3/8）"
    assert quick(message) == [("1年以内", "1年以内"), ("スキップ", "スキップ"), ("やめる", "やめる")]


def test_a_form_prompt_in_english_sends_the_words_the_dialogue_knows():
    (message,) = render([prompt(optional=True)], "en")
    assert quick(message) == [("Skip", "スキップ"), ("Cancel", "やめる")]
    assert message["text"].endswith(" (3/8)")


def test_of_too_many_choices_the_way_out_stays():
    reply = prompt(choices=[Choice(label=f"{i}番", text=f"{i}番") for i in range(20)])
    (message,) = render([reply], "ja")
    check([message])
    assert len(quick(message)) == 13
    assert quick(message)[-1] == ("やめる", "やめる")
    assert "・19番" in message["text"]


# --- fitting -----------------------------------------------------------------------------------


def test_a_long_text_is_cut_where_a_reader_pauses():
    pieces = split(("あ" * 99 + "。") * 60)
    assert [len(piece) for piece in pieces] == [5_000, 1_000]
    assert split("x" * 3_000 + "\n\n" + "y" * 3_000) == ["x" * 3_000, "y" * 3_000]


def test_emoji_count_twice():
    assert [len(piece) for piece in split("🍎" * 2_501)] == [2_500, 1]


def test_more_than_five_replies_are_put_together_in_their_order():
    texts = [TextReply(text=f"答え{i}") for i in range(4)]
    messages = render([*texts[:2], CARD, CARD, CARD, *texts[2:]], "ja")
    check(messages)
    assert [message["type"] for message in messages] == ["text", "flex", "text"]
    assert messages[0]["text"] == "答え0\n\n答え1"
    assert len(messages[1]["contents"]["contents"]) == 3


def test_thirteen_cards_take_two_carousels():
    messages = render([CardReply(title=f"制度{i}") for i in range(13)], "ja")
    check(messages)
    assert [len(message["contents"].get("contents", [1])) for message in messages] == [12, 1]


def test_alternating_replies_become_text():
    messages = render([CARD, TextReply(text="次に")] * 4, "ja")
    check(messages)
    assert [message["type"] for message in messages] == ["text"]
    assert messages[0]["text"].count("移住支援金") == 4


def test_what_five_messages_cannot_hold_is_left_out_before_the_question_and_said():
    messages = render([TextReply(text="あ" * 40_000), prompt()], "ja")
    check(messages)
    assert len(messages) == 5
    assert messages[3]["text"].endswith("（長いため、途中を省きました。続きは質問を分けてお尋ねください。）")
    assert messages[4]["text"].endswith("いつごろですか。（3/8）")


@pytest.mark.parametrize("reply", [TextReply(text=" \n\u200b"), CardReply(title=""), TextReply(text="\x00\x85")])
def test_nothing_visible_is_no_message(reply):
    assert render([reply], "ja") == []


def test_no_replies_are_no_messages():
    assert render([], "ja") == []


@pytest.mark.parametrize(("url", "encoded"), [
    ("https://日本語.jp/空き家?市=天草#上", "https://xn--wgv71a119e.jp/%E7%A9%BA%E3%81%8D%E5%AE%B6?%E5%B8%82=%E5%A4%A9%E8%8D%89#%E4%B8%8A"),
    ("https://a.jp/%E7%A9%BA", "https://a.jp/%E7%A9%BA"),
    ("https://a.jp/100%", "https://a.jp/100%25"),
    ("https://a.jp:8443/a b", "https://a.jp:8443/a%20b"),
    ("tel:0961234567", "tel:0961234567"),
    ("line://ti/p/@desk", "line://ti/p/%40desk"),
    ("mailto:a@b.jp", None), ("javascript:alert(1)", None), ("https://", None), ("/path", None), ("", None),
    ("https://user:pw@a.jp/", None), ("https://[", None), ("https://a..b/", None), ("https://a.jp/" + "あ" * 120, None),
    ("https://a.jp:99999/", None),
])  # fmt: skip
def test_addresses(url, encoded):
    found = uri(url)
    assert found == encoded or (found or "").replace("@", "%40") == encoded


# --- whatever the replies ----------------------------------------------------------------------

words = st.text(max_size=40) | st.sampled_from(["", " ", "👨‍👩‍👧‍👦" * 30, "か\u3099" * 40, "あ" * 310])
texts = words | st.sampled_from(["移住" * 3_000, "🍎" * 3_000, "あ" * 1_600, "a\u0301" * 400])
urls = (
    st.sampled_from(["https://例え.jp/道?q=あ い#片", "mailto:a@b.jp", "tel:+81 96", "x", "http://[", "https://a/%zz"])
    | words
)
sources = st.lists(
    st.builds(Source, title=words, url=st.none() | urls, as_of=st.sampled_from(["2022", "2022-12-05", "?"]) | words),
    max_size=3,
)
choices = st.builds(Choice, label=words, text=words)
links = st.lists(st.builds(Link, label=words, url=urls), max_size=4)
a_reply = st.one_of(
    st.builds(TextReply, text=texts.filter(bool), sources=sources),
    st.builds(CardReply, title=words, text=texts, rows=st.lists(st.tuples(words, words), max_size=4), links=links, sources=sources),
    st.builds(ChoicesReply, text=texts, choices=st.lists(choices, min_size=1, max_size=13), sources=sources),
    st.builds(FormPromptReply, form=words, field=words, text=texts, optional=st.booleans(), error=st.none() | words,
              choices=st.lists(choices, max_size=20), progress=st.tuples(st.integers(), st.integers()), sources=sources),
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.lists(a_reply, max_size=9), st.sampled_from(["ja", "easy_ja", "en", "xx"]))
def test_whatever_the_replies_line_takes_what_we_send(replies, locale):
    TypeAdapter(list[Reply]).validate_python([reply.model_dump() for reply in replies])
    check(render(replies, locale))


@settings(max_examples=200, deadline=None)
@given(st.text())
def test_whatever_the_address_its_encoding_is_one_line_takes(url):
    for address in (url, f"https://{url}", f"https://a.jp/{url}"):
        encoded = uri(address)
        assert encoded is None or not list(line_rules._uri(encoded, "uri"))
