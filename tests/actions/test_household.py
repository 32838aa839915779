"""Age and family out of one sentence."""

from __future__ import annotations

from typing import Any

import pytest

from actions import household


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("32歳、妻と3歳の子がいます", {"age": 32, "adults": 2, "children_ages": [3]}),
        ("アラフォー独身", {"age": 40, "adults": 1, "children_ages": []}),
        ("28歳 一人", {"age": 28, "adults": 1, "children_ages": []}),
        ("28歳、一人です", {"age": 28, "adults": 1, "children_ages": []}),
        ("30代夫婦、子ども2人", {"age": 35, "adults": 2}),
        ("40代後半です", {"age": 47}),
        ("夫婦と小学生", {"adults": 2, "children_ages": [9]}),
        ("シングルマザーで7歳と10歳の子がいます", {"adults": 1, "children_ages": [7, 10]}),
        ("夫婦二人、子どもはいません", {"adults": 2, "children_ages": []}),
        ("58歳、母と", {"age": 58, "adults": 2, "children_ages": []}),
        ("I'm 34, my wife and a baby", {"age": 34, "adults": 2, "children_ages": [0]}),
        ("999歳", None),
        ("ほにゃらら", None),
        ("", None),
    ],
)
def test_read(text: str, told: Any) -> None:
    assert household.read(text) == told
