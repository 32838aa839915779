"""What the forms read out of an answer."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from rasa_sdk import Tracker

from actions import fields
from actions.context import Turn
from actions.registry import build
from knowledge.loader import Knowledge
from nlu import facts
from nlu.text import words


def turn(knowledge: Knowledge, text: str, slots: dict[str, Any] | None = None, **message: Any) -> Turn:
    entities = message.pop("entities", [])
    for entity in entities:
        entity["start"] = text.find(entity.pop("said", entity["value"]))
        entity["end"] = entity["start"] + 3
    entities += facts.find(text, words(text), dt.date(2026, 11, 24))
    latest = {
        "text": text,
        "intent": {"name": "inform"},
        "entities": entities,
        "metadata": {"context": {"locale": "ja", "channel": "web", "now": "2026-11-24T03:00:00+00:00"}},
        **message,
    }
    return Turn(knowledge, Tracker("t", slots or {}, latest, [], False, None, {}, None))


def municipality(name: str) -> dict[str, Any]:
    return {"entity": "municipality", "value": name}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("山田花子", "山田花子"),
        ("山田花子です", "山田花子"),
        ("私は髙橋と申します。", "髙橋"),
        ("やまだ はなこ", "やまだ はなこ"),
        ("My name is Anna Schmidt", "Anna Schmidt"),
        ("𠮷田", "𠮷田"),
        ("八代市太郎", "八代市太郎"),
        ("12345", None),
        ("090-1111-2222", None),
        ("田中 090-1111-2222", None),
        ("a@example.jp", None),
        ("<script>", None),
        ("あ" * 51, None),
        ("😊", None),
        ("!!!", None),
    ],
)
def test_name(knowledge: Knowledge, text: str, value: str | None) -> None:
    assert fields.name(turn(knowledge, text)) == value


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("email", "a.b+c@example.co.jp です", "a.b+c@example.co.jp"),
        ("email", "ｔａｒｏ＠ｅｘａｍｐｌｅ．ｊｐ", "taro@example.jp"),
        ("email", "My email is anna@example.com please", "anna@example.com"),
        ("email", "hana__ko@example.jp です", "hana__ko@example.jp"),
        ("email", "aaaaa @ example .jp", "aaaaa@example.jp"),
        ("email", "taro@", None),
        ("email", "メールはありません", None),
        ("phone", "090-1234-5678", "09012345678"),
        ("phone", "０９６ー３３３ー２１８１", "0963332181"),
        ("phone", "+81 90 1234 5678", "09012345678"),
        ("phone", "電話は096(333)2181です", "0963332181"),
        ("phone", "1234", None),
        ("phone", "0120", None),
    ],
)
def test_contact(knowledge: Knowledge, kind: str, text: str, value: str | None) -> None:
    assert fields.contact(turn(knowledge, text), kind) == value


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("来年の春", True), ("1年以内", True), ("いつか", True), ("まだ決めていない", True), ("らいねんの はる", True),
        ("子どもが卒業したら", True), ("next spring", True), ("令和9年4月", True), ("ぽんぽこ", False), ("あ" * 101, False),
    ],
)  # fmt: skip
def test_timing(knowledge: Knowledge, text: str, read: bool) -> None:
    assert (fields.timing(turn(knowledge, text)) == text) is read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("はい", True), ("同意します", True), ("OKです", True), ("よかよ", True), ("I agree", True), ("送信する", True),
        ("はい、この内容で送信してください", True), ("この内容でお願いします", True), ("内容はこれで大丈夫です", True), ("送ってください", True),
        ("オッケーです", True), ("わかりました", True), ("問題ありません", True), ("間違いないです", True), ("yes please", True),
        ("looks good to me, send it", True), ("うん、よかばい", True), ("同意して進みます", True),
        ("いいえ", False), ("同意しません", False), ("同意できません", False), ("同意したくありません", False), ("やめる", False),
        ("no", False), ("I don't agree", False),
        ("ふむ", None), ("", None), ("合っていません", None), ("大丈夫じゃないです", None), ("送信前に確認したいことがあります", None),
        ("this is incorrect", None), ("I can't agree", None), ("よくわかりません", None), ("はい、でも名前が違います", None),
    ],
)  # fmt: skip
def test_consent(knowledge: Knowledge, text: str, value: bool | None) -> None:
    assert fields.consent(turn(knowledge, text)) is value


def test_a_long_answer_is_read_at_once(knowledge: Knowledge) -> None:
    assert fields.consent(turn(knowledge, "はい" + "よい" * 2000 + "x")) is None


def test_destination(knowledge: Knowledge) -> None:
    two = turn(knowledge, "阿蘇市か天草市", entities=[municipality("阿蘇市"), municipality("天草市")])
    assert fields.destination(two) == ["43214", "43215"]
    region = turn(knowledge, "芦北地域", entities=[{"entity": "region", "value": "芦北"}])
    assert fields.destination(region) == [knowledge.codes[name] for name in knowledge.in_region("芦北")]
    assert fields.destination(turn(knowledge, "まだ決めていません")) == []
    assert fields.destination(turn(knowledge, "福岡市")) is None


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("住まいと仕事", ["house_hunting", "job_center"]),
        ("空き家", ["vacant_house_bank"]),
        ("子どもの学校のこと", ["childcare_education"]),
        ("Housing and work", ["house_hunting", "job_center"]),
        ("いろいろ", []),
    ],
)
def test_interests(knowledge: Knowledge, text: str, topics: list[str]) -> None:
    assert fields.interests(turn(knowledge, text)) == {"topics": topics, "words": text}


def test_interests_have_an_end(knowledge: Knowledge) -> None:
    assert fields.interests(turn(knowledge, "あ" * 201)) is None


@pytest.mark.parametrize(
    ("text", "slots", "value"),
    [
        ("東京", {}, "東京"),
        ("大阪の窓口で", {}, "大阪"),
        ("the Osaka desk", {}, "大阪"),
        ("おまかせ", {}, "熊本"),
        ("おまかせします", {"residence": "福岡県"}, "福岡"),
        ("名古屋", {}, None),
    ],
)
def test_desk(knowledge: Knowledge, text: str, slots: dict[str, Any], value: str | None) -> None:
    assert fields.desk(turn(knowledge, text, slots)) == value


def test_one_sentence_tells_much(knowledge: Knowledge) -> None:
    said = turn(knowledge, "来年の春に夫婦で菊池市へ。メールは a@example.jp", entities=[municipality("菊池市")])
    found = fields.also_told(said, ["destination", "timing", "family", "contact_kind", "contact"])
    assert found == {
        "destination": ["43210"], "timing": "来年の春", "family": "夫婦", "contact_kind": "email", "contact": "a@example.jp",
    }  # fmt: skip
    assert fields.also_told(said, []) == {}


def test_actions_have_one_name_each(knowledge: Knowledge) -> None:
    executor = build(knowledge)
    assert set(executor.actions) == {
        "action_answer", "action_cancel_form", "action_submit_consultation", "action_submit_eligibility",
        "action_submit_guide", "action_submit_support", "validate_consultation_form", "validate_eligibility_form",
        "validate_guide_form", "validate_support_form",
    }  # fmt: skip
