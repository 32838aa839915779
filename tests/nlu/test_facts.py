"""What residents tell of themselves is read; numbers, dates and eras too."""

from __future__ import annotations

import datetime as dt
import time

import pytest

from nlu import facts
from nlu.text import normalise, words

TODAY = dt.date(2026, 11, 24)


def found(text: str, kind: str) -> list[str]:
    normalised = normalise(text)
    entities = facts.find(normalised.text, words(normalised.text), TODAY)
    return [entity["value"] for entity in entities if entity["entity"] == kind]


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("来年の春に移りたい", "2027-03/2027-05"),
        ("再来年", "2028-01/2028-12"),
        ("令和8年4月", "2026-04/2026-04"),
        ("令和元年", "2019-01/2019-12"),
        ("R9年度の予算", "2027-04/2028-03"),
        ("平成30年に来た", "2018-01/2018-12"),
        ("二〇二七年三月末までに", "2027-03/2027-03"),
        ("3月には", "2027-03/2027-03"),
        ("12月に", "2026-12/2026-12"),
        ("冬までに", "2026-12/2027-02"),
        ("半年以内に", "2026-11/2027-05"),
        ("3か月後", "2027-02/2027-02"),
        ("来月から", "2026-12/2026-12"),
        ("next spring", "2027-03/2027-05"),
        ("in March 2027", "2027-03/2027-03"),
        ("within two years", None),
        ("春日市の家", None),
        ("3年前に辞めた", None),
        ("10年間住んだ", None),
        ("小学2年生", None),
        ("99999年", None),
        ("13月に", None),
    ],
)
def test_dates(text: str, interval: str | None) -> None:
    assert found(text, "date") == ([interval] if interval else [])


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("年収五百万円です", "money", ["5000000"]),
        ("家賃5万以下", "money", ["50000"]),
        ("1,000万円", "money", ["10000000"]),
        ("人口10万人の市", "money", []),
        ("三十五歳、妻は31才", "age", ["35", "31"]),
        ("30代です", "age", ["30-39"]),
        ("I'm 28", "age", ["28"]),
        ("来年、妻と子ども二人で移ります", "family", ["妻と子ども二人"]),
        ("母の介護で", "family", []),
        ("my wife and two kids", "family", ["my wife and two kids"]),
        ("古民家でカフェを開きたい看護師です", "work_kind", ["food", "nursing"]),
        ("平屋を探す", "house_kind", ["house"]),
        ("090-1111-2222か test@example.jp へ", "contact_data", ["phone", "email"]),
        ("〒862-8570", "contact_data", ["postcode"]),
        ("水前寺6-18-1に住む山田太郎です", "contact_data", ["address", "name"]),
        ("宮地504番地1の家", "contact_data", ["address"]),
        ("鈴木と申します", "contact_data", ["name"]),
        ("山田です", "contact_data", []),
        ("2026-11-24に、100-200人で、1-2時間", "contact_data", []),
    ],
)
def test_facts(text: str, kind: str, values: list[str]) -> None:
    assert found(text, kind) == values


def test_offsets_are_of_the_text() -> None:
    text = "家は五百万円まで、来年三月に妻と娘二人で"
    for entity in facts.find(text, words(text), TODAY):
        assert text[entity["start"] : entity["end"]] == entity["text"]


def test_contact_data_does_not_say_what_it_is() -> None:
    text = "山田太郎です。090-1111-2222"
    assert all(entity["value"] in ("name", "phone") for entity in facts.contacts(text, words(text)))


@pytest.mark.parametrize("piece", ["090-", "1-1-", "一年", "妻と", "（あ", "a@", "子ども三", "来年の春", "1", "〒"])
def test_linear_in_length(piece: str) -> None:
    text = (piece * 5000)[:5000]
    cut = words(text)
    started = time.perf_counter()
    facts.find(text, cut, TODAY)
    assert time.perf_counter() - started < 2
