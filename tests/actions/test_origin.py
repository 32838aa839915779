"""Where somebody says they lived, as periods counted back from 2026-11-24."""

from __future__ import annotations

from typing import Any

import pytest

from actions import origin
from knowledge.loader import Knowledge
from tests.actions.test_fields import turn


def prefecture(value: str, said: str) -> dict[str, Any]:
    return {"entity": "prefecture", "value": value, "said": said, "text": said}


OSAKA, FUKUOKA = prefecture("大阪府", "大阪"), prefecture("福岡県", "福岡")


@pytest.mark.parametrize(
    ("text", "entities", "periods"),
    [
        ("東京都世田谷区に7年住んでいます", [], [{"from": "2019-11-24", "lived": "東京都世田谷区"}]),
        ("世田谷区です、7年くらい", [], [{"from": "2019-11-24", "lived": "東京都世田谷区"}]),
        ("23区に10年", [], [{"from": "2016-11-24", "lived": "東京都23区"}]),
        ("2015年から港区です", [], [{"from": "2015-01-01", "lived": "東京都港区"}]),
        ("ずっと大阪です", [OSAKA], [{"lived": "大阪府"}]),
        ("大阪市北区に5年", [OSAKA], [{"from": "2021-11-24", "lived": "大阪府大阪市"}]),
        (
            "去年まで23区に7年住んでました、今は福岡",
            [FUKUOKA],
            [{"from": "2019-01-01", "to": "2025-12-31", "lived": "東京都23区"}, {"lived": "福岡県"}],
        ),
        (
            "今は福岡に2年、その前は練馬区に6年",
            [FUKUOKA],
            [
                {"from": "2018-11-24", "to": "2024-11-23", "lived": "東京都練馬区"},
                {"from": "2024-11-24", "lived": "福岡県"},
            ],
        ),
        ("川口市に10年", [prefecture("埼玉県", "川口市")], [{"from": "2016-11-24", "lived": "埼玉県川口市"}]),
        ("埼玉県川口市に10年", [prefecture("埼玉県", "埼玉県川口市")], [{"from": "2016-11-24", "lived": "埼玉県川口市"}]),
        ("埼玉の川越に住んでる", [prefecture("埼玉県", "埼玉")], [{"lived": "埼玉県"}]),
        ("ずっと熊本です", [], [{"lived": "熊本県"}]),
        (
            "今は福岡に2年、その前は2025年から港区",
            [FUKUOKA],
            [{"to": "2024-11-23", "lived": "東京都港区"}, {"from": "2024-11-24", "lived": "福岡県"}],
        ),
        ("ほにゃらら", [], None),
        ("", [], None),
    ],
)  # fmt: skip
def test_periods(knowledge: Knowledge, text: str, entities: list[dict[str, Any]], periods: Any) -> None:
    area = knowledge.rules["relocation_grant"].area
    assert area
    made = [dict(entity) for entity in entities]
    assert origin.read(turn(knowledge, text, entities=made), area) == periods
