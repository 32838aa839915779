"""Normalising and cutting: examples, and properties over anything that can be typed."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from nlu.text import Normalised, language, normalise, reading, respelled, words

TYPED = st.text(st.characters(), max_size=200) | st.text(
    st.sampled_from(
        "あいうアイｱｲﾞﾟガーー〜～-―！？!?。、 　\n\t/／(love)😀🏠👨\u200d👩\ufe0f\u20e3阿蘇市123１２３abcＡＢ\u200b\u202e\ud800"
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("ｱｷﾔ　さがすーー😊", "アキヤさがすー"),
        ("すご〜〜い", "すごーい"),
        ("ｶﾞｲﾄﾞ", "ガイド"),
        ("か\u3099くせい", "がくせい"),
        ("１００万円", "100万円"),
        ("1000000円", "1000000円"),
        ("あきや　を　さがして　います", "あきやをさがしています"),
        ("空き家 補助金", "空き家 補助金"),
        ("空き家(love)さがす(moon smile)", "空き家 さがす"),
        ("I have kids (twins)", "I have kids (twins)"),
        ("ほんと！！！？？？", "ほんと!?"),
        ("一行目\r\n\r\n  二行目", "一行目\n二行目"),
        ("10〜20万円", "10〜20万円"),
        ("／restart", "restart"),
        (' \u200b／/greet{"a":1}', 'greet{"a":1}'),
        ("⻑崎から⺠泊", "長崎から民泊"),
        ("😀😀", ""),
        ("\ud800あ", "あ"),
        ("ああああああああ", "あああ"),
    ],
)
def test_examples(typed: str, expected: str) -> None:
    assert normalise(typed).text == expected


@settings(max_examples=400, deadline=None)
@example("ー ー")
@example("う\ufe00\u3099")
@given(TYPED)
def test_any_text(typed: str) -> None:
    result = normalise(typed)
    assert not result.text.startswith("/")
    assert result.text == result.text.strip()
    assert len(result.starts) == len(result.ends) == len(result.text)
    assert list(result.starts) == sorted(result.starts)
    assert all(0 <= start < end <= len(typed) for start, end in zip(result.starts, result.ends, strict=True))
    assert normalise(result.text).text == result.text, "normalising again changes nothing"
    shown = normalise(typed, close=False)
    assert normalise(shown.text).text == result.text, "in two steps it is the same"
    cut = words(result.text)
    assert all(result.text[word.start : word.end] == word.surface for word in cut)
    reading(cut)
    assert language(result.text) in ("ja", "en", "other")


@settings(max_examples=100, deadline=None)
@given(TYPED)
def test_words_of_anything(typed: str) -> None:
    words(typed)


def test_spans_lead_back_to_the_original() -> None:
    typed = "  ｱｷﾔﾊﾞﾝｸ😊 の登録"
    result = normalise(typed)
    at = result.text.index("バンク")
    start, end = result.span(at, at + 3)
    assert typed[start:end] == "ﾊﾞﾝｸ"
    assert Normalised("😀", "", (), ()).span(0, 0) == (1, 1)


def test_blanks_that_were_closed_are_known() -> None:
    assert normalise("あそ に すみたい").gaps() == {2, 3}
    assert normalise("やまだ　はなこ", close=False).text == "やまだ はなこ"


def test_readings() -> None:
    assert reading(words("阿蘇市で、空き家を探す wifi")) == "あそしであきやをさがすwifi"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("空き家を探す", "ja"),
        ("補助金", "ja"),
        ("Kumamotoに住みたい", "ja"),
        ("How can I move to Kumamoto?", "en"),
        ("이주 상담", "other"),
        ("Привет", "other"),
        ("123!?", "ja"),
        ("", "ja"),
    ],
)
def test_language(text: str, expected: str) -> None:
    assert language(text) == expected


@pytest.mark.parametrize(
    "piece", ["あ", "阿蘇市で空き家を探しています。", "😀", "ｶﾞ", "が\u3099", "a ", "(love)", "! ", "\u200b"]
)
def test_linear_in_length(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        best = 1e9
        for _ in range(3):
            started = time.process_time()
            words(normalise(text).text)
            best = min(best, time.process_time() - started)
        return best

    assert seconds(20000) < 10 * seconds(5000) + 0.2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("你好，请问有补助金吗", "other"),
        ("想搬到熊本去，怎么申请", "other"),
        ("中古住宅 改修費 補助 申請時期", "ja"),
        ("我孫子市在住 給付金 対象", "ja"),
        ("移住支援金 要件", "ja"),
    ],
)
def test_chinese_is_told_from_kanji_alone(text: str, expected: str) -> None:
    assert language(text) == expected


def test_unknown_katakana_is_cut_as_hiragana_and_stays_where_it_was() -> None:
    text = "テレワークノホジョキンワアリマスカ"
    cut = respelled(words(text))
    assert [text[word.start : word.end] for word in cut][-4:] != ["テレワークノホジョキンワアリマスカ"]
    assert "".join(text[word.start : word.end] for word in cut) == text
    assert "有る" in [word.norm for word in cut]
    assert [word.surface for word in respelled(words("テレワークとワーケーション"))] == [
        "テレワーク",
        "と",
        "ワーケーション",
    ]
