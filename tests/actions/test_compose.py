"""Which sentence declines what is not ours: above all that whoever is in danger hears of 119 and 110."""

from __future__ import annotations

import pytest

from actions.compose import Answers
from knowledge.loader import Knowledge
from knowledge.search import Search
from tests.actions.test_fields import turn


@pytest.fixture(scope="module")
def answers(knowledge: Knowledge) -> Answers:
    return Answers(knowledge, Search(knowledge.records.values()))


@pytest.mark.parametrize(
    ("text", "record"),
    [
        ("I can't go on living", "out_of_scope_emergency"),
        ("もう生きていけない", "out_of_scope_emergency"),
        ("父が倒れた", "out_of_scope_emergency"),
        ("妻に殴られる", "out_of_scope_emergency"),
        ("Smoke is coming out of the wall socket", "out_of_scope_emergency"),
        ("確定申告のやり方", "out_of_scope_professional"),
        ("ビザの更新", "out_of_scope_professional"),
        ("地方制度調査会の資料ください", "out_of_scope_administration"),
        ("エクセルのマクロ書いて", "out_of_scope"),
        ("", "out_of_scope"),
    ],
)
def test_what_is_not_ours_is_declined_in_its_own_words(
    knowledge: Knowledge, answers: Answers, text: str, record: str
) -> None:
    _, records = answers.out_of_scope(turn(knowledge, text), elsewhere=False)
    assert records == [record]
