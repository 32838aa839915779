"""Age and family out of one sentence: 「32歳、妻と3歳の子がいます」, 「アラフォー独身」, 「夫婦と小学生2人」."""

from __future__ import annotations

import re
from typing import Any

ADULT = 18
OLDEST = 120  # more is a slip
_COUNT = {"一": 1, "二": 2, "三": 3, "四": 4, "ひとり": 1, "ふたり": 2, "one": 1, "two": 2, "three": 3, "four": 4}
_N = r"(?P<{}>\d{{1,2}}|一|二|三|四|ひとり|ふたり|one|two|three|four)"
_AGES = re.compile(
    r"(?P<age>\d{1,3})(?:歳|才|さい)|\b(?P<en>\d{1,3}) ?(?:years? old|yo)\b|\b(?:i'?m|i am|aged?) (?P<me>\d{2})\b",
    re.IGNORECASE,
)
_ABOUT = re.compile(r"アラ(?P<around>サー|フォー|フィフ|カン)|(?P<decade>[2-7]0)代(?P<late>後半)?")
_AROUND = {"サー": 30, "フォー": 40, "フィフ": 50, "カン": 60}
_CHILDREN = {
    "赤ちゃん": 0,
    "乳児": 0,
    "幼児": 4,
    "園児": 4,
    "未就学": 4,
    "小学生": 9,
    "小1": 6,
    "小学": 9,
    "中学生": 13,
    "高校生": 16,
    "baby": 0,
    "toddler": 2,
}
_CHILD_COUNT = re.compile(r"(?:子ども|子供|こども|kids?|children)[がはも]?" + _N.format("n") + r"人?", re.IGNORECASE)
_ALONE = re.compile(
    r"独身|単身|ひとり(?:暮らし|で|身|です|$)|一人(?:暮らし|で|身|です|$)|1人(?:で|です|$)|自分だけ|\b(alone|single|by myself|just me)\b",
    re.IGNORECASE,
)
_TWO = re.compile(
    r"夫婦|夫|妻|嫁|旦那|主人|彼女|彼氏|パートナー|婚約者|二人で|ふたりで|2人で|\b(wife|husband|partner|couple|girlfriend|boyfriend)\b",
    re.IGNORECASE,
)
_PARENT = re.compile(r"(母|父|親|両親)(と|を連れ|も)|\bmy (mother|father|parents)\b", re.IGNORECASE)
_SINGLE_PARENT = re.compile(
    r"(シングル|ひとり親|母子|父子)|\bsingle (mother|father|parent|mum|mom|dad)\b", re.IGNORECASE
)
_NO_CHILD = re.compile(r"子(ども|供)?(は|も)?(い?な[いし]|いません|おらん)|\bno (kids|children)\b", re.IGNORECASE)


def read(text: str) -> dict[str, Any] | None:
    """`age` (years; of a decade its middle), `adults` with the one who writes, `children_ages`; None where nothing is told.

    A school names about the age; children whose ages are not said leave `children_ages` out.
    """
    said = [int(found["age"] or found["en"] or found["me"]) for found in _AGES.finditer(text)]
    ages = [age for age in said if age <= OLDEST]
    grown = [age for age in ages if age >= ADULT]
    found: dict[str, Any] = {}
    if grown:
        found["age"] = grown[0]
    elif about := _ABOUT.search(text):
        found["age"] = (
            _AROUND[about["around"]] if about["around"] else int(about["decade"]) + (7 if about["late"] else 5)
        )
    children = [age for age in ages if age < ADULT]
    if not children:
        children = [age for word, age in _CHILDREN.items() if word in text.lower()][:1]
    count = _CHILD_COUNT.search(text)
    several = _COUNT.get(count["n"].lower(), 0) or int(count["n"]) if count else len(children)
    if several == len(children) and children:
        found["children_ages"] = children
    if _SINGLE_PARENT.search(text):
        found["adults"] = 1
    elif _TWO.search(text):
        found["adults"] = 2
    elif _PARENT.search(text):
        found["adults"] = 3 if "両親" in text or "parents" in text.lower() else 2
    elif _ALONE.search(text) and not several:
        found |= {"adults": 1, "children_ages": []}
    if _NO_CHILD.search(text) or (found.get("adults") == 2 and not several and "family" not in text):
        found.setdefault("children_ages", [])
    return found or None
