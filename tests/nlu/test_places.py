"""The place dictionary on what residents write."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from nlu.components import lexicon
from nlu.components.clauses import asks_something, split
from nlu.components.masking import mask
from nlu.components.places import PlaceFinder
from nlu.text import normalise, words

DATA = Path(__file__).resolve().parents[2] / "knowledge" / "data"


@pytest.fixture(scope="module")
def finder() -> PlaceFinder:
    return PlaceFinder(lexicon.build(DATA))


def found(finder: PlaceFinder, text: str) -> list[tuple[str, str]]:
    normalised = normalise(text)
    entities = finder.find(normalised.text, words(normalised.text), normalised.gaps())
    return [(entity["entity"], entity["value"]) for entity in entities]


M, A, R, P, L, D = "municipality", "ambiguous_place", "region", "prefecture", "residence", "desk"
U = "unknown_place"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("阿蘇市で空き家を探しています", [(M, "阿蘇市")]),
        ("天草市民です", [(M, "天草市")]),
        ("高盛町ってどんな所ですか", [(M, "高森町")]),
        ("来年合資市で土地をさがします", [(M, "合志市")]),
        ("球魔村わどんな村ですか", [(M, "球磨村")]),
        ("菊用に住みたい", [(M, "菊陽町")]),
        ("玉菜を食べる", []),
        ("山賀さんは元気ですか", []),
        ("松橋駅の近くで部屋を探す", [(M, "宇城市")]),
        ("実家は植木でスイカを作っています", [(M, "熊本市")]),
        ("庭の植木です", []),
        ("おおずの保育園", [(M, "大津町")]),
        ("荒尾さん戻ろうて思うとる", [(M, "荒尾市")]),
        ("荒尾さんは元気ですか", []),
        ("うとでだんさのないひらやをかりたい", [(M, "宇土市")]),
        ("山都長の地域おこし", [(M, "山都町")]),
        ("来たくないです", []),
        ("新水前寺駅", [(M, "熊本市")]),
        ("つえたての仕事", [(M, "小国町")]),
        ("会志市の小学校", [(M, "合志市")]),
        ("菊川市から来ました", []),
        ("ぽんぽこ町の補助金", [(U, "ぽんぽこ町")]),
        ("星空市に移住したい", [(U, "星空市")]),
        ("豊後大野市の空き家バンク", [(U, "豊後大野市")]),
        ("春日市に住む四人家族です", []),
        ("どげん町ね、この村は。住みたい町、いい市", []),
        ("その三年間町に雇われて、市町村で働く", []),
        ("宮崎に住みたい", [(P, "宮崎県")]),
        ("宮崎に住んでいます", [(L, "宮崎県")]),
        ("私たちに合う市町村はどこですか", []),
        ("植木のあたりの雰囲気を教えて", [(M, "熊本市")]),
        ("庭の植木の手入れ", []),
        ("御船待ちの自治会費", [(M, "御船町")]),
        ("荒おで小さいパン屋の店を開きたい", [(M, "荒尾市")]),
        ("あら尾に住みたい", [(M, "荒尾市")]),
        ("小国で週末だけ耕したい", [(A, "小国")]),
        ("うえきで にだい とめられる かしやは ありますか", [(M, "熊本市")]),
        ("ﾎﾝﾄﾞｶﾗ ｸｳｺｳﾏﾃﾞ ﾊﾞｽﾃﾞ ﾅﾝｼﾞｶﾝﾃﾞｽｶ", [(M, "天草市")]),
        ("あきたから引っ越す", []),
        ("にわの うえきを きって ほしい", []),
        ("大津らへんでアパートさがしてる", [(M, "大津町")]),
        ("長男やけん玉名に帰らなんかなって", [(M, "玉名市")]),
        ("山が市の空き家", [(M, "山鹿市")]),
        ("たまなに よるでも みてくれる びょういんは ありますか", [(M, "玉名市")]),
        ("新玉名から博多に通う", [(M, "玉名市"), (P, "福岡県")]),
        ("Should I worry about Mt. Aso?", []),
        ("隣町や城下町、農村で暮らしたい", []),
        ("遠い病院に通うとしたら", []),
        ("akiya in Amakusa, please", [(A, "天草")]),
        ("上天草市の補助金", [(M, "上天草市")]),
        ("南小国町と小国町", [(M, "南小国町"), (M, "小国町")]),
        ("球磨郡錦町", [(M, "錦町")]),
        ("旧本渡市の家", [(M, "天草市")]),
        ("牛深に住みたい", [(M, "天草市")]),
        ("植木町の土地", [(M, "熊本市")]),
        ("熊本市東区の保育園", [(M, "熊本市")]),
        ("中央区の家賃", [(M, "熊本市")]),
        ("菊地市の仕事", [(M, "菊池市")]),
        ("菊池に住みたい", [(M, "菊池市")]),
        ("大津の家賃", [(M, "大津町")]),
        # readings
        ("うとで空き家を探す", [(M, "宇土市")]),
        ("うきの空き家", [(M, "宇城市")]),
        ("やつしろに住みたい", [(M, "八代市")]),
        ("ﾋﾄﾖｼﾉ ｼｺﾞﾄ", [(M, "人吉市")]),
        ("きくようまちでかりる", [(M, "菊陽町")]),
        ("みなみあそむらのいえ", [(M, "南阿蘇村")]),
        ("くまもとしのほじょきん", [(M, "熊本市")]),
        ("わたしたち うき に すみたい です", [(M, "宇城市")]),
        ("いえをさがしてますヤツシロで", [(M, "八代市")]),
        ("うと", [(M, "宇土市")]),
        ("錦", [(M, "錦町")]),
        # latin
        ("I want to live in Yatsushiro", [(M, "八代市")]),
        ("from Tokyo to Aso City", [(L, "東京都"), (M, "阿蘇市")]),
        # several places
        ("天草の空き家", [(A, "天草")]),
        ("あそでいえをさがしています", [(A, "阿蘇")]),
        ("県北で探しています", [(A, "県北")]),
        ("阿蘇地方", [(R, "阿蘇")]),
        ("下益城郡", [(R, "宇城")]),
        ("葦北郡の暮らし", [(R, "芦北")]),
        # other prefectures, where somebody lives, desks
        ("福岡の支援金はもらえますか", [(P, "福岡県")]),
        ("宮城県の美里町", [(P, "宮城県"), (U, "美里町")]),
        ("福岡市東区", [(P, "福岡県")]),
        ("東京から移住したい", [(L, "東京都")]),
        ("横浜に住んでいます", [(L, "神奈川県")]),
        ("東京で相談できますか", [(D, "東京")]),
        ("熊本の窓口はどこ", [(D, "熊本")]),
        # not places of ours, or no places
        ("熊本に移住したい", []),
        ("買おうとしています", []),
        ("菊池さんに相談", []),
        ("相良さんからの紹介です", []),
        ("阿蘇くまもと空港", []),
        ("球磨川の水害", []),
        ("話をきくようにしています", []),
        ("くまモンが好き", []),
        ("だいぶ大分よくなった", []),
        ("のんびり暮らしていきたい", []),
    ],
)
def test_text(finder: PlaceFinder, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(finder, text) == expected


def everything() -> list[tuple[str, str]]:
    data = yaml.safe_load((DATA / "municipalities.yml").read_text("utf-8"))
    return [
        (name, each["name"])
        for each in data["municipalities"]
        for name in (
            each["name"],
            each["kana"],
            *(former["name"] for former in each.get("former", ())),
            *(ward["name"] for ward in each.get("wards", ())),
        )
    ]


@pytest.mark.parametrize(
    "frame", ["{}で空き家を探しています", "{}の子育て支援は？", "{}に移住したい", "来年{}へ引っ越します", "{}"]
)
def test_every_name_and_reading(finder: PlaceFinder, frame: str) -> None:
    missed = [name for name, official in everything() if (M, official) not in found(finder, frame.format(name))]
    assert missed == []


def test_places_are_hidden_from_the_classifier(finder: PlaceFinder) -> None:
    def masked(text: str) -> str:
        return mask(text, words(text), finder.find(text, words(text)))[0]

    assert masked("阿蘇市の補助金") == masked("やつしろの補助金")
    assert masked("福岡の補助金") == masked("佐賀県の補助金") != masked("阿蘇市の補助金")


def test_linear_in_length(finder: PlaceFinder) -> None:
    text = normalise("阿蘇市で空き家を" * 700).text[:5000]
    cut = words(text)
    started = time.perf_counter()
    finder.find(text, cut)
    assert time.perf_counter() - started < 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("空き家を探しています。あと、仕事も探したい", ["空き家を探しています。", "あと、仕事も探したい"]),
        ("補助金はありますか\nまた、子育て支援は?", ["補助金はありますか\n", "また、子育て支援は?"]),
        ("また今度にします", ["また今度にします"]),
        ("補助金は?", ["補助金は?"]),
        ("", []),
    ],
)
def test_clauses(text: str, expected: list[str]) -> None:
    assert [text[clause.start : clause.end] for clause in split(text)] == expected


def test_a_long_ending_is_read_at_once() -> None:
    text = "家賃はいくらか" + "します" * 1500 + "x"
    assert not asks_something(text, words(text), "。仕事は")
