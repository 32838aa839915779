"""What a resident tells of themselves: household, ages, money, times, kinds of house and work, contact data.

Numbers are read by Sudachi (「五百万」 is 5000000), times are ISO 8601 intervals (「来年の春」 is 2027-03/2027-05).
"""

from __future__ import annotations

import datetime as dt
import re
from typing import Any, Dict, Iterator, List, Match, Sequence, Set, Tuple

from nlu.text import Word

Entity = Dict[str, Any]
Months = Tuple[int, int]  # first and last month, counted from January of year 0

EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
PHONE = re.compile(r"(?<!\d)(?:\+81[- ]?\d{1,4}|0\d{1,4})[- ()]*\d{1,4}[- ()]*\d{3,4}(?!\d)")
_CONTACT = (
    ("email", EMAIL),
    ("phone", PHONE),
    ("postcode", re.compile(r"〒\s*\d{3}-?\d{4}|(?<![\d-])\d{3}-\d{4}(?![\d-])")),
    (
        "address",
        re.compile(
            r"(?<=[一-鿿々ぁ-んァ-ヶー])(?!(?:19|20)\d\d-)\d{1,4}(?:(?:丁目|-)\d{1,4}(?:番地?の?|-)\d{0,4}|番地の?\d{0,4})(?:号|-\d{1,4})?"
        ),
    ),
)
_INTRODUCED = re.compile(
    r"\s*(?:\([^)]{1,6}\))?\s*(?:と申し|ともうし|といいま|と言いま|っていいま|って言いま|という者)"
)
_IS = re.compile(r"\s*(?:\([^)]{1,6}\))?\s*(?:です|。|、|,|$)")

