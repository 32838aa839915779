"""Where somebody says they lived: 「去年まで23区に7年、今は福岡」 as periods, counted back from today.

Years are all that people say, so a period begins that many years before it ends, or on the first day of the year named.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from dateutil.relativedelta import relativedelta

from actions.context import Turn
from knowledge.rules import Area

_PARTS = re.compile(r"[、。,;\n→]|(?<=年)(?:で)(?=\S)|その(?:前|後|あと)は?|\b(?:then|and before that|before that)\b")
_YEARS = re.compile(
    r"(?P<years>\d{1,2})年(?:間|くらい|ぐらい|ほど|ちょっと|以上|半)?(?!に|から|まで|\d*月)|\b(?P<en>\d{1,2}) years?\b"
)
_SINCE = re.compile(
    r"(?P<year>(?:19|20)\d\d)年?(?:\d{1,2}月)?から|\bsince (?P<en>(?:19|20)\d\d)\b|(?P<last>去年|昨年|おととし|一昨年)から"
)
_UNTIL = re.compile(
    r"(?P<year>(?:19|20)\d\d)年?(?:\d{1,2}月)?まで|\buntil (?P<en>(?:19|20)\d\d)\b|(?P<last>去年|昨年|おととし|一昨年|今年)まで"
)
_ALWAYS = re.compile(r"ずっと|生まれ(も|てから|育)|生まれた(時|とき)から|\b(always|all my life|born)\b")
_BEFORE = re.compile(r"その前|以前|前は|\bbefore\b")
_TOWN = re.compile(r"[一-鿿々ぁ-んァ-ヶ]{1,6}?[市区町村]")
_AGO = {"今年": 0, "去年": 1, "昨年": 1, "おととし": 2, "一昨年": 2}


@dataclass
class _Said:
    """One place of the sentence: `years` long, or since a day; `until` a day (None: up to the move)."""

    lived: str
    years: int | None
    since: dt.date | None
    until: dt.date | None


def read(turn: Turn, area: Area) -> list[dict[str, Any]] | None:
    """Periods as `eligibility` takes them, oldest first; None where no place is said."""
    said: list[_Said] = []
    for part in _pieces(turn.text):
        lived = _place(turn, area, part)
        if lived is None and said and not said[-1].years:
            said[-1].years = _number(_YEARS, part)  # 「世田谷区です、7年くらい」
        elif lived:
            said.append(_Said(lived, None if _ALWAYS.search(part) else _number(_YEARS, part), _day(_SINCE, part, turn.today),
                              _day(_UNTIL, part, turn.today, end=True)))  # fmt: skip
    if not said:
        return None
    if len(said) > 1 and _BEFORE.search(turn.text):
        said.reverse()  # the place of today came first
    return _laid_out(said, turn.today)


def _pieces(text: str) -> list[str]:
    return [piece for piece in _PARTS.split(text) if piece and piece.strip()]


def _laid_out(said: list[_Said], today: dt.date) -> list[dict[str, Any]]:
    """The periods one after the other, from the last one back."""
    periods: list[dict[str, Any]] = []
    end: dt.date | None = None
    for one in reversed(said):
        until = one.until or end
        since = one.since
        if since is None and one.years is not None:
            since = (until or today) - relativedelta(years=one.years) + relativedelta(days=1 if until else 0)
        if since and until and since > until:
            since = None  # 「2025年から」 of a place left before: one of the two is a slip
        period = {"from": since and since.isoformat(), "to": until and until.isoformat(), "lived": one.lived}
        periods.insert(0, {name: value for name, value in period.items() if value})
        end = since - relativedelta(days=1) if since else end
    return periods


def _number(pattern: re.Pattern[str], text: str) -> int | None:
    found = pattern.search(text)
    return int(found["years"] or found["en"]) if found else None


def _day(pattern: re.Pattern[str], text: str, today: dt.date, *, end: bool = False) -> dt.date | None:
    if not (found := pattern.search(text)):
        return None
    year = int(found["year"] or found["en"] or today.year - _AGO[found["last"]])
    return min(dt.date(year, 12, 31), today) if end else dt.date(year, 1, 1)


def _place(turn: Turn, area: Area, part: str) -> str | None:
    """`東京都世田谷区`, `大阪府`: what the rule's area or the dictionary of prefectures knows of the part."""
    for prefecture, names in area.centre.items():
        if any(name in part for name in area.centre_names):
            return prefecture + area.centre_names[0]
        for name in names:
            if name in part and not re.search(rf"[一-鿿]市{name}", part):
                return prefecture + name
    for entity in (*turn.entities("prefecture"), *turn.entities("residence")):
        text = str(entity.get("text") or turn.text[entity["start"] : entity["end"]])
        if text and text in part:
            prefecture = str(entity["value"])
            town = _TOWN.match(part[part.index(text) :].removeprefix(prefecture))
            return prefecture + (town[0] if town else "")
    own = turn.knowledge.place.prefecture
    return own if own[:-1] in part or turn.entities("municipality") else None
