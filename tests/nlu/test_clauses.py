"""What of a message is asked: contrasts, and how a message may be divided."""

from __future__ import annotations

import time

import pytest

from nlu.components import clauses, several
from nlu.text import words


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("空き家じゃなくて賃貸を探しています", "賃貸を探しています"),
        ("補助金はもう知ってるから、仕事の話を", "仕事の話を"),
        ("特典の説明はいいから、申し込み先だけ教えて", "申し込み先だけ教えて"),
        ("移住祭ではなく合説の日程は?", "合説の日程は?"),
        ("買うつもりはなくて、借りたいんです", "借りたいんです"),
        ("年収の話より、まず仕事の探し方", "まず仕事の探し方"),
        ("not the grant, but the house renovation subsidy", "the house renovation subsidy"),
        ("農家じゃなくても農地を買えますか", None),
        ("農家ではない人が家庭菜園をする", None),
        ("熊本じゃなくて", None),
        ("家賃は東京より安いですか", None),
        ("空き家を探しています", None),
    ],
)
def test_what_is_meant_after_a_contrast(text: str, meant: str | None) -> None:
    begins = clauses.meant(text, words(text))
    assert (text[begins:] if begins else None) == meant


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("空き家バンク 求人", 2),
        ("某市 空き家バンク", 1),  # a place is nothing to ask for
        ("家賃と、学校を教えて", 2),
        ("家賃は?学校は?病院は?", 3),
        ("家賃は", 1),
        ("。" * 20, 0),
    ],
)
def test_pieces(text: str, count: int) -> None:
    assert len(clauses.pieces(text, words(text))) == count


def test_weighing_needs_every_feature_and_stays_a_share() -> None:
    part = several.Part("farming", 0.9, True, True, False, True, 12, False)
    told = several.features([part, part._replace(topic="transport")], [("farming", 0.7), ("transport", 0.2)])
    assert set(told) == set(several.NAMES)
    for weight in (-50.0, 0.0, 50.0):
        assert 0 <= several.probability(told, {"bias": weight, **dict.fromkeys(several.NAMES, weight)}) <= 1


@pytest.mark.parametrize("piece", ["ではなくて", "はもう知ってるから、", "not a, but ", "とか", "は？", "より、"])
def test_linear_in_length(piece: str) -> None:
    text = (piece * 5000)[:5000]
    cut = words(text)
    started = time.perf_counter()
    clauses.meant(text, cut)
    clauses.pieces(text, cut)
    assert time.perf_counter() - started < 2