# Years from 0 of an era, or a word for one relative to this year.
_ERAS = {"令和": 2018, "R": 2018, "平成": 1988, "H": 1988, "昭和": 1925, "S": 1925, "大正": 1911, "明治": 1867}
_YEARS = {"今年": 0, "来年": 1, "再来年": 2, "this year": 0, "next year": 1}
_SEASONS = {
    **{"春": (3, 5), "夏": (6, 8), "秋": (9, 11), "冬": (12, 14)},
    **{"spring": (3, 5), "summer": (6, 8), "autumn": (9, 11), "fall": (9, 11), "winter": (12, 14)},
    **{"年末": (12, 12), "年明け": (13, 13), "前半": (1, 6), "後半": (7, 12)},
}
_ENGLISH_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_SEASON = r"春|夏|秋|冬|年末|年明け|前半|後半"
_MONTH = r"(?P<month>\d{1,2})月(?:の?(?P<day>\d{1,2})日)?"
_DATES = (
    re.compile(
        rf"(?:(?P<era>令和|平成|昭和|大正|明治|[RHS](?=\d))?(?P<year>\d{{1,4}}|元)年|(?P<relative>再来年|来年|今年))"
        rf"(?P<fiscal>度)?(?:(?:の|、)?(?:(?P<season>{_SEASON})|{_MONTH}))?(?!前|間|目|生|ぶり|以上|くらい前|ほど前)"
    ),
    re.compile(rf"(?<![\d/]){_MONTH}(?!前|間|号)"),
    re.compile(r"(?P<count>\d{1,2}|半)(?P<unit>年|か月|ヶ月|カ月|ヵ月|箇月|ケ月|週間)(?P<within>以内|後|のうち)"),
    re.compile(r"(?P<soon>今月|来月|再来月|年内|今年中)"),
    re.compile(r"(?<![一-鿿])(?P<season>春|夏|秋|冬)(?=に|まで|頃|ごろ|から|か|くらい|には|を目)"),
    re.compile(r"\b(?P<relative>next year|this year)\b", re.IGNORECASE),
    re.compile(
        r"\b(?:(?P<next>next|this|in|by|around) )(?:the )?(?P<season>spring|summer|autumn|fall|winter)\b", re.IGNORECASE
    ),
    re.compile(
        rf"\b(?:in|by|from|around|next) (?P<english>{'|'.join(_ENGLISH_MONTHS)})\b(?: (?P<year>20\d\d))?", re.IGNORECASE
    ),
    re.compile(r"\bwithin (?P<count>\d{1,2}|a|half a) (?P<unit>year|month)s?\b", re.IGNORECASE),
)
_MONEY = re.compile(
    r"(?P<yen>\d{1,3}(?:,\d{3})+|\d{1,9})円|(?P<round>\d{5,9})(?=$|[^\d円人件世戸名社-])|(?P<en>\d[\d,]{0,10}) ?yen\b"
)
_AGE = re.compile(
    r"(?P<age>\d{1,3})(?:歳|才)|(?P<decade>[2-8]0)代|\b(?P<en>\d{1,3}) years? old\b|\bI'?m (?P<me>\d{2})\b"
)
_FAMILY = re.compile(
    r"夫婦(?:と(?:子ども|子供|こども)\S{0,2}?\d人|2人|二人|ふたり)?|(?:妻|夫|嫁|旦那|主人|彼女|彼氏|婚約者)と(?:(?:子ども|子供|娘|息子)(?:と)?)?(?:\d人|二人|三人)?(?=で|の|、|,|$)"
    r"|(?:家族|一家)\d人|\d人家族|(?:子ども|子供|こども|娘|息子|小学生|中学生|赤ちゃん)(?:が|は|も)?(?:\d|一|二|三)人|\d+歳の(?:子ども|子供|子|娘|息子)|(?:一人|ひとり|1人)(?:暮らし|で(?=移|引|暮|行|住|の))|単身|独身|(?:母|父|両親|親)(?:を連れて|と(?:二人|ふたり|同居|一緒))|シングルマザー|シングルファザー|ひとり親|妊娠中"
    r"|my (?:wife|husband|partner|family)(?: and (?:\w+ )?(?:kids?|children|son|daughter|baby))?|(?:two|three|one|\d) (?:kids?|children)|by myself",
    re.IGNORECASE,
)
_HOUSES = {
    "kominka": r"古民家",
    "house": r"一戸建て|戸建て|一軒家|平屋|マイホーム|\bhouse\b",
    "apartment": r"アパート|マンション|賃貸|\bapartment\b|\brent(?:al)?\b",
    "land": r"土地|宅地|\bland\b",
    "vacant": r"空き?家|あきや|\bakiya\b|vacant house",
    "public": r"[県市町村]営住宅|公営住宅|団地",
}
_WORKS = {
    "nursing": r"看護師|看護婦|保健師|\bnurse\b",
    "care": r"介護(?:士|職|福祉士|の仕事)|ヘルパー|ケアマネ",
    "childcare": r"保育士|幼稚園教諭",
    "teaching": r"教員|教師|\bteacher\b",
    "it": r"エンジニア|プログラマ|IT系|SE(?![A-Za-z])|\bengineer\b|\bdeveloper\b",
    "farming": r"就農|農家|農業",
    "manufacturing": r"製造|工場|半導体",
    "office": r"事務(?:職|の仕事)?|経理",
    "food": r"飲食店|カフェ|調理師|料理人|パン屋",
    "driving": r"運転手|ドライバー|トラック",
    "public_service": r"公務員",
    "freelance": r"フリーランス|個人事業|在宅ワーク|\bfreelance",
}
_KINDS = [
    (entity, re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in kinds.items()), re.IGNORECASE))
    for entity, kinds in (("house_kind", _HOUSES), ("work_kind", _WORKS))
]


def find(text: str, cut: Sequence[Word], today: dt.date | None = None) -> List[Entity]:
    """Entities of a normalised text and its words, in order; offsets in `text`. Linear in its length.

    contact_data (value: its kind, never what it is), date (value: first/last month, with `today` only),
    money (yen), age (years, or 30-39), family (the words), house_kind, work_kind.
    """
    found = contacts(text, cut)
    taken = {at for entity in found for at in range(entity["start"], entity["end"])}
    figures, places = _figures(text, cut)
    for entity, value, match in _told(figures, today):
        start, end = places[match.start()], places[match.end() - 1] + 1
        if taken.isdisjoint(range(start, end)):
            found.append(_entity(entity, value or text[start:end], text, start, end))
            taken.update(range(start, end))
    return sorted(found, key=lambda entity: entity["start"])


def _entity(kind: str, value: str, text: str, start: int, end: int) -> Entity:
    return {
        "entity": kind,
        "value": value,
        "text": text[start:end],
        "start": start,
        "end": end,
        "matched_as": "pattern",
    }


def contacts(text: str, cut: Sequence[Word]) -> List[Entity]:
    """Only the contact_data of a text, in order."""
    return sorted(_contacts(text, cut), key=lambda entity: entity["start"])


def _contacts(text: str, cut: Sequence[Word]) -> Iterator[Entity]:
    taken: Set[int] = set()
    for kind, pattern in _CONTACT:
        for match in pattern.finditer(text):
            if taken.isdisjoint(range(*match.span())):
                taken.update(range(*match.span()))
                yield _entity("contact_data", kind, text, *match.span())
    surname = None
    for word in cut:
        if "人名" not in word.pos:
            surname = None
            continue
        start = word.start if surname is None else surname
        full = surname is not None  # a surname and a name, not a famous one in the middle of a sentence
        if _INTRODUCED.match(text, word.end) or (full and _IS.match(text, word.end)):
            yield _entity("contact_data", "name", text, start, word.end)
        surname = start if "姓" in word.pos else None


def _figures(text: str, cut: Sequence[Word]) -> Tuple[str, List[int]]:
    """The text with every number in digits, and for each of its characters the place in `text` it stands for."""
    parts: List[str] = []
    places: List[int] = []
    last = 0
    for word in cut:
        number = word.norm if "数詞" in word.pos and word.norm.isdigit() else word.surface
        for char_at in range(last, word.start):
            parts.append(text[char_at])
            places.append(char_at)
        parts.append(number)
        places += [word.start + min(at, len(word.surface) - 1) for at in range(len(number))]
        if len(number) < len(word.surface):
            places[-1] = word.end - 1
        last = word.end
    for char_at in range(last, len(text)):
        parts.append(text[char_at])
        places.append(char_at)
    return "".join(parts), places


def _told(figures: str, today: dt.date | None) -> Iterator[Tuple[str, str, Match[str]]]:
    for match in _FAMILY.finditer(figures):
        yield "family", "", match
    for match in _AGE.finditer(figures):
        age = match["age"] or match["en"] or match["me"]
        yield "age", age if age else f"{match['decade']}-{int(match['decade']) + 9}", match
    for match in _MONEY.finditer(figures):
        yield "money", (match["yen"] or match["round"] or match["en"]).replace(",", ""), match
    if today:
        for pattern in _DATES:
            for match in pattern.finditer(figures):
                months = _months(match, today)
                if months:
                    yield "date", "/".join(f"{month // 12:04}-{month % 12 + 1:02}" for month in months), match
    for entity, pattern in _KINDS:
        for match in pattern.finditer(figures):
            yield entity, str(match.lastgroup), match


def _months(match: Match[str], today: dt.date) -> Months | None:
    """First and last month meant; None for what is no date."""
    told = {name: value for name, value in match.groupdict().items() if value}
    this = today.year * 12 + today.month - 1
    if "soon" in told:
        after = {"今月": 0, "来月": 1, "再来月": 2}.get(told["soon"])
        return (this, today.year * 12 + 11) if after is None else (this + after, this + after)
    if "count" in told:
        count = {"半": 0.5, "a": 1.0, "half a": 0.5}.get(told["count"].lower()) or float(told["count"])
        length = int(count * (12 if told["unit"] in ("年", "year") else 1)) if told["unit"] != "週間" else 1
        return (this + length, this + length) if told.get("within") == "後" else (this, this + length)
    year = _year(told, today)
    if year is None:
        return None
    if "english" in told:
        told["month"] = str(_ENGLISH_MONTHS.index(told["english"].lower()) + 1)
    first, last = _part(told)
    start = year * 12 + first - 1
    if "year" not in told and "relative" not in told and start + last - first < this:
        start += 12  # 「3月」 said in November is the next one
    return (start, start + last - first) if first <= last else None


def _part(told: Dict[str, str]) -> Months:
    """First and last month of the year that is meant."""
    if "month" in told:
        month = int(told["month"])
        if not 1 <= month <= 12:
            return 1, 0
        return (month + 12 if "fiscal" in told and month < 4 else month,) * 2
    if "season" in told:
        return _SEASONS[told["season"].lower()]
    return (4, 15) if "fiscal" in told else (1, 12)


def _year(told: Dict[str, str], today: dt.date) -> int | None:
    if "relative" in told:
        return today.year + _YEARS[told["relative"].lower()]
    if "year" not in told:
        return today.year
    number = 1 if told["year"] == "元" else int(told["year"])
    if "era" in told:
        return _ERAS[told["era"]] + number
    return number if 1900 <= number <= 2100 else None
